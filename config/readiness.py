"""Whether this installation does its work: what is wrong, a plain line each, without a word about its inside."""

from __future__ import annotations

import datetime as dt

from django.db import Error

from notifications.migrated import is_migrated
from tokens.services.doctor.bounded import TookTooLong
from tokens.services.doctor.database import knock, patience
from tokens.watch import troubles

NO_DATABASE = "The database does not answer."
UNMIGRATED = "Migrations are not applied."
# For the door, and for each question then: who probes waits for ten, as a rule.
PATIENCE = 3.0


def problems(now: dt.datetime) -> list[str]:
    """What keeps the installation from working; empty where nothing does."""
    found = []
    try:
        knock(PATIENCE)
        with patience(PATIENCE):
            if not is_migrated():
                found.append(UNMIGRATED)
            return [*found, *(trouble.sentence for trouble in troubles(now))]
    except (Error, TookTooLong):
        # Before the first migration there is no table to ask, and the database is well.
        return found or [NO_DATABASE]
