"""The mailed link verifies an address: one page, one button."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.accounts.people import confirm, is_signed_in, mailed_path, read, sign_in, sign_up
from tests.rows import all_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(client):
    sign_up(client)
    return mailed_path("/accounts/confirm-email/")


def verified():
    return EmailAddress.objects.get().verified


def test_the_page_has_one_button(link, client):
    page = read(client.get(link))
    assert page.button_words == ["Confirm"]
    form = page.form_of("Confirm")
    assert (form.method, form.buttons[0].type, form.visible) == ("post", "submit", [])


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_verifies_nothing(method, link, client):
    before = all_rows()
    for _ in range(3):
        assert getattr(Client(), method)(link).status_code == 200
    assert all_rows() == before
    assert not verified()


def test_in_the_browser_that_signed_up_it_signs_in_and_leads_to_the_workspace(link, client):
    response = confirm(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert verified()
    assert is_signed_in(client)
    assert client.get("/")["Location"] == "/w/noras-nook/"
    assert client.get("/w/noras-nook/").status_code == 200


def test_in_another_browser_it_verifies_but_does_not_sign_in(link):
    other = Client()
    assert confirm(other).status_code == 302
    assert verified()
    assert not is_signed_in(other)
    sign_in(other)
    assert is_signed_in(other)


def test_it_counts_once(link, client):
    confirm(client)
    page = read(Client().get(link))
    assert "Confirm" not in page.button_words
    assert page.text


def test_it_lasts_for_three_days(link, client, travel):
    travel(timezone.now() + dt.timedelta(days=3, minutes=1))
    page = read(client.get(link))
    assert "Confirm" not in page.button_words
    client.post(link)
    assert not verified()


@pytest.mark.parametrize("key", ["x", "MQ:1vKsX6:abc", "a" * 5000, "%00", "☎"])
def test_a_garbled_link_says_so(key, client):
    response = client.get(f"/accounts/confirm-email/{key}/")
    assert response.status_code in {200, 404}
    page = read(response)
    assert "Confirm" not in page.button_words
    assert page.text


def test_signing_in_unverified_mails_the_link_again_and_stays_out(client, travel):
    sign_up(client)
    travel(timezone.now() + dt.timedelta(minutes=10))
    other = Client()
    assert sign_in(other).status_code == 302
    assert not is_signed_in(other)
    assert len(mail.outbox) == 2
    confirm(other)
    assert verified()


def test_the_token_of_a_link_is_stored_nowhere(link):
    key = link.split("/")[-2]
    assert key not in repr(all_rows(apart_from=frozenset({"django_session"})))
