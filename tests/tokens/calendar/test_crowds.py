"""A crowd that falls on one night is spread over this one and those before it."""

from __future__ import annotations

import logging
import uuid

import pytest
from django.db.models import F, Max, Min

from tests.tokens.calendar.nights import DAY, NOW, crowd, dates, night, on_nights, smooth
from tests.tokens.helpers import row
from tokens.models import Credential
from tokens.services import smooth_calendar as smoothing
from tokens.services.smooth_calendar import BATCH, smooth_calendar

pytestmark = pytest.mark.django_db


def test_fifty_thousand_accounts_of_one_day_take_five_nights(settings):
    settings.NIGHT_LIMIT = 10_000
    crowd(50_000, 40)
    assert smooth() == {"moved": 40_000, "moved_on": 0, "crowded": 0}
    assert on_nights() == dict.fromkeys(range(36, 41), 10_000)
    assert not Credential.objects.exclude(due_by_rule=night(40)).exclude(due_by_rule=None).exists()
    assert Credential.objects.filter(due_by_rule=None).count() == 10_000
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 0}


def test_no_more_than_the_limit_is_no_crowd():
    crowd(10, 30)
    before = dates()
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 0}
    assert dates() == before


def test_who_moves_is_decided_by_id():
    crowd(35, 30)
    smooth()
    nights = [round((due_at - night(0)) / DAY) for _, due_at, *_ in dates()]
    assert nights == [29] * 10 + [28] * 10 + [27] * 5 + [30] * 10


def test_doing_it_twice_changes_nothing():
    crowd(37, 30)
    crowd(25, 29)
    crowd(12, 3)
    smooth()
    before = dates()
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 0}
    assert dates() == before


def test_many_small_batches_do_the_same_as_one(monkeypatch):
    crowd(37, 30)
    crowd(25, 29)
    start = dates()
    smooth()
    at_once = dates()
    for pk, due_at, due_by_rule, *_ in start:
        Credential.objects.filter(pk=pk).update(due_at=due_at, due_by_rule=due_by_rule)
    monkeypatch.setattr(smoothing, "BATCH", 3)
    smooth()
    assert dates() == at_once


def test_the_nearest_night_with_room_is_taken():
    crowd(15, 30)
    crowd(8, 29)
    crowd(10, 28)
    crowd(4, 27)
    smooth()
    assert on_nights() == {30: 10, 29: 10, 28: 10, 27: 7}


def test_a_crowd_that_grows_overnight_is_smoothed_as_well():
    crowd(25, 30)
    smooth()
    crowd(25, 31)
    assert smooth() == {"moved": 15, "moved_on": 0, "crowded": 0}
    assert on_nights() == {31: 10, 30: 10, 29: 10, 28: 10, 27: 10}


def test_nobody_is_ever_moved_to_a_later_night():
    for number in (49, 48, 20, 5, 1, 0):
        crowd(23, number)
    before = {pk: due_at for pk, due_at, *_ in dates()}
    smooth()
    assert all(due_at <= before[pk] for pk, due_at, *_ in dates())
    moved = Credential.objects.filter(due_by_rule__isnull=False)
    assert moved.count() > 0
    assert not moved.filter(due_at__gte=F("due_by_rule")).exists()
    assert all(due_by_rule in (None, before[pk]) for pk, _, due_by_rule, *_ in dates())


def test_nobody_passes_fifty_days():
    crowd(200, 49)
    smooth()
    extremes = Credential.objects.aggregate(oldest=Max(F("due_at") - F("issued_at")))
    assert extremes["oldest"] < 50 * DAY


def test_only_dates_are_written():
    first = crowd(12, 30)
    before = {**row(first), "due_at": night(29), "due_by_rule": night(30)}
    Credential.objects.exclude(pk=first.pk).update(expiry_told=False)
    smooth()
    assert row(first) == before


def test_another_cron_has_other_nights(settings):
    settings.REFRESH_CRON = "30 */6 * * *"
    start = night(30).replace(hour=0, minute=30)
    crowd(25, 30, issued_at=start - 49 * DAY, due_at=start)
    smooth()
    spread = Credential.objects.aggregate(Min("due_at"), Max("due_at"))
    assert (spread["due_at__max"], spread["due_at__min"]) == (start, start - DAY / 2)


# Where not all find room


def test_where_all_nights_are_full_the_load_is_even():
    for number in range(4):
        crowd(20, number)
    before = dates()
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 4}
    assert dates() == before


def test_more_than_fits_is_spread_over_all_nights_alike():
    crowd(500, 19)
    assert smooth()["crowded"] == 20
    assert on_nights() == dict.fromkeys(range(20), 25)
    before = dates()
    assert smooth()["moved"] == 0
    assert dates() == before


def test_a_full_first_night_does_not_raise_what_the_others_may_hold():
    crowd(90, 0)
    crowd(30, 10)
    smooth()
    assert on_nights() == {0: 90, 8: 10, 9: 10, 10: 10}


# One run


def test_it_stops_when_told_to_and_goes_on_with_the_next_run(monkeypatch):
    monkeypatch.setattr(smoothing, "BATCH", 5)
    crowd(40, 30)
    # Asked first whether anybody was moved there before, then for each batch.
    asked = iter([True, True, True, False])
    results, done = smooth_calendar(NOW, go_on=lambda: next(asked))
    assert (results, done) == ({"moved": 10, "moved_on": 0, "crowded": 1}, False)
    assert on_nights() == {30: 30, 29: 10}
    assert smooth() == {"moved": 20, "moved_on": 0, "crowded": 0}


def test_a_batch_is_never_larger_than_a_thousand(settings, django_assert_max_num_queries):
    settings.NIGHT_LIMIT = 1000
    crowd(5000, 30)
    with django_assert_max_num_queries(200) as queries:
        smooth()
    lists = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("UPDATE")]
    assert BATCH == 1000
    assert len([sql for sql in lists if "due_by_rule" in sql]) == 4


def test_the_log_has_one_line_with_the_numbers(caplog):
    caplog.set_level(logging.INFO)
    crowd(25, 30)
    smooth()
    [record] = [record for record in caplog.records if "calendar" in record.message]
    assert (
        "15 connections moved to an earlier night, 0 moved before went on; 0 nights hold more than 10" in record.message
    )
    caplog.clear()
    smooth()
    assert not caplog.records


def test_rows_are_made_as_the_tests_believe():
    first = crowd(3, 30)
    assert on_nights() == {30: 3}
    assert {type(pk) for pk, *_ in dates()} == {uuid.UUID}
    assert first.credential.due_at == night(30)
