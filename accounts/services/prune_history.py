"""Deletes lines of routine from the history once they are EVENT_RETENTION_DAYS old; all others stay.

It goes in small transactions, oldest first, and may be killed at any moment. What it costs depends on how many lines
go, not on how many there are: an index leads to the oldest of each kind, and what is gone is not passed again.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from django.conf import settings
from django.db import transaction

from accounts import routine
from accounts.models import Event

BATCH = 1000

logger = logging.getLogger(__name__)


def prune_history(now: dt.datetime, *, go_on: Callable[[], bool] = lambda: True) -> tuple[int, bool]:
    """Deletes what is old enough.

    Args:
        now: the instant.
        go_on: asked before each batch; where it says no, the rest waits for the next run.

    Returns:
        How many lines were deleted, and whether nothing that is old enough is left.
    """
    before = now - dt.timedelta(days=settings.EVENT_RETENTION_DAYS)
    deleted, done = 0, True
    for kind in routine.kinds():
        batch = BATCH
        while done and batch == BATCH:
            done = go_on()
            batch = _delete(kind, before) if done else 0
            deleted += batch
    if deleted:
        logger.info("%d lines of routine left the history.", deleted)
    return deleted, done


@transaction.atomic
def _delete(kind: str, before: dt.datetime) -> int:
    """One batch, without waiting for another process that deletes the same lines."""
    old = Event.objects.filter(kind=kind, at__lt=before).order_by("at").select_for_update(skip_locked=True)
    keys = list(old.values_list("pk", flat=True)[:BATCH])
    deleted, _ = Event.objects.filter(pk__in=keys).delete()
    return deleted
