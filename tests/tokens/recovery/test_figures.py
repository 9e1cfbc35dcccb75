"""What became of requests, in numbers: shares, medians, and a fixed number of queries."""

from __future__ import annotations

import datetime as dt
import random
import statistics
from collections import Counter
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.crowds import copy_row
from tests.factories import make_tenant
from tests.tokens.recovery.conftest import make_request
from tokens.models import ReconnectRequest
from tokens.recovery_figures import Share, days_of, figures, in_words, median

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


def found(**how: Any) -> Any:
    return figures(timezone.now(), **{"days": 30, **how})


def test_nothing_is_nothing(tenant: Any) -> None:
    empty = found(tenant=tenant)
    assert (empty.whole.revived, empty.whole.median, empty.groups) == (Share(0, 0), "–", [])


def test_each_reason_has_its_own_numbers(tenant: Any) -> None:
    for took in (10 * MINUTE, 30 * MINUTE, 5 * HOUR, None):
        make_request(tenant, ago=10 * DAY, took=took)
    make_request(tenant, ago=10 * DAY, took=3 * DAY, reason="password_changed")
    expired, password = found().groups
    assert (expired.words, expired.revived, expired.median) == ("Ran out", Share(3, 4), "30 minutes")
    assert (expired.hour, expired.day, expired.week) == (Share(2, 4), Share(3, 4), Share(3, 4))
    assert (password.words, password.median) == ("Password changed", "3 days")
    assert (password.hour, password.day, password.week) == (Share(0, 1), Share(0, 1), Share(1, 1))
    assert (found().whole.revived, found().whole.median) == (Share(4, 5), "2 hours")


def test_only_who_had_the_time_is_counted(tenant: Any) -> None:
    make_request(tenant, ago=30 * MINUTE, took=MINUTE)
    make_request(tenant, ago=2 * HOUR)
    make_request(tenant, ago=3 * DAY, took=2 * DAY)
    whole = found().whole
    assert (whole.revived, whole.hour, whole.day, whole.week) == (Share(2, 3), Share(0, 2), Share(0, 1), Share(0, 0))


def test_an_hour_is_still_within_the_hour(tenant: Any) -> None:
    make_request(tenant, ago=2 * HOUR, took=HOUR)
    make_request(tenant, ago=2 * HOUR, took=HOUR + dt.timedelta(seconds=1))
    assert found().whole.hour == Share(1, 2)


@pytest.mark.parametrize(("days", "count"), [(30, 1), (90, 2)])
def test_the_days_are_counted_from_the_first_mail(days: int, count: int, tenant: Any) -> None:
    for ago in (29, 31, 91):
        make_request(tenant, ago=ago * DAY, took=MINUTE)
    assert found(days=days).whole.revived.of == count


def test_a_workspace_sees_its_own_and_staff_see_all(tenant: Any) -> None:
    make_request(tenant, ago=DAY)
    make_request(make_tenant(), ago=DAY, took=MINUTE, by_link=True)
    own = found(tenant=tenant)
    assert (own.whole.revived, [step.share for step in own.steps][-1]) == (Share(0, 1), Share(0, 1))
    assert found().whole.revived == Share(1, 2)


def test_steps_and_what_became_of_the_rest(tenant: Any) -> None:
    now = timezone.now()
    make_request(tenant, ago=DAY)
    make_request(tenant, ago=DAY, sent_at=now)
    make_request(tenant, ago=DAY, sent_at=now, opened_at=now, began_at=now, closed_at=now)
    make_request(tenant, ago=DAY, took=HOUR, sent_at=now)
    make_request(tenant, ago=DAY, took=HOUR, by_link=True, sent_at=now, opened_at=now, began_at=now, returned_at=now)
    seen = found()
    assert [step.share.count for step in seen.steps] == [5, 4, 2, 2, 1, 1]
    assert {step.share.of for step in seen.steps} == {5}
    assert (seen.elsewhere, seen.closed, seen.waiting) == (1, 1, 2)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8])
def test_the_median_is_the_one_that_statistics_knows(count: int, tenant: Any) -> None:
    """Among equals, too: more of them than are in the middle."""
    chance = random.Random(count)
    for reason in ("expired", "unknown"):
        spans = [dt.timedelta(days=chance.choice([2, 2, 4, 8, 16])) for _ in range(count)]
        for span in spans:
            make_request(tenant, ago=20 * DAY, took=span, reason=reason)
        words = {"expired": "Ran out", "unknown": "Instagram did not say"}[reason]
        [group] = [group for group in found().groups if group.words == words]
        assert group.median == in_words(statistics.median(span / MINUTE for span in spans))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, "–"), (0, "under a minute"), (0.5, "under a minute"), (1, "1 minute"), (60, "60 minutes"),
        (119.5, "119 minutes"), (120, "2 hours"), (1440, "24 hours"), (2880, "2 days"), (165_600, "115 days"),
    ],
)  # fmt: skip
def test_spans_in_words(minutes: float | None, words: str) -> None:
    assert in_words(minutes) == words


@pytest.mark.parametrize(("text", "days"), [("30", 30), ("90", 90), ("", 30), ("7", 30), ("9" * 99, 30), ("\0", 30)])
def test_whatever_is_asked_for_is_answered(text: str, days: int) -> None:
    assert days_of(text) == days


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), max_size=30))
def test_the_median_of_counts_is_that_of_the_numbers(numbers: list[int]) -> None:
    assert median(Counter(numbers)) == (statistics.median(numbers) if numbers else None)


def test_a_hundred_thousand_cost_as_many_queries_as_none(tenant: Any) -> None:
    row = make_request(tenant, ago=DAY, took=HOUR)
    copy_row(
        row, 100_000, seconds="1 + mod(n.i, 7000)", reason="CASE WHEN mod(n.i, 3) = 0 THEN 'expired' ELSE 'unknown' END"
    )
    middle = in_words(statistics.median([3600, *(1 + n % 7000 for n in range(1, 100_001))]) / 60)
    for whose in (tenant, None):
        with CaptureQueriesContext(database) as captured:
            seen = figures(timezone.now(), days=90, tenant=whose)
        assert len(captured) == 2
        assert (seen.whole.revived, seen.whole.median) == (Share(100_001, 100_001), middle)
    assert ReconnectRequest.objects.count() == 100_001
