"""Spreads checks that are late, after a downtime say: they must not all be asked at once.

A check that missed its moment by a while is put off by as long as the eldest of its Meta app has waited: what was
missed is caught up at the pace at which it was missed. After a whole interval or more each goes back to its own moment
of the day. Meta apps that nobody may ask now are left alone: what waits for them is spread once they may be asked.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid

from django.db.models import F, Min

from tokens import due_dates
from tokens.models import Credential
from tokens.querysets import CredentialQuerySet

# Workers look every five minutes; twice missed, it is no longer the rhythm.
LATE = dt.timedelta(minutes=15)

logger = logging.getLogger(__name__)


def spread_checks(now: dt.datetime, *, apart_from: frozenset[uuid.UUID] = frozenset()) -> int:
    """Puts off the checks of each Meta app in which some are late.

    Args:
        now: the instant.
        apart_from: Meta apps (ids) to leave alone.

    Returns:
        How many were put off.
    """
    late = Credential.objects.filter(check_due_at__lt=now - LATE).exclude(connection__meta_app__in=apart_from)
    eldest = late.order_by().values_list("connection__meta_app").annotate(Min("check_due_at"))
    moved = sum(_spread(app_id, now, now - since) for app_id, since in eldest)
    if moved:
        logger.info("%d checks were late and are spread over the time to come.", moved)
    return moved


def _spread(app_id: uuid.UUID, now: dt.datetime, waited: dt.timedelta) -> int:
    interval = due_dates.check_interval()
    due = Credential.objects.filter(connection__meta_app_id=app_id, check_due_at__lte=now).free(now)
    if waited < interval:
        return _put_off(due, waited)
    moved, missed = 0, int(waited / interval)
    # Each statement takes those that missed the same number of moments, the longest first.
    for number in range(missed, -1, -1):
        some = due.filter(check_due_at__lte=now - number * interval)
        moved += _put_off(some, (number + 1) * interval)
    return moved


def _put_off(rows: CredentialQuerySet[Credential], by: dt.timedelta) -> int:
    # By key: PostgreSQL joins no other table in an UPDATE, and the claim of somebody who came first is respected.
    return Credential.objects.filter(pk__in=rows.values("pk")).update(check_due_at=F("check_due_at") + by)
