"""Renewing fails again and again while `/me` answers: that is not the weather, and it is flagged."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta, dead, permission, profile, refused, renewed, transient
from tests.tokens.helpers import attempt, credential_of
from tests.tokens.trouble.seeing import flags, flags_by_query

pytestmark = pytest.mark.django_db

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
FAILING = FakeMeta(on_refresh=transient())


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.fixture
def connection(night):
    return make_connection(issued_at=NOW - 40 * DAY, due_at=NOW)


def fail(connection, travel, times: int) -> None:
    for hour in range(times):
        travel(NOW + hour * HOUR)
        attempt(connection, FAILING)


def check(connection, travel, hours: int, answer=None) -> None:
    travel(NOW + hours * HOUR)
    attempt(connection, FakeMeta(on_me=answer or profile("")), "check")


def test_it_is_told_apart_from_trying_again(connection, travel):
    fail(connection, travel, 3)
    assert flags(connection) == {"retrying"}, "whether `/me` is fine is not known yet"
    check(connection, travel, 4)
    assert flags(connection) == flags_by_query(connection) == {"renewal_failing"}


@pytest.mark.parametrize("failures", [1, 2])
def test_fewer_than_three_failures_are_not_yet(connection, travel, failures):
    fail(connection, travel, failures)
    check(connection, travel, 4)
    # By now its retry is overdue, too: nobody swept.
    assert flags(connection) == flags_by_query(connection) == {"retrying", "overdue"}


def test_where_checks_fail_too_it_is_not_the_renewal(connection, travel):
    fail(connection, travel, 3)
    check(connection, travel, 4, transient())
    assert flags(connection) == flags_by_query(connection) == {"retrying"}


def test_a_check_of_before_the_first_failure_says_nothing(connection, travel):
    check(connection, travel, -2)
    fail(connection, travel, 4)
    assert flags(connection) == flags_by_query(connection) == {"retrying"}


def test_the_first_failure_in_a_row_is_remembered_until_it_works_again(connection, travel):
    fail(connection, travel, 3)
    assert credential_of(connection).refresh_failing_since == NOW
    travel(NOW + 5 * HOUR)
    attempt(connection, FakeMeta(on_refresh=renewed()))
    assert credential_of(connection).refresh_failing_since is None
    assert flags(connection) == set()


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (permission(), "permission_missing"),
        (refused(), "refused"),
        (dead(call="refresh"), "cannot_be_refreshed"),
    ],
)
def test_what_has_a_flag_of_its_own_is_not_told_twice(connection, travel, answer, word):
    for day in range(4):
        travel(NOW + day * DAY)
        attempt(connection, FakeMeta(on_refresh=answer, on_me=profile("")))
        attempt(connection, FakeMeta(on_me=profile("")), "check")
    found = flags(connection)
    assert word in found and "renewal_failing" not in found
    assert found == flags_by_query(connection)
