"""Smooths the calendar: where more come due in one night than NIGHT_LIMIT, the surplus goes to earlier nights.

A night is one tick of REFRESH_CRON. Its surplus goes to the nearest earlier night that has room: those first that
were moved before, then by id, so that it is the same whoever does it and how often. Nobody is ever moved to a later
night, to one before the token may be refreshed, or to one that is past. `due_by_rule` keeps the date of the rule.

Any number of processes may do this at once, and be killed at any moment: each batch counts anew under one lock.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import takewhile

from croniter import croniter
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F
from django.db.models.functions import Coalesce

from tokens import due_dates
from tokens.models import Credential, Heartbeat
from tokens.querysets import CredentialQuerySet
from tokens.services import heartbeat

# Moved in one short transaction.
BATCH = 1000
NIGHTS_AT_ONCE = 500
CALENDAR = "calendar"

logger = logging.getLogger(__name__)


def smooth_calendar(now: dt.datetime, *, go_on: Callable[[], bool] = lambda: True) -> tuple[dict[str, int], bool]:
    """Moves the surplus of crowded nights to earlier ones.

    Args:
        now: the instant; only ticks after it are nights.
        go_on: asked before each batch; where it says no, the rest waits for the next run.

    Returns:
        `moved`: how many left the night of the rule; `moved_on`: how many that had left it before went on to a still
        earlier one; `crowded`: how many nights hold more than NIGHT_LIMIT still. And whether it came to its end.
    """
    heartbeat.beat(CALENDAR, now)
    calendar = _Calendar(now, go_on)
    done = calendar.smooth()
    crowded = sum(count > settings.NIGHT_LIMIT for count in calendar.counts)
    results = {"moved": calendar.moved["native"], "moved_on": calendar.moved["moved"], "crowded": crowded}
    if any(results.values()):
        logger.info(
            "The calendar: %d connections moved to an earlier night, %d moved before went on; "
            "%d nights hold more than %d.",
            *results.values(),
            settings.NIGHT_LIMIT,
        )
    return results, done


def nights_after(now: dt.datetime) -> list[dt.datetime]:
    """The ticks at which anything may be due by rule, earliest first."""
    last = now + dt.timedelta(days=settings.REFRESH_AGE_DAYS)
    ticks = croniter(settings.REFRESH_CRON, now)
    return list(takewhile(lambda tick: tick <= last, iter(lambda: ticks.get_next(dt.datetime), None)))


def levels(counts: Sequence[int], limit: int) -> list[int]:
    """How many each night is to hold at most.

    That is `limit`, where what is beyond it finds room in earlier nights. Where not, the load is spread evenly: a
    night can only give to those before it, so each one is pooled with those before it while they hold less.

    Args:
        counts: how many come due in each night, earliest first.
        limit: NIGHT_LIMIT.
    """
    pools: list[tuple[int, int]] = []  # connections, nights
    for count in counts:
        total, nights = count, 1
        while pools and pools[-1][0] * nights < total * pools[-1][1]:
            before = pools.pop()
            total, nights = total + before[0], nights + before[1]
        pools.append((total, nights))
    return [max(limit, -(-total // nights)) for total, nights in pools for _ in range(nights)]


class _Calendar:
    """The nights to come and how many are due in each, as this run has found and left them."""

    def __init__(self, now: dt.datetime, go_on: Callable[[], bool]) -> None:
        self.now = now
        self.go_on = go_on
        self.nights = nights_after(now)
        self.counts = self._count()
        self.levels = levels(self.counts, settings.NIGHT_LIMIT)
        self.moved: Counter[str] = Counter()

    def _count(self) -> list[int]:
        """By the partial index alone; what is due between two ticks is no night's."""
        found: dict[dt.datetime, int] = {}
        for start in range(0, len(self.nights), NIGHTS_AT_ONCE):
            some = Credential.objects.filter(due_at__in=self.nights[start : start + NIGHTS_AT_ONCE]).order_by()
            found |= dict(some.values_list("due_at").annotate(Count("due_at")))
        return [found.get(night, 0) for night in self.nights]

    def smooth(self) -> bool:
        """Goes from the last night to the first; False where it was told to stop."""
        return all(self._relieve(source, kind) for source in self._crowded() for kind in ("moved", "native"))

    def _crowded(self) -> list[int]:
        return [n for n in reversed(range(len(self.nights))) if self.counts[n] > self.levels[n]]

    def _relieve(self, source: int, kind: str) -> bool:
        """Moves those of one kind from a night to the nearest ones with room; False where it was told to stop."""
        target, after = source - 1, uuid.UUID(int=0)
        counted = self._counted(source, kind)
        while target >= 0 and self.counts[source] > self.levels[source]:
            if self.counts[target] >= self.levels[target]:
                target -= 1
                continue
            if not self.go_on():
                return False
            surplus, room, keys = self._move(counted, source, target, kind, after)
            if surplus > 0 and room <= 0:
                target -= 1  # somebody else has filled it meanwhile
                continue
            if not keys:
                break  # nobody is left, or none who is old enough for this night or any before it
            after = keys[-1]
            self.counts[source] -= len(keys)
            self.counts[target] += len(keys)
            self.moved[kind] += len(keys)
        return True

    def _counted(self, source: int, kind: str) -> CredentialQuerySet[Credential]:
        """Who makes the night a crowd: natives keep their date as long as they alone are none.

        Where nobody else is left there the index alone counts them, without a look at the rows.
        """
        here = _due(self.nights[source])
        if kind == "native" and self.counts[source] > self.levels[source]:
            return here.filter(due_by_rule__isnull=True) if here.filter(due_by_rule__isnull=False).exists() else here
        return here

    @transaction.atomic
    def _move(
        self, counted: CredentialQuerySet[Credential], source: int, target: int, kind: str, after: uuid.UUID
    ) -> tuple[int, int, list[uuid.UUID]]:
        """Moves one batch.

        The rows are locked before they are looked at and written: version and fence cannot change between. Those
        that somebody holds are left alone.

        Returns:
            How many are too many here, how many there is room for there, and the keys of those that were moved.
        """
        # One batch at a time among all processes, or two would fill the same room. SQLite has one writer anyway.
        Heartbeat.objects.select_for_update().get(name=CALENDAR)
        level, night = self.levels[source], self.nights[target]
        surplus = _number(counted, level + BATCH) - level
        room = self.levels[target] - _number(_due(night), self.levels[target])
        movable = (
            _due(self.nights[source])
            .filter(due_by_rule__isnull=kind == "native", refresh_failures=0, expiry_told=True)
            .filter(issued_at__lte=night - due_dates.YOUNGEST, pk__gt=after)
            # What only waits for its end is early nowhere, and what Meta does not prolong is asked for daily anyway.
            .filter(renewable=True)
            .exclude(renew_by=F("renewal_expires_at"))
            .free(self.now)
        )
        locked = movable.order_by("pk").select_for_update(skip_locked=True)
        keys = list(locked.values_list("pk", flat=True)[: max(0, min(surplus, room, BATCH))])
        Credential.objects.filter(pk__in=keys).update(due_by_rule=Coalesce("due_by_rule", "due_at"), due_at=night)
        return surplus, room, keys


def _number(rows: CredentialQuerySet[Credential], most: int) -> int:
    """How many there are, counted up to `most`; asked for no other column, the index alone tells."""
    return rows.values("due_at")[:most].count()


def _due(night: dt.datetime) -> CredentialQuerySet[Credential]:
    return Credential.objects.filter(due_at=night).order_by()
