"""The database: whether it answers, how fast, what it is, and whether it is migrated."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection as _connection
from django.db import transaction

from notifications.migrated import is_migrated
from tokens.services.doctor.bounded import within
from tokens.services.doctor.finding import Said, Task, ok, warning, wrong

AREA, MIGRATIONS = "Database", "Migrations"
SLOW = 0.25
DOOR_SECONDS = 5.0
# Its stubs know neither the driver nor what a backend adds.
database: Any = _connection


def tasks() -> list[Task]:
    return [Task(AREA, MIGRATIONS, _migrations), Task(AREA, "Kind", _kind)]


def door() -> Said:
    """Whether anybody opens, and answers, within seconds.

    Raises:
        TookTooLong, django.db.Error: it does not; the text of the latter may name host and user.
    """
    knock(DOOR_SECONDS)
    with patience(DOOR_SECONDS), database.cursor() as cursor:
        cursor.execute("SELECT 1")  # a connection that was kept may have to be made anew
        started = time.monotonic()
        cursor.execute("SELECT 1")
        seconds = time.monotonic() - started
    if seconds > SLOW:
        return warning(
            f"It answers, but takes {seconds:.2f} s for the smallest question.",
            "Is it overloaded, or far away? Workers ask it many small questions.",
        )
    return ok(f"{database.display_name} answers, in {seconds * 1000:.1f} ms.")


def knock(seconds: float) -> None:
    """Makes a connection of its own and closes it: one that was kept waits without limit for a server gone silent.

    Raises:
        TookTooLong, django.db.Error: nobody opens; the text of the latter may name host and user.
    """
    if database.vendor != "postgresql":
        return
    # In the thread, `database` would be that thread's own.
    driver = database.Database
    parameters = {**database.get_connection_params(), "connect_timeout": max(1, int(seconds))}
    with database.wrap_database_errors:
        within(seconds, lambda: driver.connect(**parameters).close())


@contextlib.contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within, no question takes longer. On SQLite, which has no such limit, nobody waits longer for a lock."""
    milliseconds = max(1, int(seconds * 1000))
    if database.vendor == "postgresql":
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}")
            yield
            cursor.execute("SET LOCAL statement_timeout = 0")
        return
    with database.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        [(usual,)] = cursor.fetchall()
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")


def _migrations() -> Said:
    if is_migrated():
        return ok("All are applied.")
    return wrong("Some are not applied.", "Run `python manage.py migrate`.")


def _kind() -> Said:
    if database.vendor == "postgresql":
        return ok(f"PostgreSQL {database.pg_version // 10_000}: right for any number of machines.")
    with database.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        [(mode,)] = cursor.fetchall()
    if str(mode).lower() != "wal":
        return wrong(
            f"SQLite keeps its journal as “{mode}”, not as WAL: readers and writers shut each other out.",
            "Put the file on a local disk; network file systems can't do it.",
        )
    if settings.BROKER_URL or settings.CACHE_URL:
        return warning(
            "SQLite, with a queue or cache in Redis: a file can't be shared by several machines.",
            "Set DATABASE_URL to PostgreSQL where more than one machine works.",
        )
    return ok("SQLite with WAL: right for one machine. A service of several takes PostgreSQL.")
