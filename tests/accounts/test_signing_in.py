"""Signing in and out, and a password that was forgotten."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from accounts.services.create_tenant import create_tenant
from tests.accounts.people import is_signed_in, mailed_path, read, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "another long pass phrase"


def test_the_form_asks_for_address_and_password(client):
    form = read(client.get("/accounts/login/")).form_of("Sign in")
    assert {form.types["login"], form.types["password"]} == {"email", "password"}


def test_signing_in_leads_to_the_workspace(client, alice, tenant):
    response = sign_in(client, alice.email, PASSWORD)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/")["Location"] == f"/w/{tenant.slug}/"


def test_signing_in_leads_back_to_where_one_wanted_to_go(client, alice, tenant):
    wall = client.get(f"/w/{tenant.slug}/")
    page = read(client.get(wall["Location"]))
    form = page.form_of("Sign in")
    response = client.post("/accounts/login/", {**form.fields, "login": alice.email, "password": PASSWORD})
    assert response["Location"] == f"/w/{tenant.slug}/"


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_signing_in_never_leads_away_from_here(next, client, alice, tenant):
    response = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD, "next": next})
    assert response.status_code == 302
    assert "evil" not in response["Location"]
    assert "javascript" not in response["Location"]


def test_a_wrong_password_is_told_and_not_echoed(client, alice):
    response = sign_in(client, alice.email, "wrong-password-here")
    assert response.status_code == 200
    assert not is_signed_in(client)
    assert "wrong-password-here" not in response.content.decode()
    assert "not correct" in read(response).text


def test_guessing_is_slowed_down(client, alice):
    for _ in range(20):
        sign_in(client, alice.email, "wrong")
    sign_in(client, alice.email, PASSWORD)
    assert not is_signed_in(client)


def test_an_account_that_was_closed_stays_out(client, alice):
    alice.is_active = False
    alice.save()
    sign_in(client, alice.email, PASSWORD)
    assert not is_signed_in(client)


def test_signing_in_changes_the_session_key(client, alice):
    client.get("/accounts/login/")
    session = client.session
    session["x"] = 1
    session.save()
    old = session.session_key
    sign_in(client, alice.email, PASSWORD)
    assert client.session.session_key != old


def test_signing_out_is_a_press(signed_in):
    page = read(signed_in.get("/accounts/logout/"))
    assert is_signed_in(signed_in)
    form = page.form_of("Sign out")
    signed_in.post(form.action or "/accounts/logout/", form.fields)
    assert not is_signed_in(signed_in)


def test_the_last_workspace_is_where_one_comes_back_to(signed_in, alice, tenant):
    other = create_tenant(name="Zebra", owner=alice)
    assert signed_in.get("/")["Location"] == f"/w/{tenant.slug}/"
    signed_in.get(f"/w/{other.slug}/")
    assert signed_in.get("/")["Location"] == f"/w/{other.slug}/"


def test_a_user_without_workspace_is_told_so(client, alice):
    sign_in(client, alice.email, PASSWORD)
    response = client.get("/")
    assert response.status_code == 200
    assert "workspace" in read(response).text


def test_a_forgotten_password_is_set_anew_by_mailed_link(client, alice, tenant):
    client.post("/accounts/password/reset/", {"email": "ALICE@example.com"})
    assert mail.outbox[-1].to == [alice.email]
    link = mailed_path("/accounts/password/reset/key/")
    response = client.get(link, follow=True)
    form = next(form for form in read(response).forms if "password1" in form.types)
    typed = {name: NEW for name, type in form.types.items() if type == "password"}
    client.post(form.action or response.request["PATH_INFO"], {**form.fields, **typed})
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "Confirm" not in read(client.get(link, follow=True)).button_words
    other = Client()
    sign_in(other, alice.email, NEW)
    assert is_signed_in(other)


def test_a_new_password_ends_the_sessions_of_other_browsers(client, alice, tenant):
    thief = Client()
    sign_in(thief, alice.email, PASSWORD)
    alice.set_password(NEW)
    alice.save()
    assert thief.get(f"/w/{tenant.slug}/").status_code == 302


def test_a_reset_link_works_once(client, alice):
    client.post("/accounts/password/reset/", {"email": alice.email})
    link = mailed_path("/accounts/password/reset/key/")
    alice.set_password(NEW)
    alice.save()
    page = read(Client().get(link, follow=True))
    assert all("password1" not in form.types for form in page.forms)
    assert page.text
