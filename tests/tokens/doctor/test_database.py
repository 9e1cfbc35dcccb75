"""The database's lines; without it everything else is looked at all the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError
from django.db import connection as database
from django.db.migrations.recorder import MigrationRecorder

from tests.notifications.post_office import silent_port
from tests.tokens.commands.shell import on_database
from tokens.doctor_report import look_over
from tokens.services.doctor import database as part

pytestmark = pytest.mark.django_db

NOWHERE = "postgres://somebody:c4n4ry@127.0.0.1:9/nothing"


def test_one_that_answers_is_named_and_timed(line):
    found = line("Connection")
    assert found.level == "ok"
    assert found.sentence.startswith(f"{database.display_name} answers, in ")
    assert line("Migrations").level == line("Kind").level == "ok"


def test_one_that_is_slow_is_warned_about(line, monkeypatch):
    monkeypatch.setattr(part, "SLOW", -1.0)
    assert line("Connection").level == "warning"


def test_a_migration_that_is_missing_is_wrong(line):
    recorder = MigrationRecorder.Migration.objects.filter(app="tokens").order_by("-name")
    recorder.filter(pk=recorder[0].pk).delete()
    found = line("Migrations")
    assert (found.level, found.remedy) == ("wrong", "Run `python manage.py migrate`.")
    assert not look_over().usable
    assert line("Brakes").level == "ok", "what has its tables is looked at"


def test_a_file_and_redis_do_not_go_together(line, settings):
    settings.CACHE_URL = "redis://127.0.0.1:9/0"
    assert line("Kind").level == ("ok" if database.vendor == "postgresql" else "warning")


def names_of(report) -> dict[str, str]:
    return {each.name: each.level for each in report.findings}


def test_without_it_everything_else_is_looked_at(emulator):
    with on_database(NOWHERE):
        report = look_over()
    told = names_of(report)
    assert not report.usable
    assert told["Connection"] == "wrong"
    assert {told[name] for name in ("Migrations", "FERNET_KEYS", "Workers", "Brakes", "Outbox")} == {"warning"}
    assert {told[name] for name in ("ALLOWED_HOSTS", "The installation's app")} == {"ok"}
    [brakes] = [each for each in report.findings if each.name == "Brakes"]
    assert brakes.sentence == "Not looked at: the database does not answer."
    assert "c4n4ry" not in repr(report)


def test_an_empty_one_is_unmigrated_and_nothing_else_is_blamed(emulator, tmp_path: Path):
    with on_database(f"sqlite:///{tmp_path}/empty.sqlite3"):
        report = look_over()
    told = names_of(report)
    assert not report.usable
    assert (told["Connection"], told["Migrations"]) == ("ok", "wrong")
    asked = [each for each in report.findings if each.sentence == "Not looked at: the database is not migrated."]
    assert len(asked) > 10
    assert {each.level for each in asked} == {"warning"}


def test_one_that_takes_the_line_and_says_nothing_holds_nobody(emulator, monkeypatch):
    monkeypatch.setattr(part, "DOOR_SECONDS", 1.0)
    started = time.monotonic()
    with silent_port() as port, on_database(f"postgres://somebody:c4n4ry@127.0.0.1:{port}/nothing"):
        report = look_over()
    assert time.monotonic() - started < 10
    assert (names_of(report)["Connection"], report.usable) == ("wrong", False)


@pytest.mark.parametrize("error", [OperationalError, DatabaseError])
def test_one_question_that_fails_is_one_line(error, lines, monkeypatch):
    def fail() -> None:
        raise error("server at 10.1.2.3 said: c4n4ry")

    monkeypatch.setattr("tokens.services.heartbeat.silent", lambda now: fail())
    for name in ("Last runs", "Workers"):
        [found] = lines(name)
        assert (found.level, found.sentence) == ("wrong", f"It could not be looked at ({error.__name__}).")
    assert lines("Brakes")[0].level == "ok"


def test_a_question_that_takes_too_long_is_broken_off(line, monkeypatch, db):
    """PostgreSQL breaks it off by itself; on SQLite nobody waits for a lock."""
    if database.vendor == "postgresql":
        with pytest.raises(OperationalError), part.patience(0.1), database.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(3)")
        return
    with part.patience(0.3), database.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (300,)
    with database.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (30_000,)
