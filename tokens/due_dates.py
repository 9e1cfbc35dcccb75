"""When a credential is due: pure date arithmetic, one place for each rule.

All instants are aware datetimes in UTC; nothing here reads a clock or a database.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid

from croniter import croniter
from django.conf import settings

# Meta refuses to refresh a token that is younger than 24 hours; an hour more forgives clocks that differ.
YOUNGEST = dt.timedelta(hours=25)
RESERVE = dt.timedelta(days=10)
DAILY = dt.timedelta(days=1)
FIRST_PAUSE = dt.timedelta(minutes=15)
LONGEST_PAUSE = dt.timedelta(hours=6)
JITTER = 1.25


def refresh_due_at(
    *, obtained_at: dt.datetime, issued_at: dt.datetime | None, expires_at: dt.datetime | None
) -> dt.datetime:
    """The instant at which a token is to be refreshed.

    The last tick of REFRESH_CRON strictly before its issue + REFRESH_AGE_DAYS, or before ten days short of its
    expiry where that is earlier; never before it is 25 hours old, and never after its expiry, so that an expiry
    is noticed on time. A token whose issue is unknown is refreshed at 25 hours, to learn its real expiry.
    """
    youngest = (issued_at or obtained_at) + YOUNGEST
    if issued_at is None:
        due = youngest
    else:
        latest = issued_at + dt.timedelta(days=settings.REFRESH_AGE_DAYS)
        if expires_at is not None:
            latest = min(latest, expires_at - RESERVE)
        due = max(last_tick_before(latest), youngest)
    return due if expires_at is None else min(due, expires_at)


def due_at(
    *,
    renewable: bool,
    obtained_at: dt.datetime,
    issued_at: dt.datetime | None,
    expires_at: dt.datetime | None,
    renewal_expires_at: dt.datetime | None = None,
) -> dt.datetime | None:
    """When a credential of any flavour is due: to be renewed, or for its end to be noticed.

    Args:
        renewable: whether it can be renewed without a person.
        obtained_at: when it reached us.
        issued_at: of the token that renews it.
        expires_at: of the token that is used.
        renewal_expires_at: of the token that renews it, where that is another one.

    Returns:
        None where it neither ends by date nor can be renewed.
    """
    if not renewable:
        return expires_at
    due = refresh_due_at(obtained_at=obtained_at, issued_at=issued_at, expires_at=renewal_expires_at or expires_at)
    return due if expires_at is None else min(due, expires_at)


def last_tick_before(instant: dt.datetime) -> dt.datetime:
    """The last tick of REFRESH_CRON (read in UTC) strictly before `instant`."""
    global _nights
    cron = settings.REFRESH_CRON
    for known, tick, next_tick in _nights:
        if tick < instant <= next_tick and known == cron:
            return tick
    tick = croniter(cron, instant).get_prev(dt.datetime)
    _nights = ((cron, tick, croniter(cron, tick).get_next(dt.datetime)), *_nights[:_REMEMBERED])
    return tick


# A sweep asks for the same night again and again, and to read a cron line costs more than to renew a token. Several are
# remembered: lives that differ by seconds fall to both sides of a tick, and imports ask for any night of two months.
_REMEMBERED = 64
_nights: tuple[tuple[str, dt.datetime, dt.datetime], ...] = ()


def pause(failures: int) -> dt.timedelta:
    """How long to wait after the `failures`-th failure in a row: 15 minutes doubling up to 6 hours, jittered.

    The jitter only lengthens (by up to a quarter), so that a crowd that failed together does not return together.
    """
    doubled: dt.timedelta = FIRST_PAUSE * 2 ** min(max(failures, 1) - 1, 10)
    return min(doubled, LONGEST_PAUSE / JITTER) * random.uniform(1, JITTER)  # noqa: S311 - no secret


def check_interval() -> dt.timedelta:
    return dt.timedelta(hours=settings.CHECK_EVERY_HOURS)


def next_check_at(connection_id: uuid.UUID, after: dt.datetime) -> dt.datetime:
    """The connection's next slot: strictly after `after` and at most one interval later.

    Each connection owns one instant of the interval, drawn from its id, so that checks stay evenly spread after
    an import or a downtime too, and nobody is asked twice in one interval.
    """
    interval = check_interval().total_seconds()
    slot = connection_id.int % int(interval)
    passed = (after.timestamp() - slot) % interval
    return after + dt.timedelta(seconds=interval - passed)
