"""One budget a Meta app: slower before Meta's limit, silent while Meta says so, back by one canary.

Only what Meta says counts: its figure in `X-App-Usage`, and answers that refuse for a limit of the app. Where it says
nothing, everything goes at full speed and no row exists. What is known stands in `AppBudget`, so that all processes
and machines go by it; a limit of one account is none of this module's business, its due date alone moves.

Not in force where a person waits: what is asked for by a button is one call, and its answer tells. Imports go by the
pauses alone.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from tokens.meta import MetaRateLimited
from tokens.models import AppBudget, CallTally
from tokens.services.claims import process_name
from tokens.services.verdicts import Call

# From how many percent on so many attempts a second may begin, in all processes together. A quarter of an hour's limit
# is room for what is in flight when the first figure above 75 arrives: an app has 200 calls an hour for each of its
# users, so that 256 attempts in flight are under one percent of it from 130 users on. Below, each step takes about
# as long as the one before: an app of 50 users has 100 calls a percent, 25 s at 20 a second and 8 minutes at one.
PACES = ((75.0, 20.0), (80.0, 10.0), (85.0, 5.0), (90.0, 1.0))
# Meta blocks at 100 and then lengthens the wait with each further call. Five percent are left to people, who connect
# accounts and press buttons meanwhile.
PAUSE_FROM = 95.0
# Figures count calls of the last hour and fall slowly. Without calls nobody hears of it, so an old one says nothing.
USAGE_LASTS = dt.timedelta(minutes=5)
# Others learn of a figure that stays in its step so often: well before it is stale, and no row becomes hot.
RENEWED_EVERY = dt.timedelta(minutes=1)
# Pauses that Meta gave no length. The longest is the hour that its limits count.
SHORTEST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
# Longer than an attempt: two calls of CALL_DEADLINE and the longest CONFIRM_PAUSE_SECONDS take 110 s.
CANARY_LEASE = dt.timedelta(seconds=120)
# After a pause: so many attempts a second at first, twice as many each second, until nothing stops them any more.
# Meta's answers take less than that second as a rule, so each doubling has heard how the last one was taken.
START_PACE, START_LASTS = 10.0, dt.timedelta(seconds=8)
LOOK_EVERY = 1.0
# A process shares a pace with those that called Meta of late, by the minutes in which they tallied calls.
SHARERS_WITHIN = dt.timedelta(minutes=1)

Outcome = Literal["answered", "unanswered"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """Meta refused for the app's limit, or is about to. `wait` in seconds, None where Meta did not say."""

    wait: float | None
    cause: str
    at: dt.datetime

    def outlasts(self, other: Limit | None) -> bool:
        return other is None or self.until > other.until

    @property
    def until(self) -> dt.datetime:
        return self.at + dt.timedelta(seconds=self.wait or 0.0)


@dataclass(slots=True)
class _Known:
    """What one drain knows of one Meta app: the row as it was last read, and what it learned since."""

    row: AppBudget | None = None
    usage: float | None = None
    usage_at: dt.datetime | None = None
    limit: Limit | None = None
    outcome: Outcome | None = None
    in_flight: int = 0
    sharers: int = 1
    saved: float = 0.0
    filled_at: float | None = None
    told_at: float | None = None

    def read(self, row: AppBudget | None) -> None:
        """Takes over a row; of two figures the newer one counts."""
        self.row = row
        if row is not None and row.usage_at and (self.usage_at is None or row.usage_at > self.usage_at):
            self.usage, self.usage_at = row.usage, row.usage_at

    def hear(self, usage: float, now: dt.datetime) -> None:
        self.usage, self.usage_at = usage, now

    @property
    def paused(self) -> bool:
        """Whether a pause was not ended by anything yet; its time may be over, then a canary is wanted."""
        return self.row is not None and self.row.paused_until is not None

    def shut(self, now: dt.datetime, owner: str) -> bool:
        """Whether nobody may be asked now, not even as a canary of this drain."""
        if self.limit is not None or self.outcome is not None:
            return True  # learned, not stored yet
        if self.row is None or self.row.paused_until is None:
            return False
        # With an older attempt of ours still out, its answer would be taken for the canary's.
        return self.row.paused_until > now or self.in_flight > 0 or _canary_of_another(self.row, now, owner)

    def pace(self, now: dt.datetime) -> float | None:
        """Attempts a second of all processes together; None: as fast as it goes."""
        paces = [_slow_zone(self.usage, self.usage_at, now), _slow_start(self.row, now) if self.row else None]
        return min((each for each in paces if each is not None), default=None)

    def fill(self, pace: float, clock: float) -> int:
        """Adds what has become free since the last time; how many attempts may begin now."""
        mine = pace / self.sharers
        if self.filled_at is None:
            # Drains begin anew all the time: from nothing, a small share would never come to one attempt.
            self.saved, self.filled_at = random.random(), clock  # noqa: S311 - spreads, hides nothing
        passed, self.filled_at = clock - self.filled_at, clock
        # Nothing is saved up beyond a second: who had nothing to do does not come back with a burst.
        self.saved = min(self.saved + passed * mine, max(mine, 1.0))
        return int(self.saved)

    def news(self, now: dt.datetime, clock: float) -> bool:
        """Whether there is something that others must know."""
        if self.limit is not None or self.outcome is not None:
            return True
        if self.usage_at is None or (self.told_at is not None and clock - self.told_at < LOOK_EVERY):
            return False
        told_at = self.row.usage_at if self.row else None
        if told_at is not None and self.usage_at <= told_at:
            return False
        told = self.row.usage if self.row is not None and _fresh(told_at, now) else None
        slow = _step(self.usage) > 0 and (told_at is None or now - told_at >= RENEWED_EVERY)
        return slow or _step(self.usage) != _step(told)


@dataclass(slots=True)
class Budgets:
    """The budgets of all Meta apps as one drain sees them; used by its writer's thread alone.

    Every attempt that is handed to a thread is announced by `asked` and ended by one `note`, also where no call came of
    it. In the slow zone the paces of `PACES` hold for all processes together: each takes its share by the number of
    processes that called Meta for this app in the last two minutes. Promised is the pace; beyond it comes at most
    what is in flight as a figure arrives, and one process' share more for each that has just begun, until its first
    tally stands and the others have looked. A pause binds the others within LOOK_EVERY of its being stored.

    Args:
        clock: seconds that never go back.
    """

    clock: Callable[[], float] = time.monotonic
    _owner: str = field(default_factory=lambda: f"{process_name()}:{uuid.uuid4().hex[:8]}")
    _known: dict[uuid.UUID, _Known] = field(default_factory=dict)
    _looked_at: float | None = None

    def look(self) -> None:
        """Reads what the others know, once a second at most: one query, two while an app is slowed."""
        clock = self.clock()
        if self._looked_at is not None and clock - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = clock
        now = timezone.now()
        rows = {row.pk: row for row in _that_matter(now)}
        for app_id in self._known.keys() | rows.keys():
            self._of(app_id).read(rows.get(app_id))
        self._count_sharers([app_id for app_id, known in self._known.items() if known.pace(now) is not None], now)

    def closed(self) -> frozenset[uuid.UUID]:
        """Meta apps that nobody may ask now: they are paused, or another one's canary is out."""
        now = timezone.now()
        return frozenset(app_id for app_id, known in self._known.items() if known.shut(now, self._owner))

    def allowance(self, app_id: uuid.UUID) -> int | None:
        """How many attempts of that app may begin now; None: any number, 0: none.

        After a pause it takes the right to send the one canary, so ask only with an attempt in hand.
        """
        known = self._known.get(app_id)
        if known is None:
            return None
        now = timezone.now()
        if known.shut(now, self._owner):
            return 0
        if known.paused:
            return int(self._take_canary(known, now))
        pace = known.pace(now)
        if pace is None:
            known.saved, known.filled_at = 0.0, None
            return None
        return known.fill(pace, self.clock())

    def asked(self, app_id: uuid.UUID) -> None:
        """An attempt of that app was handed to a thread."""
        known = self._of(app_id)
        known.in_flight += 1
        known.saved = max(known.saved - 1.0, 0.0)

    def note(self, app_id: uuid.UUID, calls: Sequence[Call]) -> None:
        """An attempt of that app has ended; `calls` is how each of its calls went, empty where there was none."""
        known = self._of(app_id)
        known.in_flight -= 1
        # A limit of the account tells nothing of the app, whatever stands in its headers.
        calls = [call for call in calls if not _limits_account(call)]
        if not calls:
            return
        now = timezone.now()
        for call in calls:
            self._learn(known, call, now)
        if known.paused and known.row is not None and known.row.canary_owner == self._owner:
            known.outcome = "unanswered" if calls[-1].transient else "answered"

    def store(self) -> None:
        """Writes what others must know. Called outside of a group's transaction, whose failure must not undo it.

        Raises:
            OperationalError, InterfaceError: the database did not take it; the next call tries again.
        """
        now, clock = timezone.now(), self.clock()
        for app_id, known in self._known.items():
            if known.news(now, clock):
                self._write(app_id, known, now)
                known.told_at, known.limit, known.outcome = clock, None, None

    def _of(self, app_id: uuid.UUID) -> _Known:
        return self._known.setdefault(app_id, _Known())

    def _learn(self, known: _Known, call: Call, now: dt.datetime) -> None:
        if call.usage is not None:
            known.hear(call.usage, now)
        limit = _limit_in(call, now)
        if limit is None:
            return
        until = known.row.paused_until if known.row else None
        if until is not None and until > now and limit.until <= until:
            return  # one that was under way when the pause began
        if limit.outlasts(known.limit):
            known.limit = limit

    def _take_canary(self, known: _Known, now: dt.datetime) -> bool:
        """Compare-and-set: of all who saw that the pause is over one gets it, on whatever machine."""
        row = known.row
        if row is None:
            return False
        if row.canary_owner == self._owner and row.canary_until is not None and row.canary_until > now:
            return True
        seen = AppBudget.objects.filter(
            pk=row.pk, paused_until=row.paused_until, canary_owner=row.canary_owner, canary_until=row.canary_until
        )
        if seen.update(canary_owner=self._owner, canary_until=now + CANARY_LEASE):
            row.canary_owner, row.canary_until = self._owner, now + CANARY_LEASE
            return True
        known.read(AppBudget.objects.filter(pk=row.pk).first())
        return False

    def _write(self, app_id: uuid.UUID, known: _Known, now: dt.datetime) -> None:
        try:
            with transaction.atomic():
                if known.row is None:
                    AppBudget.objects.bulk_create([AppBudget(meta_app_id=app_id)], ignore_conflicts=True)
                row = AppBudget.objects.select_for_update(no_key=True).get(pk=app_id)
                happened = _merge(row, known, self._owner, now)
                row.save(force_update=True)
        except IntegrityError:  # the Meta app was erased with its workspace
            return
        known.read(row)
        if happened:
            logger.warning("Meta app %s: %s", app_id, happened)

    def _count_sharers(self, app_ids: Iterable[uuid.UUID], now: dt.datetime) -> None:
        if not (slowed := list(app_ids)):
            return
        since = (now - SHARERS_WITHIN).replace(second=0, microsecond=0)
        tallies = CallTally.objects.filter(meta_app__in=slowed, minute__gte=since).exclude(owner=process_name())
        others = dict(tallies.order_by().values_list("meta_app").annotate(Count("owner", distinct=True)))
        for app_id in slowed:
            self._known[app_id].sharers = 1 + others.get(app_id, 0)


def resume(budget: AppBudget, *, by: str, now: dt.datetime) -> bool:
    """Ends a pause before its time; calls go on slowly at first.

    Args:
        budget: the Meta app's.
        by: a staff member's address.
        now: the instant.

    Returns:
        False where it was not paused any more.
    """
    paused = AppBudget.objects.filter(pk=budget.pk, paused_until__isnull=False)
    resumed = paused.update(paused_until=None, limits=0, canary_owner="", canary_until=now)
    if resumed:
        logger.warning("Meta app %s: resumed by %s", budget.pk, by)
    return bool(resumed)


def paused(app_id: uuid.UUID, now: dt.datetime) -> bool:
    """Whether Meta wants a Meta app to be silent still; for those who ask on their own and send no canaries."""
    return AppBudget.objects.filter(pk=app_id, paused_until__gt=now).exists()


def paused_apps() -> frozenset[uuid.UUID]:
    """Meta apps whose pause nothing has ended yet: they are asked by one canary at most."""
    return frozenset(AppBudget.objects.filter(paused_until__isnull=False).values_list("pk", flat=True))


def used(budget: AppBudget, now: dt.datetime) -> float | None:
    """Percent of the Meta app's limit, None where the last figure is too old to mean anything."""
    return budget.usage if _fresh(budget.usage_at, now) else None


def pace(budget: AppBudget, now: dt.datetime) -> float | None:
    """Attempts a second that a Meta app has now, of all processes together; None: as many as it goes."""
    known = _Known()
    known.read(budget)
    return known.pace(now)


def _slow_zone(usage: float | None, at: dt.datetime | None, now: dt.datetime) -> float | None:
    if not _fresh(at, now):
        return None
    return min((each for start, each in PACES if (usage or 0.0) >= start), default=None)


def _slow_start(row: AppBudget, now: dt.datetime) -> float | None:
    if row.paused_until is not None or row.canary_until is None:
        return None
    begun = now - row.canary_until  # below nought where machines' clocks differ
    return START_PACE * 2.0 ** max(begun.total_seconds(), 0.0) if abs(begun) < START_LASTS else None


def _that_matter(now: dt.datetime) -> Iterable[AppBudget]:
    """Paused ones, those with a fresh figure, and those that were resumed just now."""
    young = Q(usage_at__gt=now - USAGE_LASTS) | Q(canary_until__gt=now - START_LASTS)
    return AppBudget.objects.filter(young | Q(paused_until__isnull=False))


def _merge(row: AppBudget, known: _Known, owner: str, now: dt.datetime) -> str:
    """Puts what one drain learned into the locked row, which others may have changed meanwhile.

    Returns:
        What staff should read in the log; nothing where the app goes on as before.
    """
    if known.usage_at is not None and (row.usage_at is None or known.usage_at > row.usage_at):
        row.usage, row.usage_at = known.usage, known.usage_at
    if known.limit is not None:
        return _pause(row, known.limit, now)
    mine = row.canary_owner == owner and row.paused_until is not None and row.paused_until <= now
    if known.outcome is None or not mine:
        return ""  # somebody paused it anew since, or staff have resumed it
    if known.outcome == "answered":
        row.paused_until, row.cause, row.limits, row.canary_owner, row.canary_until = None, "", 0, "", now
        return "resumed, its canary was answered"
    # No answer at all tells nothing of the limit: neither is the app free, nor has Meta refused once more.
    row.paused_until, row.canary_owner, row.canary_until = now + _growing(0), "", None
    return ""


def _pause(row: AppBudget, limit: Limit, now: dt.datetime) -> str:
    """Begins a pause or prolongs one. The longest wins; what was under way when it began is no second limit."""
    goes_on = row.paused_until is not None and row.paused_until > now
    if goes_on and (limit.wait is None or limit.until <= row.paused_until):  # type: ignore[operator]
        return ""
    begins = row.paused_until is None
    if not goes_on:
        row.limits += 1
    row.paused_until = limit.until if limit.wait is not None else now + _growing(row.limits - 1)
    row.cause, row.canary_owner, row.canary_until = limit.cause, "", None
    # A canary that was refused is no news: the app is as paused as before.
    return f"paused until {row.paused_until:%Y-%m-%d %H:%M:%S} UTC, {limit.cause}" if begins else ""


def _growing(before: int) -> dt.timedelta:
    """One minute, doubled for each pause before it, up to an hour; a quarter of it by chance."""
    base = min(SHORTEST_PAUSE * 2 ** min(before, 10), LONGEST_PAUSE / 1.25)
    return dt.timedelta(seconds=base * random.uniform(1.0, 1.25))  # noqa: S311 - spreads, hides nothing


def _limit_in(call: Call, now: dt.datetime) -> Limit | None:
    if isinstance(call.error, MetaRateLimited):
        code, status = call.error.code, call.error.status
        # A wait of nought would let canaries follow each other without a pause.
        return Limit(call.error.retry_after or None, f"code {code}" if code is not None else f"HTTP {status}", now)
    if call.usage is not None and call.usage >= PAUSE_FROM:
        return Limit(None, f"{min(call.usage, 1e6):.0f} % used", now)
    return None


def _limits_account(call: Call) -> bool:
    return isinstance(call.error, MetaRateLimited) and call.error.scope == "account"


def _canary_of_another(row: AppBudget, now: dt.datetime, owner: str) -> bool:
    return row.canary_owner not in ("", owner) and row.canary_until is not None and row.canary_until > now


def _fresh(at: dt.datetime | None, now: dt.datetime) -> bool:
    return at is not None and abs(now - at) < USAGE_LASTS


def _step(usage: float | None) -> int:
    """Which step of the slow zone a figure is in; 0: none."""
    starts = itertools.chain((start for start, _ in PACES), [PAUSE_FROM])
    return sum((usage or 0.0) >= start for start in starts)
