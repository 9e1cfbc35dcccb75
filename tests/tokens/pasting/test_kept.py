"""A pasted token that Instagram vouches for is kept alive: what is stored, and when it is renewed first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Event, User
from notifications.models import OutboxMessage
from tests.markup import Page
from tests.tokens.helpers import credential_of, events_of
from tests.tokens.pasting.paster import Paster

pytestmark = pytest.mark.django_db

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
NOW = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)


def test_the_account_is_connected_with_what_instagram_tells_of_it(paster: Paster, alice: User) -> None:
    token = paster.token("anna")
    connection, text = paster.kept(token)
    person = paster.emulator.state.persons["anna"]
    assert (connection.status, connection.handle, connection.instagram_id) == ("active", "anna", person.user_id)
    assert (connection.tenant, connection.meta_app.tenant) == (paster.tenant, None)
    assert (connection.connected_by, connection.contact_email) == (alice, "")
    assert connection.permissions is None, "Instagram does not tell them here"
    assert paster.stored("anna") == token
    assert "@anna is connected. The token is verified and stored encrypted." in text
    assert "25 hours from now" in text


def test_issue_and_expiry_are_not_guessed_and_it_is_renewed_first_after_25_hours(
    paster: Paster, travel: Callable[[dt.datetime], Any]
) -> None:
    travel(NOW)
    connection, _ = paster.kept(paster.token(age_days=3))
    credential = credential_of(connection)
    assert (credential.issued_at, credential.expires_at, credential.obtained_at) == (None, None, NOW)
    assert credential.due_at == NOW + 25 * HOUR


@pytest.mark.django_db(transaction=True)
def test_the_first_renewal_brings_its_dates(paster: Paster, travel: Callable[[dt.datetime], Any]) -> None:
    travel(NOW)
    connection, _ = paster.kept(paster.token())
    call_command("refresh_tokens")
    assert "refresh_access_token" not in paster.asked(), "Instagram refuses what is under a day old"
    travel(NOW + 25 * HOUR)
    call_command("refresh_tokens")
    credential = credential_of(connection)
    assert credential.issued_at == NOW + 25 * HOUR
    assert credential.expires_at == NOW + 25 * HOUR + 60 * DAY


def test_the_contact_address_is_kept_in_small_letters(paster: Paster) -> None:
    connection, _ = paster.kept(paster.token(), contact_email="Anna@Creator.Example")
    assert connection.contact_email == "anna@creator.example"


def test_the_history_tells_who_pasted_it(paster: Paster, alice: User) -> None:
    connection, _ = paster.kept(paster.token("anna"))
    event = Event.objects.get(subject_id=connection.pk)
    assert (event.kind, event.actor, event.detail) == ("pasted", alice.email, {})
    assert event.text == "@anna was connected by a pasted token."


def test_nobody_is_mailed(paster: Paster) -> None:
    paster.kept(paster.token(), contact_email="anna@creator.example")
    assert not OutboxMessage.objects.exists()


def test_what_surrounds_a_token_in_practice_does_no_harm(paster: Paster) -> None:
    token = paster.token()
    paster.kept(f"  “Bearer {token[:70]}\r\n   {token[70:]}\u200b”\r\n")
    assert paster.stored() == token


def test_a_wrong_contact_address_is_told_before_anybody_is_asked_and_shown_once_to_be_mended(paster: Paster) -> None:
    token = paster.token()
    paster.paste(token, contact_email="anna at home")
    told = paster.browser.get(paster.path).content.decode()
    assert "The contact address is no e-mail address." in Page(told).text
    form = Page(told).form_of("Paste a token")
    assert (form.fields["token"], form.fields["contact_email"]) == ("", "anna at home")
    assert token not in told
    afterwards = Page(paster.browser.get(paster.path).content.decode())
    assert afterwards.form_of("Paste a token").fields["contact_email"] == ""
    assert "no e-mail address" not in afterwards.text
    assert paster.asked() == []


def test_the_pause_between_two_checks_begins(paster: Paster) -> None:
    connection, _ = paster.kept(paster.token())
    credential = credential_of(connection)
    assert credential.checked_at is not None
    assert timezone.now() < credential.check_due_at <= timezone.now() + DAY
    assert events_of(connection) == ["pasted"]
