"""Whether this installation does its work: what is wrong, a plain line each, without a word about its inside."""

from __future__ import annotations

import datetime as dt
import functools

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tokens.services.heartbeat import SILENCE, last_sweep

NO_DATABASE = "The database does not answer."
UNMIGRATED = "Migrations are not applied."
NO_SWEEP = "No sweep ran in the last ten minutes."


def problems(now: dt.datetime) -> list[str]:
    """What keeps the installation from working; empty where nothing does."""
    found = []
    try:
        if not _migrated():
            found.append(UNMIGRATED)
        swept_at = last_sweep()
    except Error:
        # Before the first migration there is no table to ask, and the database is well.
        return found or [NO_DATABASE]
    if swept_at is None or now - swept_at > SILENCE:
        found.append(NO_SWEEP)
    return found


def _migrated() -> bool:
    return _newest_migrations() <= MigrationRecorder(connection).applied_migrations().keys()


@functools.cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last one of each app. Code does not change while it runs: to read all files once a process is enough."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
