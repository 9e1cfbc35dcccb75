"""Crowds on chosen nights, and how many there are on each afterwards. The first night is number 0."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from django.db.models import Count

from tests.crowds import copy_row
from tests.factories import make_connection
from tokens.models import Connection, Credential
from tokens.services.smooth_calendar import smooth_calendar

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
FIRST = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)

_made = itertools.count(step=1_000_000)


def night(number: int) -> dt.datetime:
    return FIRST + number * DAY


def crowd(size: int, on: int, **details: Any) -> Connection:
    """So many connections that the rule has renewed in one night; their first one.

    Args:
        size: how many.
        on: the number of the night.
        **details: as `make_connection` takes them; all alike.
    """
    issued_at = night(on) - 50 * DAY + HOUR
    first = make_connection(**{"issued_at": issued_at, **details})
    if size > 1:
        offset = next(_made)
        copy_row(first, size - 1, offset=offset, instagram_id="n.i", handle="'creator' || n.i")
        copy_row(first.credential, size - 1, offset=offset, connection_id="n.i")
    return first


def on_nights() -> dict[int, int]:
    """How many are due in each night that has any."""
    rows = Credential.objects.filter(due_at__isnull=False).order_by("due_at").values_list("due_at")
    return {round((due_at - FIRST) / DAY, 6): count for due_at, count in rows.annotate(Count("pk"))}


def dates() -> list[tuple[Any, ...]]:
    """Everything about every credential that smoothing could touch."""
    columns = ("pk", "due_at", "due_by_rule", "check_due_at", "version", "fence", "lease_owner", "lease_until")
    return list(Credential.objects.order_by("pk").values_list(*columns))


def smooth() -> dict[str, int]:
    """One run, to its end."""
    results, done = smooth_calendar(NOW)
    assert done
    return results
