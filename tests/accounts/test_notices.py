"""Whoever owns an account hears by mail when its password, addresses or second factor change."""

from __future__ import annotations

import smtplib

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from tests.accounts.people import confirm, html_of, mailed_path, read, sign_in
from tests.accounts.second_factor import CODES, recovery_codes, set_up_app, show_password
from tests.conftest import PASSWORD

# allauth tells of some changes once they are committed.
pytestmark = pytest.mark.django_db(transaction=True)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "another long pass phrase"
EMAIL = "/accounts/email/"


@pytest.fixture
def browser(signed_in):
    signed_in.defaults["HTTP_USER_AGENT"] = FIREFOX
    return signed_in


def the_notice(to="alice@example.com"):
    """The one mail, which says from where and what to do, in both versions."""
    [message] = mail.outbox
    assert message.to == [to]
    for version in (str(message.body), html_of(message)):
        assert "Firefox on Linux" in version
        assert "127.0.0.1" in version
        assert "http://localhost:8000/accounts/password/reset/" in version
        assert "Was it you?" in version
    assert str(message.subject) in html_of(message)
    return message


def change_password(browser):
    form = read(browser.get("/accounts/password/change/")).form_of("Save password")
    typed = {name: NEW for name in form.visible if name != "oldpassword"}
    return browser.post(form.action, {**form.fields, **typed, "oldpassword": PASSWORD}, follow=True)


def add_address(browser, email="alice@new.example"):
    show_password(browser, EMAIL)
    browser.post(EMAIL, {"action_add": "yes", "email": email})


def test_a_changed_password(browser):
    change_password(browser)
    assert the_notice().subject == "Your password was changed"
    assert NEW not in str(mail.outbox[0].message())


def test_a_password_that_was_reset(browser, alice):
    browser.logout()
    browser.post("/accounts/password/reset/", {"email": alice.email})
    page = browser.get(mailed_path("/accounts/password/reset/key/"), follow=True)
    mail.outbox.clear()
    form = read(page).form_of("Save password")
    browser.post(form.action, {**form.fields, **dict.fromkeys(form.visible, NEW)})
    assert "by a link that we had mailed" in the_notice().body


def test_a_first_password(browser, alice):
    alice.set_unusable_password()
    alice.save()
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    form = read(browser.get("/accounts/password/set/")).form_of("Save password")
    browser.post(form.action, {**form.fields, **dict.fromkeys(form.visible, NEW)})
    assert the_notice().subject == "A password was set"


def test_another_address_is_told_to_the_main_one_when_it_is_confirmed(browser):
    add_address(browser)
    assert [message.to for message in mail.outbox] == [["alice@new.example"]]
    confirm(browser)
    mail.outbox.pop(0)
    assert "alice@new.example" in the_notice().body


def test_the_first_address_of_an_account_is_no_news(client):
    client.post("/accounts/signup/", {"email": "n@example.com", "password1": NEW, "workspace_name": "N"})
    confirm(client)
    assert len(mail.outbox) == 1


def test_another_main_address_is_told_to_the_old_one(browser, alice):
    add_address(browser)
    confirm(browser)
    mail.outbox.clear()
    browser.post(EMAIL, {"action_primary": "yes", "email": "alice@new.example"})
    assert "from alice@example.com to alice@new.example" in the_notice().body
    alice.refresh_from_db()
    assert alice.email == "alice@new.example"


def test_a_removed_address(browser):
    add_address(browser)
    mail.outbox.clear()
    browser.post(EMAIL, {"action_remove": "yes", "email": "alice@new.example"})
    assert "alice@new.example" in the_notice().body


def test_an_app_that_was_set_up_tells_neither_key_nor_codes(browser):
    secret = set_up_app(browser)
    body = str(the_notice().message())
    assert the_notice().subject == "An authenticator app was set up"
    assert secret not in body
    assert not [code for code in recovery_codes(browser) if code in body]


def test_an_app_that_was_turned_off(browser):
    set_up_app(browser)
    mail.outbox.clear()
    browser.post("/accounts/2fa/totp/deactivate/")
    assert the_notice().subject == "The authenticator app was turned off"


def test_new_recovery_codes(browser):
    set_up_app(browser)
    mail.outbox.clear()
    browser.post(f"{CODES}generate/")
    assert the_notice().subject == "New recovery codes were made"


def test_a_mail_server_that_fails_undoes_nothing_and_confuses_nobody(browser, alice, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    page = read(change_password(browser))
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "mail server" not in page.text
    assert "was not sent" in caplog.text


# Addresses


@pytest.mark.parametrize("action", ["action_add", "action_remove", "action_primary"])
def test_addresses_change_only_after_showing_the_password(action, browser, alice):
    EmailAddress.objects.create(user=alice, email="second@example.com", verified=True)
    before = set(EmailAddress.objects.values_list("email", "primary"))
    email = "third@example.com" if action == "action_add" else "second@example.com"
    response = browser.post(EMAIL, {action: "yes", "email": email})
    assert response["Location"].startswith("/accounts/reauthenticate/")
    assert set(EmailAddress.objects.values_list("email", "primary")) == before
    # What was asked for is done then, without being asked for again.
    show_password(browser, EMAIL)
    assert set(EmailAddress.objects.values_list("email", "primary")) != before


def test_an_address_that_another_account_waits_for_is_refused_in_words(browser, user_factory):
    add_address(browser, "bob@example.com")
    confirm(browser)
    EmailAddress.objects.filter(user=user_factory("bob2@example.com")).update(verified=False)
    type(user_factory("x@example.com")).objects.filter(email="bob2@example.com").update(email="BOB@example.com")
    response = browser.post(EMAIL, {"action_primary": "yes", "email": "bob@example.com"}, follow=True)
    assert response.status_code == 200
    assert "has not confirmed it yet" in read(response).text
    assert EmailAddress.objects.get(email="alice@example.com").primary


@pytest.mark.parametrize("email", ["", "x", "a\x00b@example.com", "x" * 260 + "@example.com", "alice@example.com"])
def test_an_address_that_is_none_is_refused_in_words(email, browser):
    show_password(browser, EMAIL)
    response = browser.post(EMAIL, {"action_add": "yes", "email": email})
    assert response.status_code == 200
    assert read(response).form_of("Add address")
    assert EmailAddress.objects.count() == 1


def test_nobody_touches_somebody_elses_address(browser, user_factory):
    user_factory("bob@example.com")
    show_password(browser, EMAIL)
    for action in ("action_remove", "action_primary", "action_send"):
        assert browser.post(EMAIL, {action: "yes", "email": "bob@example.com"}).status_code == 302
    assert EmailAddress.objects.get(email="bob@example.com").primary
    assert not mail.outbox


def test_the_new_address_signs_in_and_the_old_one_no_longer(browser, alice):
    add_address(browser)
    confirm(browser)
    browser.post(EMAIL, {"action_primary": "yes", "email": "alice@new.example"})
    browser.post(EMAIL, {"action_remove": "yes", "email": "alice@example.com"})
    assert sign_in(Client(), "alice@new.example", PASSWORD).status_code == 302
    assert sign_in(Client(), "alice@example.com", PASSWORD).status_code == 200
