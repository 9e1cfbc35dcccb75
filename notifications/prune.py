"""Deletes what the outbox no longer owes once it is old enough: mails that have ended, of workspaces.

Alerts to staff stay: they are few, and what they tell of may last, and be noted again, for longer. All others are
written together with the event, link or invitation that they tell of, which nobody writes a second time.

It goes in small transactions, oldest first, and may be killed at any moment.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from django.db import transaction

from notifications.models import OutboxMessage

KEPT = dt.timedelta(days=90)
BATCH = 1000

logger = logging.getLogger(__name__)


def prune_outbox(now: dt.datetime, *, go_on: Callable[[], bool] = lambda: True) -> tuple[int, bool]:
    """Deletes what is old enough.

    Arguments:
        now: the instant.
        go_on: asked before each batch; where it says no, the rest waits for the next run.

    Returns how many were deleted, and whether nothing that is old enough is left.
    """
    deleted, batch = 0, BATCH
    while batch == BATCH:
        if not go_on():
            return deleted, False
        batch = _delete(now - KEPT)
        deleted += batch
    if deleted:
        logger.info("%d mails that have ended left the outbox.", deleted)
    return deleted, True


@transaction.atomic
def _delete(before: dt.datetime) -> int:
    """One batch, without waiting for another process that deletes the same rows."""
    ended = OutboxMessage.objects.filter(due_at__isnull=True, tenant__isnull=False, created_at__lt=before)
    old = ended.order_by("created_at").select_for_update(skip_locked=True)
    keys = list(old.values_list("pk", flat=True)[:BATCH])
    deleted, _ = OutboxMessage.objects.filter(pk__in=keys).delete()
    return deleted
