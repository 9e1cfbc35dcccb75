"""Signing in with a second factor: an app's code or a recovery code. Passkeys: tests/browser/test_sign_in.py."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from accounts import encryption
from tests.accounts.people import is_signed_in, read, sign_in, sign_up
from tests.accounts.second_factor import (
    ADD,
    CODES,
    INDEX,
    code_of,
    recovery_codes,
    set_up_app,
    show_password,
    type_code,
)
from tests.conftest import PASSWORD
from tests.factories import make_user
from tests.rows import all_rows

pytestmark = pytest.mark.django_db
OFF = "/accounts/2fa/totp/deactivate/"


@pytest.fixture
def protected(signed_in, travel):
    """Alice's browser, in which she has just set up an app. The clock stands still."""
    travel("2026-03-01 10:00:00+00:00")
    signed_in.secret = set_up_app(signed_in)
    return signed_in


@pytest.fixture
def halfway(protected, alice):
    """Another browser in which Alice's password was right."""
    browser = Client()
    response = sign_in(browser, alice.email, PASSWORD)
    assert response["Location"] == "/accounts/2fa/authenticate/"
    return browser


def test_setting_it_up_asks_for_the_password_first(signed_in):
    assert signed_in.get(ADD)["Location"] == f"/accounts/reauthenticate/?next={ADD.replace('/', '%2F')}"
    assert show_password(signed_in, ADD)["Location"] == ADD
    assert read(signed_in.get(ADD)).form_of("Turn it on").visible == ["code"]


def test_a_wrong_password_opens_nothing(signed_in):
    response = signed_in.post("/accounts/reauthenticate/", {"password": "wrong", "next": ADD})
    assert response.status_code == 200
    assert signed_in.get(ADD).status_code == 302


def test_a_wrong_code_sets_up_nothing_and_keeps_the_key(signed_in):
    show_password(signed_in, ADD)
    before = signed_in.get(ADD).context["form"].secret
    response = signed_in.post(ADD, {"code": "000000"})
    assert "not right" in read(response).text
    assert response.context["form"].secret == before
    assert not Authenticator.objects.exists()


def test_the_password_alone_opens_no_page_then(halfway, tenant):
    assert not is_signed_in(halfway)
    assert halfway.get(f"/w/{tenant.slug}/").status_code == 302
    assert halfway.get(INDEX).status_code == 302


def test_a_code_signs_in(halfway, protected, tenant):
    assert type_code(halfway, code_of(protected.secret))["Location"] == "/"
    assert is_signed_in(halfway)
    assert halfway.get(f"/w/{tenant.slug}/").status_code == 200


def test_a_code_leads_on_to_where_one_wanted_to_go(protected, alice, tenant):
    browser, wanted = Client(), f"/w/{tenant.slug}/"
    browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD, "next": wanted})
    assert type_code(browser, code_of(protected.secret))["Location"] == wanted


def test_a_code_counts_once(halfway, protected, alice):
    code = code_of(protected.secret)
    type_code(halfway, code)
    thief = Client()
    sign_in(thief, alice.email, PASSWORD)
    assert "not right" in read(type_code(thief, code)).text
    assert not is_signed_in(thief)


@pytest.mark.parametrize("steps", [-2, -1, 1, 2])
def test_a_code_of_another_half_minute_is_refused(steps, halfway, protected):
    assert "not right" in read(type_code(halfway, code_of(protected.secret, steps=steps))).text
    assert not is_signed_in(halfway)


def test_guessing_codes_is_slowed_down(halfway, protected):
    for number in range(8):
        type_code(halfway, f"{number:06}")
    type_code(halfway, code_of(protected.secret))
    assert not is_signed_in(halfway)


@pytest.mark.parametrize("code", ["", " ", "x" * 5000, "a\x00b", "١٢٣٤٥٦", "\x1b[31m", "<script>", "123 456", "-1"])
def test_nonsense_instead_of_a_code_is_answered_in_words(code, halfway):
    response = type_code(halfway, code)
    assert response.status_code == 200
    assert read(response).form_of("Sign in")
    assert not is_signed_in(halfway)


def test_a_code_may_be_typed_with_a_space_in_it(halfway, protected):
    code = code_of(protected.secret)
    type_code(halfway, f" {code[:3]} {code[3:]} ")
    assert is_signed_in(halfway)


def test_the_second_step_needs_the_first(protected):
    assert type_code(Client(), code_of(protected.secret))["Location"] == "/accounts/login/"


def test_giving_up_halfway_leads_back_to_the_sign_in_form(halfway):
    form = read(halfway.get("/accounts/2fa/authenticate/")).form_of("Sign in as somebody else")
    assert halfway.post(form.action, form.fields)["Location"] == "/accounts/login/"
    assert halfway.get("/accounts/2fa/authenticate/")["Location"] == "/accounts/login/"


# Recovery codes


def test_a_recovery_code_signs_in_once(halfway, protected, alice):
    codes = recovery_codes(protected)
    assert len(set(codes)) == 10
    type_code(halfway, codes[3])
    assert is_signed_in(halfway)
    again = Client()
    sign_in(again, alice.email, PASSWORD)
    type_code(again, codes[3])
    assert not is_signed_in(again)
    assert codes[3] not in recovery_codes(protected)


def test_new_codes_make_the_old_ones_worthless(halfway, protected):
    [old, *_] = recovery_codes(protected)
    protected.post(f"{CODES}generate/")
    assert old not in recovery_codes(protected)
    type_code(halfway, old)
    assert not is_signed_in(halfway)


def test_the_codes_can_be_saved_as_a_file(protected, alice):
    response = protected.get(f"{CODES}download/")
    assert response["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert alice.email in response.content.decode()
    assert all(code in response.content.decode() for code in recovery_codes(protected))


def test_seeing_the_codes_asks_who_it_is_after_a_while(protected, travel):
    travel("2026-03-01 10:15:01+00:00")
    for path in (CODES, f"{CODES}download/", f"{CODES}generate/"):
        assert protected.get(path)["Location"].startswith("/accounts/2fa/reauthenticate/"), path


# Turning it off


def test_a_password_alone_does_not_turn_it_off(protected, travel):
    travel("2026-03-01 10:20:00+00:00")
    asked = protected.get(OFF)["Location"]
    assert asked.startswith("/accounts/2fa/reauthenticate/")
    assert "Use your password" not in read(protected.get(asked)).text
    response = protected.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": OFF})
    assert response["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert protected.post(OFF).status_code == 302
    assert Authenticator.objects.filter(type="totp").exists()


def test_a_code_turns_it_off(protected, travel, alice):
    travel("2026-03-01 10:20:00+00:00")
    response = protected.post("/accounts/2fa/reauthenticate/", {"code": code_of(protected.secret), "next": OFF})
    assert response["Location"] == OFF
    form = read(protected.get(OFF)).form_of("Turn the app off")
    assert protected.post(form.action, form.fields)["Location"] == INDEX
    assert not Authenticator.objects.exists()
    browser = Client()
    sign_in(browser, alice.email, PASSWORD)
    assert is_signed_in(browser)


def test_a_new_password_by_mail_does_not_open_a_protected_account(protected, alice):
    alice.set_password("another long pass phrase")
    alice.save()
    browser = Client()
    sign_in(browser, alice.email, "another long pass phrase")
    assert not is_signed_in(browser)


# At rest


def test_neither_key_nor_codes_lie_readable_in_the_database(protected):
    codes = recovery_codes(protected)
    rows = repr(all_rows())
    assert protected.secret not in rows
    assert not [code for code in codes if code in rows]
    for session in Session.objects.all():
        assert protected.secret not in repr(session.get_decoded())
    for row in Authenticator.objects.all():
        ciphertext = row.data.get("secret") or row.data["seed"]
        assert encryption.decrypt(ciphertext) not in rows


def test_an_older_key_still_opens_them(halfway, protected, settings):
    settings.FERNET_KEYS = [Fernet.generate_key().decode(), *settings.FERNET_KEYS]
    type_code(halfway, code_of(protected.secret))
    assert is_signed_in(halfway)


def test_a_lost_key_lets_nobody_in_and_is_told_in_words(halfway, protected, settings, caplog):
    codes = recovery_codes(protected)
    settings.FERNET_KEYS = [Fernet.generate_key().decode()]
    for code in (code_of(protected.secret), codes[0]):
        response = type_code(halfway, code)
        assert response.status_code == 200
        assert "fault is ours" in read(response).text
        assert not is_signed_in(halfway)
    assert "FERNET_KEYS" in caplog.text
    assert protected.get(INDEX).status_code == 200


# What a browser sends as a passkey

FORGED = [
    "",
    "x",
    "[]",
    "null",
    "1",
    '"x"',
    "{}",
    '{"id": 1}',
    '{"id": "a", "rawId": "a", "type": "public-key", "response": {}}',
    '{"id": "YQ", "rawId": "YQ", "type": "public-key",'
    ' "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}',
    '{"id": "YQ", "rawId": "YQ", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData": "AA",'
    ' "signature": "AA", "userHandle": "MQ"}}',
    '{"response": {"userHandle": "////"}}',
    '{"response": {"userHandle": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}}',
    '{"response": null}',
    '{"response": {"userHandle": null}}',
    '{"response": {"userHandle": {}}}',
    "[" * 3000,
    '{"id": "\\u0000"}',
    "a\x00b",
    '{"id": "' + "x" * 100_000 + '"}',
]


@pytest.mark.parametrize("forged", FORGED, ids=[each[:40].replace("\x00", "NUL") for each in FORGED])
def test_a_forged_passkey_is_refused_in_words_everywhere(forged, protected, halfway):
    anybody = Client(raise_request_exception=False)
    anybody.get("/accounts/2fa/webauthn/login/", headers={"accept": "application/json"})
    response = anybody.post("/accounts/2fa/webauthn/login/", {"credential": forged}, follow=True)
    assert response.status_code == 200
    assert "passkey" in read(response).text
    halfway.raise_request_exception = protected.raise_request_exception = False
    halfway.get("/accounts/2fa/authenticate/")
    assert halfway.post("/accounts/2fa/authenticate/", {"credential": forged}).status_code == 200
    protected.get("/accounts/2fa/webauthn/add/")
    response = protected.post("/accounts/2fa/webauthn/add/", {"name": "x", "credential": forged})
    assert response.status_code == 200
    assert "passkey" in read(response).text
    assert protected.post("/accounts/2fa/webauthn/reauthenticate/", {"credential": forged}).status_code == 302
    assert not is_signed_in(anybody)
    assert not is_signed_in(halfway)
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_nobody_sees_or_removes_somebody_elses_passkey(signed_in):
    other = make_user()
    theirs = Authenticator.objects.create(user=other, type="webauthn", data={"name": "Theirs", "credential": {}})
    show_password(signed_in, "/")
    assert "Theirs" not in signed_in.get("/accounts/2fa/webauthn/").content.decode()
    for action in ("remove", "edit"):
        path = f"/accounts/2fa/webauthn/keys/{theirs.pk}/{action}/"
        assert signed_in.get(path).status_code == signed_in.post(path, {"name": "x"}).status_code == 404
    assert Authenticator.objects.get().data["name"] == "Theirs"


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "a\x07b", "x" * 61])
def test_a_passkey_gets_a_name_that_can_be_shown(name, signed_in, alice):
    mine = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Mine", "credential": {}})
    signed_in.get(ADD)
    show_password(signed_in, "/")
    response = signed_in.post(f"/accounts/2fa/webauthn/keys/{mine.pk}/edit/", {"name": name})
    mine.refresh_from_db()
    assert mine.data["name"] == "Mine"
    assert response.status_code in {200, 302}


# Addresses


def test_somebody_with_a_second_factor_can_change_the_address(protected, alice):
    protected.post("/accounts/email/", {"action_add": "yes", "email": "alice@new.example"})
    assert mail.outbox[-1].to == ["alice@new.example"]
    assert EmailAddress.objects.filter(user=alice, email="alice@new.example").exists()


def test_an_unconfirmed_further_address_keeps_nobody_from_signing_up_with_it(protected):
    protected.post("/accounts/email/", {"action_add": "yes", "email": "nora@example.com"})
    sign_up(Client())
    assert "/confirm-email/" in mail.outbox[-1].body
    assert EmailAddress.objects.get(email="nora@example.com").primary


def test_where_addresses_go_unconfirmed_nobody_locks_the_owner_of_one_out(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION, settings.MFA_ALLOW_UNVERIFIED_EMAIL = "none", False
    sign_up(client)
    show_password(client, ADD, "correct horse battery")
    assert client.get(ADD)["Location"] == INDEX
    assert "Confirm your e-mail address first" in read(client.get(INDEX)).text
