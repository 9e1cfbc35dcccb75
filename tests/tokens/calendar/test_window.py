"""The window: not before the token may be refreshed, not on a night that is past; and who is left alone."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import F, Min

from tests.tokens.calendar.nights import DAY, HOUR, NOW, crowd, dates, night, on_nights, smooth
from tests.tokens.helpers import credential_of
from tokens.due_dates import YOUNGEST
from tokens.models import Credential
from tokens.services.claims import claim_one

pytestmark = pytest.mark.django_db
SECOND = dt.timedelta(seconds=1)


def test_nobody_is_renewed_younger_than_25_hours(settings):
    settings.REFRESH_AGE_DAYS = 5
    issued_at = NOW - HOUR
    crowd(100, 4, issued_at=issued_at, due_at=night(4))
    smooth()
    youngest = Credential.objects.aggregate(age=Min(F("due_at") - F("issued_at")))["age"]
    assert youngest >= YOUNGEST
    assert min(on_nights()) == 1


def test_exactly_25_hours_are_enough_and_a_second_less_is_not():
    crowd(15, 10, issued_at=night(9) - YOUNGEST, due_at=night(10))
    crowd(15, 20, issued_at=night(19) - YOUNGEST + SECOND, due_at=night(20))
    smooth()
    assert on_nights() == {9: 5, 10: 10, 20: 15}


def test_a_token_of_unknown_issue_is_left_alone():
    crowd(15, 10, issued_at=None, due_at=night(10))
    before = dates()
    assert smooth()["moved"] == 0
    assert dates() == before


def test_no_night_that_is_past_is_used():
    crowd(35, 1)
    smooth()
    assert on_nights() == {0: 17, 1: 18}
    assert Credential.objects.filter(due_at__lte=NOW).count() == 0


def test_what_is_due_now_or_overdue_stays():
    crowd(35, -1)
    before = dates()
    smooth()
    assert dates() == before


def test_what_is_due_between_two_ticks_stays():
    crowd(35, 10, due_at=night(10) + HOUR)
    before = dates()
    smooth()
    assert dates() == before


@pytest.mark.parametrize(
    "columns", [{"refresh_failures": 1}, {"expiry_told": False}, {"lease_until": NOW + DAY / 1000, "lease_owner": "x"}]
)
def test_those_that_fail_or_are_at_work_are_left_alone(columns):
    crowd(15, 10, credential=columns)
    before = dates()
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 1}
    assert dates() == before


def test_they_count_all_the_same():
    crowd(8, 10, credential={"refresh_failures": 1})
    crowd(8, 10)
    smooth()
    assert on_nights() == {9: 6, 10: 10}
    assert not Credential.objects.filter(refresh_failures=1, due_by_rule__isnull=False).exists()


def test_an_abandoned_lease_holds_nobody_up():
    crowd(15, 10, credential={"lease_until": NOW - SECOND, "lease_owner": "killed"})
    assert smooth()["moved"] == 5


def test_one_that_is_claimed_keeps_its_date_and_another_goes():
    first = crowd(11, 10)
    Credential.objects.exclude(pk=first.pk).update(expiry_told=False)
    assert claim_one(first.pk, "refresh") is not None
    assert smooth()["moved"] == 0
    Credential.objects.update(lease_until=None)
    assert smooth()["moved"] == 1
    assert credential_of(first).due_by_rule == night(10)


@pytest.mark.parametrize("status", ["inactive", "disconnected"])
def test_those_that_are_not_active_have_no_night(status):
    crowd(15, 10, status=status, due_at=None)
    before = dates()
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 0}
    assert dates() == before
