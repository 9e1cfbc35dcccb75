"""Flags and words about a connection, derived from dates and counters in this one place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db.models import F, Q

from notifications.localisation import day
from tokens import due_dates, needs
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Credential, Status

# Whom the sentences speak of; in those of other flavours their own host takes its place.
INSTAGRAM = "Instagram"
SOON = dt.timedelta(days=10)
# Asked on day 49 or 50 whether Meta prolongs it; if not, a person has these days to do so.
RENEW_SOON = dt.timedelta(days=14)
OVERDUE = dt.timedelta(hours=1)
# Three ends within so long are no chance.
FLAPPING_WITHIN = dt.timedelta(days=30)
SILENT_AFTER = dt.timedelta(days=3)
# So many renewals in a row that failed while `/me` answered: it is not the weather.
KEEPS_FAILING = 3


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a connection that a person should know. `word` is stable, `sentence` is for people."""

    word: str
    sentence: str


EXPIRING = Flag("expiring_soon", "It runs out soon.")
OVERDUE_FLAG = Flag("overdue", "Its renewal is overdue.")
RETRYING = Flag("retrying", "The last renewal did not work; we try again by ourselves.")
CANNOT_REFRESH = Flag("cannot_be_refreshed", "Instagram refuses to renew it, though it still works. We ask once a day.")
MUST_BE_RENEWED = Flag("must_be_renewed", "A person must renew it: reconnect before it ends.")
PERMISSION_MISSING = Flag("permission_missing", "A permission is missing. Reconnect and leave all of them ticked.")
REFUSED = Flag("refused", "Instagram refused a request. Our staff look into it.")
FAILING = Flag("renewal_failing", "It works, but renewing it fails again and again. We go on trying; our staff see it.")
SILENT = Flag("not_reached", "For three days Instagram has not answered for it. It may have ended meanwhile.")
FLAPPING = Flag(
    "flapping",
    "It ended three times within 30 days. Ask the creator why: a shared password, another app, a security check?",
)

_BY_A_PERSON = {MUST_BE_RENEWED.word, PERMISSION_MISSING.word}
ALL_FLAGS = (
    EXPIRING,
    MUST_BE_RENEWED,
    OVERDUE_FLAG,
    RETRYING,
    CANNOT_REFRESH,
    PERMISSION_MISSING,
    REFUSED,
    FAILING,
    SILENT,
    FLAPPING,
)


def flags_of(connection: Connection, now: dt.datetime) -> list[Flag]:
    """The flags of a connection at `now`; none unless it is active."""
    if connection.status != Status.ACTIVE:
        return []
    credential = connection.credential
    raised = [
        (_expiring(credential, now) and not _must_be_renewed(credential, now), EXPIRING),
        (_must_be_renewed(credential, now), must_be_renewed(credential, now)),
        (credential.due_at is not None and credential.due_at < now - OVERDUE, OVERDUE_FLAG),
        # The stronger flag alone: what Instagram refuses to renew is asked for once a day, which is no retrying.
        (
            bool(credential.refresh_failures) and credential.cannot_refresh_since is None and not _failing(credential),
            RETRYING,
        ),
        (credential.cannot_refresh_since is not None, CANNOT_REFRESH),
        (
            credential.permission_missing_since is not None or bool(missing_permissions(connection)),
            PERMISSION_MISSING,
        ),
        (credential.refused_since is not None, REFUSED),
        (_failing(credential), FAILING),
        (last_success(credential) < now - silent_after(), SILENT),
        (is_flapping(connection, now), FLAPPING),
    ]
    host = FLAVOURS[connection.flavour].host
    return [replace(flag, sentence=flag.sentence.replace(INSTAGRAM, host)) for is_raised, flag in raised if is_raised]


def mended_by_a_person(connection: Connection, now: dt.datetime) -> bool:
    """Whether consenting anew is of use: it has ended, lacks a permission, or somebody must renew it soon."""
    return connection.status != Status.ACTIVE or bool(_BY_A_PERSON & {flag.word for flag in flags_of(connection, now)})


def flagged(now: dt.datetime) -> Q:
    """The connections for which `flags_of` is not empty, for the database to count and sort by."""
    conditions = (_CONDITIONS[flag.word](now) for flag in ALL_FLAGS)
    return Q(status=Status.ACTIVE) & Q(*conditions, _connector=Q.OR)


def raised(word: str, now: dt.datetime) -> Q:
    """The connections for which `flags_of` names the flag `word`."""
    return Q(status=Status.ACTIVE) & _CONDITIONS[word](now)


# No column of it is ever null where the others hold, so that its opposite can be asked for, too.
_FAILING = (
    Q(credential__refresh_failures__gte=KEEPS_FAILING, credential__check_failures=0)
    & Q(credential__refresh_failing_since__isnull=False, credential__checked_at__isnull=False)
    & Q(credential__checked_at__gt=F("credential__refresh_failing_since"))
    & Q(credential__cannot_refresh_since__isnull=True)
    & Q(credential__permission_missing_since__isnull=True, credential__refused_since__isnull=True)
)


def _failing(credential: Credential) -> bool:
    """Renewing fails again and again, for no reason that has a flag of its own, while `/me` answers."""
    known = (credential.cannot_refresh_since, credential.permission_missing_since, credential.refused_since)
    since, checked_at = credential.refresh_failing_since, credential.checked_at
    answers = since is not None and checked_at is not None and checked_at > since and not credential.check_failures
    return credential.refresh_failures >= KEEPS_FAILING and answers and not any(known)


def silent_after() -> dt.timedelta:
    """After how long without a call that succeeded a connection is not reached: three days, unless checks are rarer."""
    return max(SILENT_AFTER, due_dates.check_interval() + dt.timedelta(days=1))


def last_success(credential: Credential) -> dt.datetime:
    """When Instagram last answered for it as it should: connecting, a renewal or a check."""
    known = (credential.obtained_at, credential.refreshed_at, credential.checked_at)
    return max(instant for instant in known if instant is not None)


def _not_since(instant: dt.datetime) -> Q:
    """The connections for which Instagram last answered before `instant`."""
    return (
        Q(credential__obtained_at__lt=instant)
        & (Q(credential__refreshed_at__isnull=True) | Q(credential__refreshed_at__lt=instant))
        & (Q(credential__checked_at__isnull=True) | Q(credential__checked_at__lt=instant))
    )


def is_flapping(connection: Connection, now: dt.datetime) -> bool:
    """Whether it ended three times within a month, whatever it is now."""
    third = connection.third_last_end_at
    return third is not None and third > now - FLAPPING_WITHIN


def missing_permissions(connection: Connection) -> list[str]:
    """Permissions that its workspace needs and that were not granted; none where Meta did not tell."""
    if connection.permissions is None:
        return []
    return sorted(set(needs.of_connection(connection)) - set(connection.permissions))


def days_left(connection: Connection, now: dt.datetime) -> int | None:
    """Whole days until it ends or somebody must renew it; None where that is not known or does not matter."""
    if connection.status != Status.ACTIVE:
        return None
    ends = (connection.credential.expires_at, connection.credential.confirm_by(now))
    end = min((each for each in ends if each is not None), default=None)
    return None if end is None else max(0, (end - now).days)


def must_be_renewed(credential: Credential, now: dt.datetime) -> Flag:
    """The flag with its day where that is to come, in the time zone that is active."""
    by = credential.confirm_by(now)
    if by is None:
        return MUST_BE_RENEWED
    return Flag(MUST_BE_RENEWED.word, f"A person must renew it by {day(by)}: reconnect before that.")


def _must_be_renewed(credential: Credential, now: dt.datetime) -> bool:
    return credential.renew_by is not None and credential.renew_by <= now + RENEW_SOON


# Each is made when it is asked for: that of the permissions alone is as long as all of the others.
_CONDITIONS: dict[str, Callable[[dt.datetime], Q]] = {
    EXPIRING.word: lambda now: Q(credential__expires_at__lte=now + SOON) & _not_by_a_person(now),
    MUST_BE_RENEWED.word: lambda now: Q(credential__renew_by__lte=now + RENEW_SOON),
    OVERDUE_FLAG.word: lambda now: Q(credential__due_at__lt=now - OVERDUE),
    RETRYING.word: lambda now: (
        Q(credential__refresh_failures__gt=0, credential__cannot_refresh_since__isnull=True) & ~_FAILING
    ),
    CANNOT_REFRESH.word: lambda now: Q(credential__cannot_refresh_since__isnull=False),
    PERMISSION_MISSING.word: lambda now: Q(credential__permission_missing_since__isnull=False) | needs.lacks_any(),
    REFUSED.word: lambda now: Q(credential__refused_since__isnull=False),
    FAILING.word: lambda now: _FAILING,
    SILENT.word: lambda now: _not_since(now - silent_after()),
    FLAPPING.word: lambda now: Q(third_last_end_at__gt=now - FLAPPING_WITHIN),
}


def _not_by_a_person(now: dt.datetime) -> Q:
    return Q(credential__renew_by__isnull=True) | Q(credential__renew_by__gt=now + RENEW_SOON)


def _expiring(credential: Credential, now: dt.datetime) -> bool:
    return credential.expires_at is not None and credential.expires_at - now <= SOON
