"""A callback about before the person allowed it again: nothing ends by it, `/me` is asked instead."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Event
from tests.rows import all_rows
from tests.tokens.callbacks.signing import ask_deletion, deauthorize
from tests.tokens.helpers import credential_of, events_of, owed, status_of, token_of
from tokens.models import Connection, DeletionRequest

pytestmark = pytest.mark.django_db
# Within a second.
CONSENT = dt.datetime(2026, 6, 1, 12, 0, 0, 700_000, dt.UTC)
AT = int(CONSENT.timestamp())

both = pytest.mark.parametrize("call", [deauthorize, ask_deletion])


@pytest.fixture
def anna(creator):
    return creator(consented_at=CONSENT)


@both
def test_nothing_ends_and_the_check_is_due_at_once(call, anna):
    token = token_of(anna)
    assert call(anna.instagram_id, issued_at=AT - 1).status_code == 200
    assert status_of(anna) == ("active", "")
    assert token_of(anna) == token
    assert credential_of(anna).check_due_at <= timezone.now()
    assert events_of(anna) == ["callback_late"]
    assert Event.objects.get(subject_id=anna.pk).actor == "Meta"
    assert owed() == []


@both
def test_in_the_same_second_it_counts(call, anna):
    call(anna.instagram_id, issued_at=AT)
    assert not Connection.objects.filter(pk=anna.pk, status="active").exists()


@both
def test_repeated_it_changes_nothing(call, anna):
    call(anna.instagram_id, issued_at=AT - 1)
    before = all_rows()
    call(anna.instagram_id, issued_at=AT - 1)
    assert all_rows() == before


@both
def test_of_another_second_it_is_another_one(call, anna):
    call(anna.instagram_id, issued_at=AT - 1)
    call(anna.instagram_id, issued_at=AT - 2)
    assert events_of(anna) == ["callback_late", "callback_late"]


@both
def test_an_inactive_one_stays_as_it_is(call, creator):
    ended = creator(status="inactive", reason="checkpoint", consented_at=CONSENT)
    call(ended.instagram_id, issued_at=AT - 1)
    assert status_of(ended) == ("inactive", "checkpoint")
    assert credential_of(ended).check_due_at is None
    assert credential_of(ended).token is not None
    assert events_of(ended) == ["callback_late"]


def test_the_person_who_asked_for_deletion_reads_that_they_connected_again(anna, client):
    response = ask_deletion(anna.instagram_id, issued_at=AT - 1)
    assert DeletionRequest.objects.get().state == "connected_again"
    page = client.get(response.json()["url"].removeprefix("http://localhost:8000")).content.decode()
    assert "since you connected again" in page


def test_a_deletion_without_a_date_that_is_replayed_counts_as_of_when_it_first_came(creator, travel):
    travel(CONSENT + dt.timedelta(days=1))
    anna = creator(consented_at=CONSENT)
    code = ask_deletion(anna.instagram_id, issued_at=None).json()["confirmation_code"]
    assert not Connection.objects.exists()
    travel(CONSENT + dt.timedelta(days=5))
    again = creator(instagram_id=anna.instagram_id, consented_at=CONSENT + dt.timedelta(days=3))
    assert ask_deletion(anna.instagram_id, issued_at=None).json()["confirmation_code"] == code
    assert status_of(again) == ("active", "")
    assert DeletionRequest.objects.get().state == "erased"
