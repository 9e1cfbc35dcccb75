"""Whether this installation does its work: what is wrong, a plain line each, without a word about its inside."""

from __future__ import annotations

import datetime as dt

from django.db import Error

from notifications.migrated import is_migrated
from tokens.services.heartbeat import SILENCE, last_sweep

NO_DATABASE = "The database does not answer."
UNMIGRATED = "Migrations are not applied."
NO_SWEEP = "No sweep ran in the last ten minutes."


def problems(now: dt.datetime) -> list[str]:
    """What keeps the installation from working; empty where nothing does."""
    found = []
    try:
        if not is_migrated():
            found.append(UNMIGRATED)
        swept_at = last_sweep()
    except Error:
        # Before the first migration there is no table to ask, and the database is well.
        return found or [NO_DATABASE]
    if swept_at is None or now - swept_at > SILENCE:
        found.append(NO_SWEEP)
    return found
