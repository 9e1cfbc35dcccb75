"""Nobody learns from an answer whether an address has an account."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from tests.accounts.people import PASSWORD, sign_in, sign_up

pytestmark = pytest.mark.django_db


def seen(response):
    """All that a browser is told, but for tokens and the address that was typed in."""
    body = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)
    body = re.sub(rb"(alice|nobody)@example.com", b"ADDRESS", body)
    headers = {name: value for name, value in response.headers.items() if name not in {"Content-Length", "Expires"}}
    return response.status_code, headers, sorted(response.cookies), body


def test_sign_up_answers_alike(alice):
    known, unknown = Client(), Client()
    assert seen(sign_up(known, email="alice@example.com")) == seen(sign_up(unknown, email="nobody@example.com"))
    assert seen(known.get("/accounts/confirm-email/")) == seen(unknown.get("/accounts/confirm-email/"))
    assert [message.to for message in mail.outbox] == [["alice@example.com"], ["nobody@example.com"]]


def test_sign_up_answers_alike_in_any_case(alice):
    known, unknown = Client(), Client()
    assert seen(sign_up(known, email="ALICE@example.com"))[:3] == seen(sign_up(unknown, email="NOBODY@example.com"))[:3]


def test_the_owner_of_a_known_address_is_told_by_mail(alice):
    sign_up(Client(), email="alice@example.com")
    assert "already" in mail.outbox[0].subject.lower() + mail.outbox[0].body.lower()
    assert "/confirm-email/" not in mail.outbox[0].body


def test_sign_up_with_a_known_address_changes_nothing_there(alice):
    sign_up(Client(), email="alice@example.com")
    alice.refresh_from_db()
    assert not alice.check_password(PASSWORD)
    assert not alice.memberships.exists()


def test_sign_in_answers_alike(alice):
    known = sign_in(Client(), "alice@example.com", "wrong")
    assert seen(known) == seen(sign_in(Client(), "nobody@example.com", "wrong"))
    assert known.status_code == 200


def test_a_password_reset_answers_alike(alice):
    answers = []
    for address in ("alice@example.com", "nobody@example.com"):
        browser = Client()
        answers.append(seen(browser.post("/accounts/password/reset/", {"email": address})))
        answers.append(seen(browser.get("/accounts/password/reset/done/")))
    assert answers[:2] == answers[2:]


def test_no_link_is_mailed_to_an_unknown_address(alice):
    Client().post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert all("/key/" not in message.body for message in mail.outbox)
