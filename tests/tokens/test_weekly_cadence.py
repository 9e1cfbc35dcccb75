"""Other ages than fifty days: weekly, as some advise, and any from 2 to 50. What is outside ends the start
(`tests/config/test_malformed.py`, `test_values.py`)."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import Min
from django.test import override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_connection, make_tenant
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import sweep
from tokens.due_dates import YOUNGEST, refresh_due_at
from tokens.meta import LongLivedToken
from tokens.models import Credential
from tokens.services.smooth_calendar import smooth_calendar

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
START = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)
SPAN = 60 * DAY
CROWD = 24


def due(issued_at: dt.datetime, lives: dt.timedelta = SPAN) -> dt.datetime:
    return refresh_due_at(obtained_at=issued_at, issued_at=issued_at, expires_at=issued_at + lives)


@pytest.mark.parametrize(
    ("days", "issued", "expected"),
    [
        (7, "2026-03-01 01:00", "2026-03-07 02:00"),  # six days and an hour
        (7, "2026-03-01 02:00", "2026-03-07 02:00"),  # the tick at issue + 7 days is not strictly before it
        (7, "2026-03-01 02:00:01", "2026-03-08 02:00"),
        (7, "2026-03-01 23:59", "2026-03-08 02:00"),
        (7, "2028-02-25 12:00", "2028-03-03 02:00"),  # over a leap day
        (7, "2026-12-28 12:00", "2027-01-04 02:00"),
        (2, "2026-03-01 02:00:01", "2026-03-03 02:00"),
        (2, "2026-03-01 01:00", "2026-03-02 02:00"),  # that tick comes at 25 hours of age exactly
        (2, "2026-03-01 01:30", "2026-03-02 02:30"),  # the tick would come at 24½ hours: it waits for 25
        (2, "2026-03-01 02:00", "2026-03-02 03:00"),
        (50, "2026-03-01 01:00", "2026-04-19 02:00"),
        (50, "2026-03-01 02:00:01", "2026-04-20 02:00"),
    ],
)
def test_the_dates_of_rule_1(settings: Any, days: int, issued: str, expected: str) -> None:
    settings.REFRESH_AGE_DAYS = days
    instants = [dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) for text in (issued, expected)]
    assert due(instants[0]) == instants[1]


@given(days=st.integers(2, 50), seconds=st.integers(0, 86_400 * 400))
def test_of_any_age_a_token_is_renewed_within_a_day_before_it(days: int, seconds: int) -> None:
    issued_at = START + dt.timedelta(seconds=seconds)
    with override_settings(REFRESH_AGE_DAYS=days):
        age = due(issued_at) - issued_at
    assert max(YOUNGEST, (days - 1) * DAY) <= age < days * DAY
    assert SPAN - age >= 10 * DAY


def test_one_that_lives_shorter_than_the_week_is_renewed_as_soon_as_it_may_be(settings: Any) -> None:
    settings.REFRESH_AGE_DAYS = 7
    assert due(START, 12 * DAY) == START + 25 * HOUR
    assert due(START, 17 * DAY) == dt.datetime(2026, 3, 7, 2, tzinfo=dt.UTC)


def test_weeks_and_a_cron_of_sundays_meet(settings: Any) -> None:
    settings.REFRESH_AGE_DAYS, settings.REFRESH_CRON = 7, "0 2 * * 0"
    monday = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    assert due(monday) == dt.datetime(2026, 3, 8, 2, tzinfo=dt.UTC)


@dataclass
class Ages:
    """A Meta that gives a new string with each renewal and notes how old the former one was."""

    names: itertools.count[int] = field(default_factory=itertools.count)
    born: dict[str, tuple[str, dt.datetime]] = field(default_factory=dict)
    seen: dict[str, list[dt.timedelta]] = field(default_factory=lambda: defaultdict(list))

    def issue(self, whose: str, age: dt.timedelta) -> str:
        token = f"IGAA{whose}x{next(self.names)}"
        self.born[token] = (whose, timezone.now() - age)
        return token

    def renew(self, token: str) -> LongLivedToken:
        whose, born = self.born.pop(token)  # each is renewed once: the former string is gone
        self.seen[whose].append(timezone.now() - born)
        return renewed(self.issue(whose, 0 * DAY))


def people(ages: Ages) -> None:
    """Some of each age up to the cadence, and some that were pasted: nobody knows how old they are."""
    tenant = make_tenant()
    for number in range(CROWD):
        age = number * 7 * HOUR
        pasted = number % 6 == 5
        token = ages.issue(f"anna{number}", 3 * DAY if pasted else age)
        dates: dict[str, Any] = {"issued_at": None, "expires_at": None} if pasted else {"issued_at": START - age}
        make_connection(tenant=tenant, token=token, **dates)


def live_through(travel: Callable[[dt.datetime], Any], meta: FakeMeta, *, until: dt.datetime) -> None:
    """A sweep whenever anything is due, a minute late as workers are; each midnight the calendar is smoothed."""
    now, midnight = START, START.replace(hour=0)
    while now < until:
        travel(now)
        sweep(meta)
        if now >= midnight:
            smooth_calendar(now)
            midnight += DAY
        due_at = Credential.objects.aggregate(first=Min("due_at"))["first"]
        now = min(max(due_at, now) + MINUTE, midnight)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("days", "limit"), [(7, 10_000), (7, 3), (2, 10_000)])
def test_sixty_days_of_it_renew_each_token_at_that_pace_and_none_too_young(
    days: int, limit: int, travel: Callable[[dt.datetime], Any], settings: Any
) -> None:
    settings.REFRESH_AGE_DAYS, settings.NIGHT_LIMIT = days, limit
    travel(START)
    ages = Ages()
    people(ages)
    meta = FakeMeta(on_refresh=ages.renew)
    live_through(travel, meta, until=START + SPAN)
    assert len(ages.seen) == CROWD
    assert not meta.count("me"), "nothing was ever doubted"
    for whose, found in ages.seen.items():
        assert min(found) >= 24 * HOUR, whose
        assert max(found[1:]) <= days * DAY, whose
        assert len(found) >= 60 // days - 1, whose
    if limit > CROWD:
        assert max(len(found) for found in ages.seen.values()) <= (10 if days == 7 else 56)
        steady = [age for found in ages.seen.values() for age in found[1:]]
        assert min(steady) >= max(YOUNGEST, (days - 1) * DAY)
    assert not Credential.objects.filter(expires_at=None).exists(), "of each it is known by now"
    assert not Credential.objects.filter(refresh_failures__gt=0).exists()
