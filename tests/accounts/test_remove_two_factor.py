"""`remove_two_factor EMAIL`, for somebody who has lost the second factor and its recovery codes."""

from __future__ import annotations

import io
import json
import smtplib

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from tests.accounts.people import is_signed_in, sign_in
from tests.accounts.second_factor import set_up_app
from tests.conftest import PASSWORD
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def remove(email):
    out = io.StringIO()
    call_command("remove_two_factor", email, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_it_lets_its_owner_in_and_whoever_is_in_out(signed_in, alice, tenant):
    set_up_app(signed_in)
    mail.outbox.clear()
    assert remove("ALICE@example.com") == {"removed": 1}
    assert signed_in.get(f"/w/{tenant.slug}/").status_code == 302
    browser = Client()
    sign_in(browser, alice.email, PASSWORD)
    assert is_signed_in(browser)
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["alice@example.com"], "Your second factor was removed")
    ]


def test_it_touches_nobody_else(signed_in, alice):
    other = make_user()
    Authenticator.objects.create(user=other, type="totp", data={"secret": "x"})
    assert remove(alice.email) == {"removed": 0}
    assert Authenticator.objects.get().user == other
    assert not mail.outbox


def test_an_unknown_address_is_a_wrong_call(db):
    with pytest.raises(CommandError, match="No account") as raised:
        remove("nobody@example.com")
    assert raised.value.returncode == 2


def test_a_mail_server_that_fails_undoes_nothing(signed_in, alice, monkeypatch):
    set_up_app(signed_in)

    def fail(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr("accounts.services.remove_second_factor.send_now", fail)
    assert remove(alice.email) == {"removed": 1}
    assert not Authenticator.objects.exists()
