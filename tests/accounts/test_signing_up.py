"""Signing up: e-mail, password and workspace name make a user, a workspace and an owner, or nothing."""

from __future__ import annotations

from collections import Counter

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import Event, Membership, Role, Tenant, User
from tests.accounts.people import FORM, PASSWORD, confirm, is_signed_in, read, sign_in, sign_up
from tests.notifications.post_office import closed_port
from tests.races import together
from tests.rows import all_rows

pytestmark = pytest.mark.django_db


def test_it_asks_for_three_things_and_nothing_else(client):
    form = read(client.get("/accounts/signup/")).form_of("Sign up")
    assert form.visible == ["email", "password1", "workspace_name"]
    assert [form.types[name] for name in form.visible] == ["email", "password", "text"]
    assert form.buttons[0].type == "submit"


def test_it_makes_a_user_a_workspace_and_an_owner(client):
    assert sign_up(client).status_code == 302
    user, tenant = User.objects.get(), Tenant.objects.get()
    assert (user.email, tenant.name, tenant.slug) == ("nora@example.com", "Nora's Nook", "noras-nook")
    assert user.check_password(PASSWORD)
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    membership = Membership.objects.get()
    assert (membership.user, membership.tenant, membership.role) == (user, tenant, Role.OWNER)
    address = EmailAddress.objects.get()
    assert (address.user, address.email, address.primary, address.verified) == (user, user.email, True, False)


def test_it_is_the_first_line_of_the_history(client):
    sign_up(client)
    event = Event.objects.get()
    assert (event.tenant, event.kind, event.actor) == (Tenant.objects.get(), "workspace_created", "nora@example.com")
    assert "Nora's Nook" in event.text


@pytest.mark.parametrize(
    "step",
    [
        "accounts.services.create_tenant.Tenant.objects.create",
        "accounts.services.create_tenant.Membership.objects.create",
        "accounts.services.create_tenant.events.record",
        "allauth.account.forms.setup_user_email",
    ],
)
def test_it_leaves_nothing_behind_when_a_step_fails(step, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("cut")

    monkeypatch.setattr(step, fail)
    browser = Client(raise_request_exception=False)
    assert sign_up(browser).status_code == 500
    assert not any(model.objects.exists() for model in (User, Tenant, Membership, Event, EmailAddress))
    assert not is_signed_in(browser)


def test_nobody_can_make_himself_staff(client):
    sign_up(client, is_staff="on", is_superuser="on", role="owner", tenant="x")
    assert not User.objects.get().is_superuser


@pytest.mark.parametrize("missing", FORM)
def test_each_of_the_three_is_needed(missing, client):
    before = all_rows(apart_from=frozenset({"perennial_cache", "django_session"}))
    response = sign_up(client, **{missing: ""})
    assert response.status_code == 200
    assert read(response).form_of("Sign up").fields
    assert "required" in read(response).text
    assert all_rows(apart_from=frozenset({"perennial_cache", "django_session"})) == before


@pytest.mark.parametrize("password", ["short", "12345678901", "password", "nora@example.com"])
def test_a_weak_password_is_refused_in_words(password, client):
    response = sign_up(client, password1=password)
    assert response.status_code == 200
    assert "password" in read(response).text.lower()
    assert not User.objects.exists()


def test_a_password_is_never_sent_back(client):
    response = sign_up(client, email="no address")
    assert PASSWORD not in response.content.decode()


def test_an_address_in_another_case_is_the_same_address(client):
    sign_up(client)
    sign_up(Client(), email="NORA@Example.COM", workspace_name="Another")
    assert User.objects.count() == 1
    assert Tenant.objects.count() == 1


def test_an_address_is_stored_in_lower_case_and_signs_in_in_any(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    sign_up(client, email="Nora@Example.COM")
    assert User.objects.get().email == "nora@example.com"
    assert EmailAddress.objects.get().email == "nora@example.com"
    other = Client()
    sign_in(other, email="NORA@example.com")
    assert is_signed_in(other)


def test_without_verification_one_is_signed_in_at_once(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/")["Location"] == "/w/noras-nook/"
    assert mail.outbox == []


def test_with_verification_one_is_not_signed_in_yet(client):
    sign_up(client)
    assert not is_signed_in(client)
    assert client.get("/w/noras-nook/").status_code == 302
    assert [message.to for message in mail.outbox] == [["nora@example.com"]]


def test_a_member_who_is_signed_in_is_led_past_the_form(signed_in):
    assert signed_in.get("/accounts/signup/")["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_one_address_signed_up_twice_at_once_makes_one_user():
    browsers = [Client(raise_request_exception=False) for _ in range(3)]
    statuses = Counter(together(*(lambda browser=browser: sign_up(browser).status_code for browser in browsers)))
    assert User.objects.count() == Tenant.objects.count() == Membership.objects.count() == 1
    assert statuses == {302: 3}


def test_a_mail_server_that_is_down_is_told_and_signing_up_can_be_finished_later(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 1
    browser = Client(raise_request_exception=False)
    with closed_port() as port:
        settings.EMAIL_PORT = port
        response = sign_up(browser)
        assert response.status_code == 302
        assert "no mail was sent" in read(browser.get(response["Location"])).text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()
    sign_in(browser)
    confirm(browser)
    assert EmailAddress.objects.get().verified
    assert Tenant.objects.count() == 1
