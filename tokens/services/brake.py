"""The brake: stops state changes and mails of a Meta app when too much fails at once.

Over ten minutes: (deaths) as many 190-class deaths as BRAKE_MIN_DEATHS and BRAKE_SHARE of the active connections;
(ours) answers that look like our own fault for three credentials; (weather) half of at least fifty calls failing
in passing. Its state and counters live in tables, so that every process sees the same.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.db import Error, IntegrityError, transaction
from django.db.models import F, FloatField, Sum, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from notifications.services import notify_staff
from tokens.models import Brake, CallTally, Connection, MetaApp, Status, Strike, UnknownAnswer
from tokens.services.claims import process_name
from tokens.services.note_unknown import note_unknown
from tokens.services.verdicts import Call

# The word of an attempt that found a death which waits for a brake to be lifted.
HELD = "held"
WINDOW = dt.timedelta(minutes=10)
OUR_FAULTS = 3
WEATHER_CALLS = 50
WEATHER_SHARE = 0.5
# How long calls may wait to be counted, in seconds.
TALLY_EVERY = 1.0

logger = logging.getLogger(__name__)


def holding(app_id: uuid.UUID) -> Brake | None:
    """The brake that holds for a Meta app now."""
    return Brake.objects.filter(meta_app_id=app_id, lifted_at__isnull=True).first()


def stormy_apps() -> frozenset[uuid.UUID]:
    """Meta apps that are asked by canaries alone, for the bad weather at Meta."""
    braked = Brake.objects.filter(cause=Brake.Cause.WEATHER, lifted_at__isnull=True)
    return frozenset(braked.values_list("meta_app_id", flat=True))


def lock(app_id: uuid.UUID) -> None:
    """Serialises what counts towards a Meta app's brake until the caller's transaction ends: none slips past it."""
    MetaApp.objects.select_for_update(no_key=True).only("pk").get(pk=app_id)


def strike(*, connection: Connection, cause: str, now: dt.datetime) -> None:
    """Counts a death or a fault of our own, and lets the brake fall where that makes it too many."""
    Strike.objects.create(
        meta_app_id=connection.meta_app_id,
        tenant_id=connection.tenant_id,
        connection=connection,
        cause=cause,
        at=now,
    )
    app_id = connection.meta_app_id
    struck = _struck(app_id, cause, now)
    enough = _deaths_suffice(app_id, struck) if cause == Brake.Cause.DEATHS else struck >= OUR_FAULTS
    if enough:
        fall(app_id, cause, now)


def tally(app_id: uuid.UUID, calls: Sequence[Call], now: dt.datetime) -> None:
    """Counts calls to Meta, and the answers that no rule knows; those that failed in passing may let the brake fall.

    Each process writes rows of its own, one a minute, so that nobody waits for anybody.
    """
    if not calls:
        return
    row = {"meta_app_id": app_id, "minute": now.replace(second=0, microsecond=0), "owner": process_name()}
    transient, slowest = sum(call.transient for call in calls), max(call.seconds for call in calls)
    changes = {
        "calls": F("calls") + len(calls),
        "transient": F("transient") + transient,
        "seconds": F("seconds") + sum(call.seconds for call in calls),
        "slowest": Greatest("slowest", Value(slowest, FloatField())),
    }
    if not CallTally.objects.filter(**row).update(**changes):
        CallTally.objects.bulk_create([CallTally(**row)], ignore_conflicts=True)
        CallTally.objects.filter(**row).update(**changes)
    note_unknown((call.error for call in calls), now)
    if transient and _weather_is_bad(app_id, now):
        fall(app_id, Brake.Cause.WEATHER, now)


class Tallies:
    """The calls of one sweep, by Meta app, gathered until they are worth a write. Used by one thread.

    A row that is written with each group of answers would cost as much as the answers do.
    """

    def __init__(self) -> None:
        self._calls: dict[uuid.UUID, list[Call]] = defaultdict(list)
        self._stored_at = time.monotonic()

    def note(self, app_id: uuid.UUID, calls: Sequence[Call]) -> None:
        """Remembers calls."""
        self._calls[app_id] += calls

    def store(self, *, at_once: bool = False) -> None:
        """Counts what was noted, once a second; sooner where one failed in passing, since it may let a brake fall.

        What a brake counts must neither hold up answers nor store them again: an error of the database is told only.
        """
        if not (at_once or time.monotonic() - self._stored_at >= TALLY_EVERY or self._any_failed()):
            return
        noted, self._calls, self._stored_at = self._calls, defaultdict(list), time.monotonic()
        for app_id, calls in noted.items():
            try:
                tally(app_id, calls, timezone.now())
            except Error as error:
                logger.warning("Calls to Meta could not be counted: %s", type(error).__name__)

    def _any_failed(self) -> bool:
        return any(call.transient for calls in self._calls.values() for call in calls)


def fall(app_id: uuid.UUID, cause: str, now: dt.datetime) -> None:
    """Lets the brake fall, once, and alerts staff, once."""
    if holding(app_id) is not None:
        return
    try:
        with transaction.atomic():
            brake = Brake.objects.create(meta_app_id=app_id, cause=cause, fallen_at=now)
    except IntegrityError:  # another process let it fall in the same moment
        return
    notify_staff(kind="brake_fell", subject_id=brake.pk, dedupe_key=f"brake:{brake.pk}", now=now)
    logger.error("The brake of Meta app %s fell: %s", app_id, brake.get_cause_display())


def lift(brake: Brake, *, by: str, now: dt.datetime, release: bool = False) -> bool:
    """Lifts a brake; what is due goes on at its next due time.

    Args:
        brake: the one to lift.
        by: a staff member's address, or what found out that the trouble is over.
        now: the instant.
        release: what it held has ended, a person says: each that is found dead now is mailed, and counts no further.

    Returns:
        False where it was lifted already.
    """
    lifted = Brake.objects.filter(pk=brake.pk, lifted_at__isnull=True).update(
        lifted_at=now, lifted_by=by, released=release
    )
    if lifted:
        logger.warning("The brake of Meta app %s was lifted by %s", brake.meta_app_id, by)
    return bool(lifted)


def was_released(app_id: uuid.UUID, held_since: dt.datetime) -> bool:
    """Whether what a Meta app's brakes have held since then may end without a further fall.

    Any release since was about it. Other brakes may have fallen meanwhile: it is asked again hours later only.
    """
    return Brake.objects.filter(meta_app_id=app_id, released=True, lifted_at__gte=held_since).exists()


def prune(now: dt.datetime) -> None:
    """Forgets counters that no window reaches any more, and answers that were not met for a year."""
    CallTally.objects.filter(minute__lt=now - 6 * WINDOW).delete()
    Strike.objects.filter(at__lt=now - dt.timedelta(days=30)).delete()
    UnknownAnswer.objects.filter(last_at__lt=now - dt.timedelta(days=400)).delete()


def _window_start(app_id: uuid.UUID, now: dt.datetime) -> dt.datetime:
    """Ten minutes ago, or the last lifting where that is later: what led to an old fall does not count again."""
    lifted = (
        Brake.objects.filter(meta_app_id=app_id, lifted_at__isnull=False)
        .order_by("-lifted_at")
        .values_list("lifted_at", flat=True)
        .first()
    )
    return max(now - WINDOW, lifted) if lifted else now - WINDOW


def _struck(app_id: uuid.UUID, cause: str, now: dt.datetime) -> int:
    """How many connections have strikes of that cause in the window."""
    # `now` was read before the lock was had: whoever had it first may have struck a little later.
    window = {"at__gt": _window_start(app_id, now), "at__lt": now + WINDOW}
    strikes = Strike.objects.filter(meta_app_id=app_id, cause=cause, **window)
    return strikes.values("connection").distinct().count()


def _deaths_suffice(app_id: uuid.UUID, dead: int) -> bool:
    if dead < settings.BRAKE_MIN_DEATHS:
        return False
    most = _most_active(dead, settings.BRAKE_SHARE)
    active = Connection.objects.filter(meta_app_id=app_id, status=Status.ACTIVE)
    # To count a million for each death takes too long under the lock: whether there is one too many is enough.
    return not active[most : most + 1].exists()


def _most_active(dead: int, share: float) -> int:
    """With so many active ones left, and none more, those who died are that share of all."""
    most = int(dead / share) - dead
    # Divided and multiplied, the same figures may differ by one: the product is the rule.
    while _is_share(dead, most + 1, share):
        most += 1
    while not _is_share(dead, most, share):
        most -= 1
    return most


def _is_share(dead: int, active: int, share: float) -> bool:
    """Those who died in the window were active when it began."""
    return dead >= share * (active + dead)


def _weather_is_bad(app_id: uuid.UUID, now: dt.datetime) -> bool:
    # A lifting inside a minute leaves that minute out: its tally holds calls of before.
    start = _window_start(app_id, now)
    sums = CallTally.objects.filter(meta_app_id=app_id, minute__gte=start, minute__lt=now + WINDOW).aggregate(
        calls=Sum("calls"), transient=Sum("transient")
    )
    calls, transient = sums["calls"] or 0, sums["transient"] or 0
    return bool(calls >= WEATHER_CALLS and transient >= WEATHER_SHARE * calls)
