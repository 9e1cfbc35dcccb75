"""Progress: a bar where somebody watches, plain lines where nobody does."""

from __future__ import annotations

import io
from typing import Any

import pytest

from notifications.management import progress
from notifications.management.base import ReportingCommand


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def a_terminal_that_can_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")


def work(stream: io.StringIO, total: int | None = 2) -> str:
    command = ReportingCommand(stderr=stream)
    with command.progress("Refreshing [all]", total) as bar:
        bar.advance()
        command.say("One is [red]gone[/red].")
        bar.update(total=3)
        bar.advance(2)
    command.say("Done.")
    return stream.getvalue()


def test_a_terminal_gets_a_bar_and_the_messages_above_it() -> None:
    text = work(Terminal())
    assert "\x1b[" in text
    assert "3/3" in text
    assert "Refreshing [all]" in text
    assert "One is [red]gone[/red]." in text


@pytest.mark.parametrize("forced", ["", "1"])
def test_a_file_gets_plain_lines(forced: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", forced)
    assert work(io.StringIO()) == "One is [red]gone[/red].\nRefreshing [all]: 3 of 3\nDone.\n"


def test_nothing_to_do_needs_no_line() -> None:
    stream = io.StringIO()
    with ReportingCommand(stderr=stream).progress("Refreshing", 0):
        pass
    assert stream.getvalue() == ""


def test_long_work_is_heard_of_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    told: list[str] = []
    with progress.plain_lines(told.append, "Refreshing", None) as lines:
        lines.advance()
        lines.advance(4)
    assert told == ["Refreshing: 1", "Refreshing: 5", "Refreshing: 5"]


def test_work_that_fails_says_how_far_it_came() -> None:
    told: list[str] = []

    def fail() -> None:
        with progress.plain_lines(told.append, "Refreshing", 9) as lines:
            lines.advance(4)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert told == ["Refreshing: 4 of 9"]


class DeadTerminal(Terminal):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_terminal_that_dies_does_not_end_the_work() -> None:
    done: list[Any] = []
    command = ReportingCommand(stderr=DeadTerminal())
    with command.progress("Refreshing", 2) as bar:
        bar.advance()
        command.say("Still here.")
        done.append(1)
    assert done == [1]


def test_a_command_without_work_is_unfinished() -> None:
    with pytest.raises(NotImplementedError):
        ReportingCommand().run()
