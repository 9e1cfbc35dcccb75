"""Somebody removed the app at Instagram: the connection ends at once, its key goes, and its people are told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection, make_tenant
from tests.rows import all_rows
from tests.tokens.callbacks.conftest import META_SECRET
from tests.tokens.callbacks.signing import deauthorize
from tests.tokens.helpers import credential_of, events_of, owed, status_of
from tokens.models import Brake, Connection, Link, Strike

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(creator):
    """Consented yesterday."""
    return creator(consented_at=timezone.now() - dt.timedelta(days=1))


def test_it_ends_as_removed_without_a_key_and_its_contact_is_mailed_a_link(anna):
    version, fence = credential_of(anna).version, credential_of(anna).fence
    response = deauthorize(anna.instagram_id)
    assert response.status_code == 200
    assert status_of(anna) == ("inactive", "app_removed")
    credential = credential_of(anna)
    assert (credential.token, credential.key_id, credential.due_at, credential.check_due_at) == (None, "", None, None)
    assert (credential.version, credential.fence) == (version + 1, fence + 1)
    assert owed("reconnect_needed") == ["anna@creator.example"]
    assert Link.objects.open().filter(connection=anna).count() == 1


def test_the_end_is_dated_as_any_other(anna):
    deauthorize(anna.instagram_id)
    anna.refresh_from_db()
    assert anna.last_end_at == anna.status_changed_at
    assert timezone.now() - anna.last_end_at < dt.timedelta(minutes=1)


def test_history_tells_that_instagram_said_so_and_by_which_secret(anna):
    issued_at = int(timezone.now().timestamp())
    deauthorize(anna.instagram_id, issued_at=issued_at)
    event = Event.objects.get(subject_id=anna.pk)
    assert (event.kind, event.actor) == ("became_inactive", "Meta")
    assert event.text == "The app was removed in Instagram's settings."
    assert event.detail == {
        "reason": "app_removed", "call": "deauthorize", "signed_with": "instagram", "issued_at": issued_at,
    }  # fmt: skip


def test_the_other_secret_of_the_app_counts_as_well(anna):
    deauthorize(anna.instagram_id, META_SECRET)
    assert status_of(anna) == ("inactive", "app_removed")
    assert Event.objects.get(subject_id=anna.pk).detail["signed_with"] == "meta"


@pytest.mark.parametrize("name", ["instagram_id", "app_scoped_id", "exchange_user_id"])
@pytest.mark.parametrize("kind", [str, int])
def test_any_of_the_accounts_ids_is_it(name, kind, anna):
    deauthorize(kind(getattr(anna, name)))
    assert status_of(anna) == ("inactive", "app_removed")


def test_everybody_whom_the_person_allowed_it_through_this_app_is_told(creator):
    same = {"instagram_id": "17841400000000077", "consented_at": timezone.now() - dt.timedelta(days=1)}
    there = [creator(tenant=make_tenant(), **same) for _ in range(3)]
    other = make_connection()
    deauthorize("17841400000000077")
    assert [status_of(each) for each in there] == [("inactive", "app_removed")] * 3
    assert status_of(other) == ("active", "")


def test_it_counts_towards_no_brake(anna, settings):
    settings.BRAKE_MIN_DEATHS = 1
    deauthorize(anna.instagram_id)
    assert not Strike.objects.exists()
    assert not Brake.objects.exists()


@pytest.mark.parametrize("cause", Brake.Cause.values)
def test_while_a_brake_holds_all_happens_but_the_mail(cause, anna):
    Brake.objects.create(meta_app=anna.meta_app, cause=cause, fallen_at=timezone.now())
    deauthorize(anna.instagram_id)
    assert status_of(anna) == ("inactive", "app_removed")
    assert credential_of(anna).token is None
    assert events_of(anna) == ["became_inactive"]
    assert owed() == []


def test_one_that_had_ended_loses_its_key_and_nobody_is_mailed(creator):
    ended = creator(status="inactive", reason="checkpoint", consented_at=timezone.now() - dt.timedelta(days=1))
    deauthorize(ended.instagram_id)
    assert status_of(ended) == ("inactive", "app_removed")
    assert credential_of(ended).token is None
    assert events_of(ended) == ["key_erased"]
    assert owed() == []


def test_a_disconnected_one_is_not_touched(creator):
    gone = creator(status="disconnected")
    before = all_rows()
    assert deauthorize(gone.instagram_id).status_code == 200
    assert all_rows() == before


def test_an_unknown_id_is_answered_and_changes_nothing(anna):
    before = all_rows()
    assert deauthorize("424242").status_code == 200
    assert all_rows() == before


@pytest.mark.parametrize("status", ["active", "inactive"])
def test_told_twice_it_changes_and_mails_once(status, creator):
    anna = creator(status=status, consented_at=timezone.now() - dt.timedelta(days=1))
    issued_at = int(timezone.now().timestamp())
    assert deauthorize(anna.instagram_id, issued_at=issued_at).status_code == 200
    before = all_rows()
    for _ in range(3):
        assert deauthorize(anna.instagram_id, issued_at=issued_at).status_code == 200
    assert all_rows() == before


def test_without_a_date_it_counts_as_of_now(anna):
    deauthorize(anna.instagram_id, issued_at=None)
    assert status_of(anna) == ("inactive", "app_removed")


@pytest.mark.parametrize(
    "target", ["accounts.events.record", "tokens.services.mail_link.notify", "tokens.services.deauthorize.erase_token"]
)
def test_status_key_history_and_mail_are_one(target, anna, monkeypatch, client):
    """Whatever fails, all of it fails; Meta, told so, may try again."""

    def burst(*args, **kwargs):
        raise RuntimeError("burst")

    before = all_rows()
    with monkeypatch.context() as patch:
        patch.setattr(target, burst)
        with pytest.raises(RuntimeError):
            deauthorize(anna.instagram_id)
    assert all_rows() == before
    deauthorize(anna.instagram_id)
    assert (status_of(anna), owed()) == (("inactive", "app_removed"), ["anna@creator.example"])


def test_it_works_again_once_the_person_has_allowed_it_again(connect, emulator):
    connection = connect("creator")
    deauthorize(connection.instagram_id)
    assert status_of(connection) == ("inactive", "app_removed")
    connect("creator")
    assert status_of(connection) == ("active", "")
    assert Connection.objects.count() == 1
