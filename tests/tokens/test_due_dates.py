"""Rule 1: when a token is due for its refresh. The night is a property of the date."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from croniter import croniter
from django.test import override_settings
from hypothesis import assume, given
from hypothesis import strategies as st

from tokens.due_dates import refresh_due_at

DAY, HOUR, SECOND = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(seconds=1)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def due(issued: str | dt.datetime | None, expires: str | dt.datetime | None = "60 days", **details) -> dt.datetime:
    issued_at = at(issued) if isinstance(issued, str) else issued
    obtained_at: Any = details.get("obtained_at") or issued_at
    expires_at = obtained_at + 60 * DAY if expires == "60 days" else expires
    if isinstance(expires_at, str):
        expires_at = at(expires_at)
    return refresh_due_at(obtained_at=obtained_at, issued_at=issued_at, expires_at=expires_at)


def test_the_worked_example():
    assert due("2026-03-01 01:00") == at("2026-04-19 02:00")


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        # issue + 50 days falls exactly on a tick: that tick is not strictly before it
        ("2026-03-01 02:00:00", "2026-04-19 02:00"),
        ("2026-03-01 02:00:00.000001", "2026-04-20 02:00"),
        ("2026-03-01 02:00:01", "2026-04-20 02:00"),
        ("2026-03-01 01:59:59", "2026-04-19 02:00"),
        ("2026-03-01 01:59:59.999999", "2026-04-19 02:00"),
        ("2026-03-01 00:00", "2026-04-19 02:00"),
        ("2026-03-01 23:59", "2026-04-20 02:00"),
        # over a leap day, a change of year, and where summer time begins somewhere else
        ("2028-02-01 12:00", "2028-03-22 02:00"),
        ("2026-12-01 12:00", "2027-01-20 02:00"),
        ("2026-02-08 02:30", "2026-03-30 02:00"),
    ],
)
def test_the_last_tick_strictly_before_fifty_days(issued, expected):
    assert due(issued) == at(expected)


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        ("2026-04-30 01:00", "2026-04-19 02:00"),  # 60 days: fifty days come first
        ("2026-04-25 01:00", "2026-04-14 02:00"),  # 55 days: ten days short of expiry come first
        ("2026-04-15 02:00", "2026-04-04 02:00"),  # ten days short is a tick: not strictly before
        ("2026-04-15 02:00:01", "2026-04-05 02:00"),
        ("2026-03-31 01:00", "2026-03-20 02:00"),  # 30 days
        ("2026-03-12 12:00", "2026-03-02 02:00"),  # 25 hours of age come exactly on that tick
        ("2026-03-12 02:00", "2026-03-02 02:00"),  # the tick before is too early: 25 hours of age
        ("2026-03-05 00:00", "2026-03-02 02:00"),  # under ten days of life: as soon as allowed
        ("2026-03-01 12:00", "2026-03-01 12:00"),  # expires before it may be refreshed: noticed when it does
        ("2027-03-01 01:00", "2026-04-19 02:00"),  # a year: fifty days all the same
    ],
)
def test_ten_days_short_of_expiry_where_that_is_earlier(expires, expected):
    assert due("2026-03-01 01:00", expires) == at(expected)


def test_an_unknown_expiry_leaves_the_fifty_days():
    assert due("2026-03-01 01:00", None) == at("2026-04-19 02:00")


def test_an_unknown_issue_means_twenty_five_hours_after_it_came():
    obtained_at = at("2026-03-01 01:17")
    assert due(None, None, obtained_at=obtained_at) == at("2026-03-02 02:17")
    assert due(None, "2026-05-01 00:00", obtained_at=obtained_at) == at("2026-03-02 02:17")
    assert due(None, "2026-03-01 20:00", obtained_at=obtained_at) == at("2026-03-01 20:00")


@pytest.mark.parametrize(
    ("days", "expected"),
    [(2, "2026-03-02 02:00"), (3, "2026-03-03 02:00"), (30, "2026-03-30 02:00"), (49, "2026-04-18 02:00"),
     (50, "2026-04-19 02:00")],
)  # fmt: skip
def test_the_age_is_a_setting(settings, days, expected):
    settings.REFRESH_AGE_DAYS = days
    assert due("2026-03-01 01:00") == at(expected)


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 3 * * *", "2026-04-19 03:30"),
        ("0 0 * * *", "2026-04-20 00:00"),
        ("*/15 * * * *", "2026-04-20 00:45"),
        ("0 * * * *", "2026-04-20 00:00"),
        ("0 2 * * 0", "2026-04-19 02:00"),  # Sundays
        ("0 2 * * 1", "2026-04-13 02:00"),  # Mondays
        ("0 2 1 * *", "2026-04-01 02:00"),  # the first of a month
        ("0 2 1 1 *", "2026-03-02 02:00"),  # once a year, long before the issue: 25 hours of age
    ],
)
def test_the_nights_are_a_setting(settings, cron, expected):
    settings.REFRESH_CRON = cron
    assert due("2026-03-01 01:00") == at(expected)


EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

instants = st.timedeltas(dt.timedelta(0), dt.timedelta(days=7300)).map(lambda since: EPOCH + since)
lives = st.one_of(st.none(), st.timedeltas(SECOND, 400 * DAY))
crons = st.sampled_from(["0 2 * * *", "*/5 * * * *", "17 4 * * 6", "0 0 1 * *", "59 23 31 12 *", "0 2 29 2 *"])
ages = st.integers(2, 50)


@given(issued_at=instants, life=lives, cron=crons, days=ages)
def test_of_any_token_whose_issue_is_known(issued_at, life, cron, days):
    expires_at = None if life is None else issued_at + life
    with override_settings(REFRESH_CRON=cron, REFRESH_AGE_DAYS=days):
        due_at = refresh_due_at(obtained_at=issued_at, issued_at=issued_at, expires_at=expires_at)
    youngest, latest = issued_at + 25 * HOUR, issued_at + days * DAY
    if expires_at is not None:
        latest = min(latest, expires_at - 10 * DAY)
        assert due_at <= expires_at
    assert due_at >= (youngest if expires_at is None else min(youngest, expires_at))
    assert due_at < max(latest, youngest + SECOND)
    if due_at not in (youngest, expires_at):
        assert croniter.match(cron, due_at)
        assert due_at.second == due_at.microsecond == 0


@given(issued_at=instants, life=lives, cron=crons, days=ages)
def test_no_later_tick_would_have_done(issued_at, life, cron, days):
    expires_at = None if life is None else issued_at + life
    with override_settings(REFRESH_CRON=cron, REFRESH_AGE_DAYS=days):
        due_at = refresh_due_at(obtained_at=issued_at, issued_at=issued_at, expires_at=expires_at)
    latest = issued_at + days * DAY
    if expires_at is not None:
        latest = min(latest, expires_at - 10 * DAY)
    assume(croniter.match(cron, due_at) and due_at != expires_at)
    assert croniter(cron, due_at).get_next(dt.datetime) >= latest


@given(obtained_at=instants, life=lives, cron=crons)
def test_of_any_token_whose_issue_is_unknown(obtained_at, life, cron):
    expires_at = None if life is None else obtained_at + life
    with override_settings(REFRESH_CRON=cron):
        due_at = refresh_due_at(obtained_at=obtained_at, issued_at=None, expires_at=expires_at)
    assert due_at == min(filter(None, (obtained_at + 25 * HOUR, expires_at)))


@given(issued_at=instants)
def test_by_default_a_token_of_sixty_days_is_refreshed_in_its_forty_ninth_or_fiftieth_night(issued_at):
    age = due(issued_at) - issued_at
    assert 49 * DAY <= age < 50 * DAY
