"""A connection for which no call has succeeded for three days is flagged: silence is never taken for health."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta, profile, renewed, transient
from tests.tokens.helpers import attempt
from tests.tokens.trouble.seeing import flags, flags_by_query

pytestmark = pytest.mark.django_db

DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


def reached(**days: float | None):
    """A connection for which Instagram last answered so many days ago, by kind of answer; None: never."""
    dates = {name: None if ago is None else NOW - ago * DAY for name, ago in days.items()}
    return make_connection(issued_at=NOW - 30 * DAY, credential=dates)


@pytest.mark.parametrize(
    ("days", "silent"),
    [
        ({"obtained_at": 30, "refreshed_at": None, "checked_at": None}, True),
        ({"obtained_at": 30, "refreshed_at": 20, "checked_at": 3.1}, True),
        ({"obtained_at": 30, "refreshed_at": 20, "checked_at": 2.9}, False),
        ({"obtained_at": 30, "refreshed_at": 2.9, "checked_at": 9}, False),
        ({"obtained_at": 2.9, "refreshed_at": None, "checked_at": None}, False),
    ],
)
def test_three_days_without_an_answer_are_silence(days, silent):
    connection = reached(**days)
    assert ("not_reached" in flags(connection)) is silent
    assert flags(connection) == flags_by_query(connection)


def test_calls_that_fail_do_not_count_and_one_that_succeeds_ends_it(travel):
    connection = reached(obtained_at=30, refreshed_at=None, checked_at=3)
    travel(NOW + MINUTE)
    attempt(connection, FakeMeta(on_me=transient()), "check")
    attempt(connection, FakeMeta(on_refresh=transient()))
    assert "not_reached" in flags(connection)
    attempt(connection, FakeMeta(on_me=profile("")), "check")
    assert "not_reached" not in flags(connection)


def test_a_renewal_counts_as_well(travel):
    connection = reached(obtained_at=30, refreshed_at=None, checked_at=4)
    assert "not_reached" in flags(connection)
    attempt(connection, FakeMeta(on_refresh=renewed()))
    assert "not_reached" not in flags(connection)


def test_where_checks_are_rarer_it_takes_longer(settings):
    settings.CHECK_EVERY_HOURS = 168
    assert "not_reached" not in flags(reached(obtained_at=30, refreshed_at=None, checked_at=7.9))
    assert "not_reached" in flags(reached(obtained_at=30, refreshed_at=None, checked_at=8.1))


@pytest.mark.parametrize("status", ["inactive", "disconnected"])
def test_nobody_asks_for_what_is_not_active(status):
    connection = make_connection(status=status, credential={"checked_at": NOW - 9 * DAY, "obtained_at": NOW - 9 * DAY})
    assert flags(connection) == flags_by_query(connection) == set()
