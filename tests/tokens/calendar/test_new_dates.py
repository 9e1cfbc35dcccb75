"""What sets a new date forgets that the old one was moved; recomputing the dates undoes no smoothing."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.factories import make_user
from tests.tokens.calendar.nights import DAY, HOUR, NOW, crowd, dates, night, smooth
from tests.tokens.helpers import credential_of, row
from tokens.meta import Profile, Secret
from tokens.models import Connection, Credential
from tokens.services.disconnect import disconnect
from tokens.services.link_account import Account, store_token
from tokens.services.mark_inactive import mark_inactive
from tokens.services.sync_schedules import sync_schedules

pytestmark = pytest.mark.django_db


def moved() -> Connection:
    crowd(15, 30)
    smooth()
    credential = Credential.objects.filter(due_by_rule=night(30)).select_related("connection__tenant").first()
    assert credential is not None
    return credential.connection


def test_recomputing_undoes_nothing():
    moved()
    before = dates()
    assert sync_schedules()["dates_changed"] == 0
    assert dates() == before


def test_another_age_sets_all_dates_anew(settings):
    connection = moved()
    settings.REFRESH_AGE_DAYS = 40
    assert sync_schedules()["dates_changed"] == 15
    credential = credential_of(connection)
    assert (credential.due_at, credential.due_by_rule) == (night(20), None)
    assert smooth()["moved"] == 5


def test_another_cron_sets_all_dates_anew(settings):
    connection = moved()
    settings.REFRESH_CRON = "0 3 * * *"
    assert sync_schedules()["dates_changed"] == 15
    credential = credential_of(connection)
    assert (credential.due_at, credential.due_by_rule) == (night(29) + HOUR, None)


def test_those_that_stayed_are_recomputed_as_ever():
    moved()
    astray = Credential.objects.filter(due_by_rule=None).first()
    assert astray is not None
    Credential.objects.filter(pk=astray.pk).update(due_at=night(5))
    assert sync_schedules()["dates_changed"] == 1
    astray.refresh_from_db()
    assert (astray.due_at, astray.due_by_rule) == (night(30), None)


def test_connecting_again_starts_with_the_date_of_the_rule():
    connection = moved()
    issued_at = NOW - dt.timedelta(minutes=1)
    profile = Profile(connection.instagram_id, None, "x", None, account_type=None, picture_url=None)
    account = Account(profile, Secret("IGAAnew"), issued_at=issued_at, expires_at=issued_at + 60 * DAY)
    store_token(connection, account, now=NOW)
    credential = credential_of(connection)
    assert (credential.due_at, credential.due_by_rule) == (night(49), None)


def test_a_connection_that_ended_has_no_date_at_all():
    for end in (
        lambda connection, by: disconnect(connection, by=by),
        lambda connection, by: mark_inactive(connection, reason="logged_out", by=by),
    ):
        connection = moved()
        end(connection, make_user())
        assert (row(connection)["due_at"], row(connection)["due_by_rule"]) == (None, None)
        Credential.objects.all().delete()
