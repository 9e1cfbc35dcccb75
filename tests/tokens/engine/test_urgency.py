"""Whoever has least days left goes first, then whoever is due longest."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories import make_connection
from tests.tokens.helpers import ago
from tokens.services.claims import claim_batch

pytestmark = pytest.mark.django_db(transaction=True)


def left(**units: float) -> dt.datetime:
    return timezone.now() + dt.timedelta(**units)


def test_under_ten_days_by_what_is_left_then_the_longest_due():
    made = [
        make_connection(due_at=ago(minutes=5), expires_at=left(days=40)),
        make_connection(due_at=ago(minutes=1), expires_at=left(days=9)),
        make_connection(due_at=ago(days=3), expires_at=None),
        make_connection(due_at=ago(minutes=2), expires_at=left(hours=1)),
        make_connection(due_at=ago(days=2), expires_at=left(days=10, minutes=1)),
        make_connection(due_at=left(minutes=1), expires_at=left(minutes=5)),
    ]
    order = [made[place].pk for place in (3, 1, 2, 4, 0)]
    assert [held.claim.connection_id for held in claim_batch("refresh", 500)] == order


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_small_claim_takes_the_most_urgent(limit):
    made = [make_connection(due_at=ago(days=n), expires_at=left(days=12 - n)) for n in (1, 2, 3, 4)]
    order = [made[place].pk for place in (3, 2, 1)]
    assert [held.claim.connection_id for held in claim_batch("refresh", limit)] == order[:limit]


def test_checks_go_by_how_long_they_are_due_alone():
    made = [make_connection(check_due_at=ago(hours=n), expires_at=left(days=n)) for n in (1, 3, 2)]
    order = [made[place].pk for place in (1, 2, 0)]
    assert [held.claim.connection_id for held in claim_batch("check", 500)] == order
