"""`python -m tests.year` makes its own database, plays, prints and writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from tests.benchmarks.processes import ROOT
from tests.year.__main__ import wishes
from tests.year.meta import Client
from tests.year.play import Year
from tests.year.weather import Weather

COMMAND = [sys.executable, "-m", "tests.year"]


def test_the_command_plays_and_keeps_what_it_found(tmp_path: Path) -> None:
    result = tmp_path / "year.json"
    run = subprocess.run(
        [*COMMAND, "--connections", "3", "--days", "2", "--checked", "1", "--result", str(result)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "false disconnects" in run.stdout
    told = json.loads(result.read_text("utf-8"))
    assert all(verdict["kept"] for verdict in told["verdicts"])
    assert list(told["months"]) == ["2027-01"]


@pytest.mark.parametrize("wrong", [["--connections", "0"], ["--days", "0"], ["--connections", "5", "--checked", "6"]])
def test_a_call_that_makes_no_sense_is_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        wishes(wrong)
    assert refused.value.code == 2
    assert "at least 1" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_every_thread_lives_in_the_same_virtual_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(self: Client, token: object, *, detailed: bool = False) -> object:
        seen.append((timezone.now().timestamp(), self._meta.now))
        return self._meta.me(token.reveal())  # type: ignore[attr-defined]

    monkeypatch.setattr(Client, "me", look)
    year = Year(connections=5, days=2, checked=5, weather=Weather([]))
    year.populate()
    year.play()
    assert len(seen) >= 5
    assert all(clock == truth for clock, truth in seen)
