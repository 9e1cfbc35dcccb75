"""Nobody learns from an answer whether an address has an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client
from django.utils.http import int_to_base36

from accounts.models import User
from accounts.services.delete_account import delete_account
from tests.accounts.people import PASSWORD, confirm, is_signed_in, mailed_path, sign_in, sign_up
from tests.conftest import PASSWORD as KNOWN_PASSWORD

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


@pytest.mark.parametrize(
    "state", ["in capitals", "closed", "unconfirmed", "with a second factor", "without a password"]
)
def test_a_password_reset_answers_alike_whatever_the_account_is_like(state, alice):
    address = "ALICE@example.com" if state == "in capitals" else "alice@example.com"
    if state == "closed":
        type(alice).objects.update(is_active=False)
    elif state == "unconfirmed":
        EmailAddress.objects.update(verified=False)
    elif state == "with a second factor":
        Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
    elif state == "without a password":
        alice.set_unusable_password()
        alice.save()
    answers = [
        seen(Client().post("/accounts/password/reset/", {"email": typed}))[:3]
        for typed in (address, "nobody@example.com")
    ]
    assert answers[0] == answers[1]
    # A mail to each, so that not even the time that it takes tells them apart.
    assert [message.to[0].lower() for message in mail.outbox] == ["alice@example.com", "nobody@example.com"]


def test_a_wrong_password_tells_nothing_of_a_second_factor(alice):
    without = seen(sign_in(Client(), "alice@example.com", "wrong"))
    Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
    assert seen(sign_in(Client(), "alice@example.com", "wrong")) == without


def test_what_a_passkey_is_asked_for_names_nobody(alice):
    Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Mine", "credential": {}})
    answer = Client().get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"}).json()
    asked = answer["request_options"]["publicKey"]
    assert not asked.get("allowCredentials")
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "localhost"


@pytest.fixture
def hashes(monkeypatch):
    """How many passwords were hashed so far: that takes longer than all the rest."""
    counted = []
    encode = MD5PasswordHasher.encode

    def counting(*args):
        counted.append(args[0])
        return encode(*args)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
    return counted


@pytest.mark.parametrize(
    "press",
    [
        lambda browser, address: sign_in(browser, address, "wrong"),
        lambda browser, address: sign_up(browser, email=address),
        lambda browser, address: browser.post("/accounts/password/reset/", {"email": address}),
    ],
    ids=["sign in", "sign up", "reset"],
)
def test_the_same_work_is_done_for_an_address_with_and_without_an_account(press, alice, hashes):
    press(Client(), "alice@example.com")
    known, mails = len(hashes), len(mail.outbox)
    press(Client(), "nobody@example.com")
    assert (len(hashes), len(mail.outbox)) == (2 * known, 2 * mails)


def test_signing_up_again_at_once_answers_alike(alice):
    answers = []
    for address in ("alice@example.com", "nobody@example.com"):
        sign_up(Client(), email=address)
        browser = Client()
        answers.append((seen(sign_up(browser, email=address)), seen(browser.get("/accounts/confirm-email/"))))
    assert answers[0] == answers[1]


def test_an_account_that_was_closed_answers_like_none(alice):
    alice.is_active = False
    alice.save()
    known = sign_in(Client(), "alice@example.com", "wrong")
    assert seen(known) == seen(sign_in(Client(), "nobody@example.com", "wrong"))


def test_an_account_that_is_not_confirmed_answers_a_wrong_password_like_none():
    sign_up(Client(), email="alice@example.com")
    known = sign_in(Client(), "alice@example.com", "wrong")
    assert seen(known) == seen(sign_in(Client(), "nobody@example.com", "wrong"))


def test_too_many_wrong_passwords_are_told_alike(alice):
    answers: list[Any] = []
    for address in ("alice@example.com", "nobody@example.com"):
        for _ in range(7):
            answer = sign_in(Client(REMOTE_ADDR=f"198.51.100.{len(answers)}"), address, "wrong")
        answers.append(seen(answer))
    assert answers[0] == answers[1]


def test_adding_an_address_to_ones_account_answers_alike(user_factory, alice):
    answers = []
    for number, address in enumerate(["alice@example.com", "nobody@example.com"]):
        browser = Client()
        sign_in(browser, user_factory(f"zoe{number}@example.com").email, KNOWN_PASSWORD)
        browser.post("/accounts/reauthenticate/", {"password": KNOWN_PASSWORD})
        mail.outbox.clear()
        added = seen(browser.post("/accounts/email/", {"action_add": "", "email": address}))
        page = seen(browser.get("/accounts/email/"))
        without_names = re.sub(rb"zoe\d@example.com", b"OWN", page[3])
        answers.append((added, page[0], without_names, [message.to for message in mail.outbox] == [[address]]))
    assert answers[0] == answers[1]


def test_an_address_that_another_account_has_is_never_taken_over(user_factory, alice):
    browser = Client()
    sign_in(browser, user_factory("zoe@example.com").email, KNOWN_PASSWORD)
    browser.post("/accounts/reauthenticate/", {"password": KNOWN_PASSWORD})
    browser.post("/accounts/email/", {"action_add": "", "email": "alice@example.com"})
    # Even if Alice follows the link that somebody had sent to her.
    browser.post(mailed_path("/confirm-email/"))
    assert EmailAddress.objects.filter(email="alice@example.com", verified=True).get().user == alice


def test_a_reset_link_for_nobody_answers_like_one_that_is_over(alice):
    answers = []
    for who in (alice.pk, alice.pk + 1000):
        browser = Client()
        uid = int_to_base36(who)
        answers.append(seen(browser.get(f"/accounts/password/reset/key/{uid}-c1x2y3-{'0' * 32}/", follow=True)))
    assert answers[0] == answers[1]


def test_deleting_an_account_makes_its_address_one_like_any_other(alice):
    delete_account(alice)
    assert seen(sign_in(Client(), "alice@example.com", "wrong")) == seen(
        sign_in(Client(), "nobody@example.com", "wrong")
    )
    browser = Client()
    sign_up(browser, email="alice@example.com")
    confirm(browser)
    assert is_signed_in(browser)
    assert User.objects.get(email="alice@example.com").memberships.count() == 1
