"""An invitation for one account connects no other."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.markup import Page
from tests.tokens.journeys import allow, leave_from
from tests.tokens.links.inviting import connect_by, path_of, words_of
from tokens.models import ConnectAttempt, Connection, Link

pytestmark = pytest.mark.django_db


def test_the_page_names_the_account(expecting, phone):
    assert "@carla" in words_of(phone, path_of(expecting))


def test_the_consent_page_lets_the_person_choose_the_account(expecting, invitation, phone):
    assert "force_reauth=true" in leave_from(phone, path_of(expecting))
    assert "force_reauth=true" not in leave_from(phone, path_of(invitation))


def test_the_account_that_is_expected_is_connected(expecting):
    connect_by(expecting, "carla")
    assert Connection.objects.get().handle == "carla"


def test_another_account_is_refused_with_both_names_and_the_link_stays_good(expecting, phone):
    page = Page(phone.get(connect_by(expecting, "carlo", phone)["Location"]).content.decode())
    assert "@carla" in page.text
    assert "@carlo" in page.text
    assert not Connection.objects.exists()
    assert not Event.objects.filter(subject_id__isnull=False).exists()
    assert not OutboxMessage.objects.exists()
    attempt = ConnectAttempt.objects.get()
    assert (attempt.outcome, attempt.pending_secret) == ("wrong_account", None)
    assert Link.objects.get().used_at is None
    assert phone.get(path_of(expecting)).status_code == 200
    again = leave_from(phone, page.form_of("Switch account").action)
    phone.get(allow(again, "carla"))
    assert Connection.objects.get().handle == "carla"


@pytest.mark.parametrize("expected", ["CARLA", "Carla"])
def test_case_does_not_matter(expecting, expected):
    Link.objects.update(expected_handle=expected)
    connect_by(expecting, "carla")
    assert Connection.objects.get().handle == "carla"


def test_an_account_without_a_name_is_not_taken_for_the_expected_one(expecting, phone, emulator):
    emulator.state.persons["carla"].username = ""
    page = words_of(phone, connect_by(expecting, "carla", phone)["Location"])
    assert "That was another account" in page
    assert not Connection.objects.exists()


def test_another_account_is_refused_in_another_browser_too(expecting):
    way = allow(leave_from(Client(), path_of(expecting)), "carlo")
    elsewhere = Client()
    page = Page(elsewhere.get(way, follow=True).content.decode())
    assert "finish connecting @carla" in page.text
    done = elsewhere.post(page.form_of("Finish connecting").action, follow=True)
    assert "@carlo" in Page(done.content.decode()).text
    assert not Connection.objects.exists()
