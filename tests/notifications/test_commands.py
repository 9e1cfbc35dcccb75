"""What the commands write where, and what their exit codes mean."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder

from notifications.management import base
from notifications.management.base import ReportingCommand, WrongCall
from tests.flows.processes import database_url
from tests.notifications.conftest import Owe, use_server
from tests.notifications.post_office import PostOffice, closed_port
from tests.tokens.commands.shell import Ran, on_database, run_from_command_line


class Sample(ReportingCommand):
    """Does what its test hands it."""

    def __init__(self, work: Any, **options: Any) -> None:
        super().__init__(**options)
        self._work = work

    def run(self, **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = self._work(self)
        return result


def run(work: Any, **options: Any) -> tuple[str, str]:
    stdout, stderr = io.StringIO(), io.StringIO()
    with patch.object(base, "require_migrated_database"):
        call_command(Sample(work), stdout=stdout, stderr=stderr, **options)
    return stdout.getvalue(), stderr.getvalue()


def code_and_sentence(error: BaseException) -> tuple[int, str]:
    def work(command: Sample) -> dict[str, Any]:
        raise error

    with pytest.raises(CommandError) as caught:
        run(work)
    return caught.value.returncode, str(caught.value)


def test_people_read_the_result_a_line_a_key() -> None:
    out, _ = run(lambda command: {"lost_lease": 2, "stopped": None})
    assert out == "Lost lease: 2\nStopped: -\n"


def test_programs_read_the_result_on_the_last_line() -> None:
    def work(command: Sample) -> dict[str, Any]:
        command.emit("something on the way")
        command.say("something for people")
        return {"sent": 2}

    out, err = run(work, json=True)
    assert json.loads(out.splitlines()[-1]) == {"sent": 2}
    assert err == "something for people\n"


def test_a_wrong_call_is_code_2() -> None:
    assert code_and_sentence(WrongCall("No such workspace: x.")) == (2, "No such workspace: x.")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OperationalError("connection to host db.internal failed, password hunter2"), base.NO_ANSWER),
        (InterfaceError("connection already closed"), base.NO_ANSWER),
        (OperationalError("database is locked"), base.BUSY),
        (OperationalError("no such table: tokens_link"), base.UNMIGRATED),
        (OperationalError("no such column: x"), base.UNMIGRATED),
    ],
)
def test_a_database_that_is_no_help_is_code_1(error: Exception, sentence: str) -> None:
    assert code_and_sentence(error) == (1, sentence)


def test_a_missing_table_of_postgresql_is_code_1() -> None:
    error, cause = ProgrammingError("relation does not exist"), Exception()
    error.__cause__ = cause
    cause.sqlstate = "42P01"  # type: ignore[attr-defined]
    assert code_and_sentence(error) == (1, base.UNMIGRATED)


def test_a_faulty_query_of_ours_is_not_dressed_up() -> None:
    def work(command: Sample) -> dict[str, Any]:
        raise ProgrammingError("syntax error")

    with pytest.raises(ProgrammingError):
        run(work)


def test_the_keyboard_is_code_130() -> None:
    assert code_and_sentence(KeyboardInterrupt()) == (130, base.STOPPED)


def from_command_line(error: CommandError, *arguments: str) -> None:
    def work(command: Sample) -> dict[str, Any]:
        raise error

    with patch.object(base, "require_migrated_database"):
        Sample(work).run_from_argv(["manage.py", "sample", *arguments])


def test_from_the_command_line_a_refusal_is_the_sentence_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        from_command_line(WrongCall("No such workspace: x."))
    assert ended.value.code == 2
    assert tuple(capsys.readouterr()) == ("", "No such workspace: x.\n")


def test_who_asks_for_a_traceback_gets_it() -> None:
    with pytest.raises(WrongCall):
        from_command_line(WrongCall("No such workspace: x."), "--traceback")


def test_a_failed_system_check_keeps_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        from_command_line(SystemCheckError("SystemCheckError: E001"))
    assert ended.value.code == 1
    assert capsys.readouterr().err == "SystemCheckError: E001\n"


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_reader_who_left_ends_the_command_quietly() -> None:
    stderr = io.StringIO()
    with patch.object(base, "require_migrated_database"):
        call_command(Sample(lambda command: {"a": 1}), stdout=Gone(), stderr=stderr)
    assert stderr.getvalue() == ""


def test_messages_that_nobody_reads_do_not_end_the_work() -> None:
    stdout = io.StringIO()

    def work(command: Sample) -> dict[str, Any]:
        with command.progress("Working", 1) as bar:
            bar.advance()
        return {"a": 1}

    with patch.object(base, "require_migrated_database"):
        call_command(Sample(work), stdout=stdout, stderr=Gone())
    assert stdout.getvalue() == "A: 1\n"


# --- deliver_notifications -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_delivering_tells_people_and_programs_what_became_of_the_mail(
    owe: Owe, office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    office.rcpt_replies = {"bad@mail.example": "550 no", "busy@mail.example": "450 later"}
    for address in ("good@mail.example", "bad@mail.example", "busy@mail.example"):
        owe(address)
    call_command("deliver_notifications", limit=2, json=True)
    call_command("deliver_notifications")
    first, second = capsys.readouterr().out.splitlines()
    assert json.loads(first) == {
        "sent": 1,
        "retried": 0,
        "refused": 1,
        "dropped": 0,
        "held": 0,
        "put_off": 0,
        "lost_lease": 0,
        "stopped": None,
        "left": 1,
    }
    assert second == (
        "0 sent, 1 to be tried again, 0 refused, 0 dropped as outdated, 0 held for a digest, "
        "0 put off to the next hour; 1 left in the outbox."
    )


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_under_one_is_refused(limit: str) -> None:
    with pytest.raises(CommandError, match="limit"):
        call_command("deliver_notifications", f"--limit={limit}")


@pytest.mark.django_db(transaction=True)
def test_a_dead_mail_server_is_told_and_is_no_failure(owe: Owe, settings: Any) -> None:
    owe()
    stdout, stderr = io.StringIO(), io.StringIO()
    with closed_port() as port:
        use_server(settings, port)
        call_command("deliver_notifications", json=True, stdout=stdout, stderr=stderr)
    assert json.loads(stdout.getvalue())["stopped"] == "connection"
    assert "The mail server fails (connection)" in stderr.getvalue()


@pytest.mark.django_db
def test_a_half_migrated_database_is_code_1() -> None:
    recorder = MigrationRecorder(connection)
    newest = max(name for app, name in recorder.applied_migrations() if app == "notifications")
    recorder.record_unapplied("notifications", newest)
    with pytest.raises(CommandError) as caught:
        call_command("deliver_notifications")
    assert (caught.value.returncode, str(caught.value)) == (1, base.UNMIGRATED)


# --- From the command line -------------------------------------------------------------------------------------


def manage(database_url: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, check=False, **options
    )


def test_an_unreachable_database_is_one_sentence_without_host_or_password() -> None:
    with closed_port() as port:
        ended = manage(f"postgres://root:hunter2@127.0.0.1:{port}/perennial", "deliver_notifications", "--json")
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{base.NO_ANSWER}\n")


def test_an_empty_database_is_one_sentence(tmp_path: Path, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), on_database(f"sqlite:///{tmp_path}/empty.sqlite3"):
        assert run_from_command_line("deliver_notifications") == Ran(1, "", f"{base.UNMIGRATED}\n")


def test_a_directory_that_is_not_there_is_one_sentence(tmp_path: Path, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), on_database(f"sqlite:///{tmp_path}/nowhere/empty.sqlite3"):
        assert run_from_command_line("deliver_notifications") == Ran(1, "", f"{base.NO_ANSWER}\n")


@pytest.mark.django_db(transaction=True)
def test_an_empty_outbox_is_code_0() -> None:
    ended = manage(database_url(), "deliver_notifications", "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["sent"] == 0
    assert ended.stderr == ""


@pytest.mark.parametrize("limit", ["0", "many"])
def test_a_senseless_argument_is_code_2(limit: str) -> None:
    ran = run_from_command_line("deliver_notifications", "--limit", limit)
    assert (ran.code, ran.stdout) == (2, "")
    assert "--limit" in ran.stderr


@pytest.mark.django_db(transaction=True)
def test_a_closed_pipe_leaves_no_trace() -> None:
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "manage.py", "deliver_notifications"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        ended = subprocess.run(
            command, cwd=project.BASE_DIR, env=environment, stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert (ended.returncode, ended.stderr) == (0, b"")
