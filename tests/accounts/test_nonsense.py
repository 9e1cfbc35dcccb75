"""Whatever is typed in is answered with a sentence and the right status."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.forms import clean_name
from accounts.models import Tenant, User
from tests.accounts.people import FORM, read, sign_in, sign_up

pytestmark = pytest.mark.django_db

NONSENSE = {
    "300 characters": "x" * 300,
    "an address of 260 characters": "x" * 60 + "@" + "y" * 60 + "." + "y" * 60 + "." + "y" * 60 + ".example12345",
    "NUL": "a\x00b",
    "control character": "a\x07b",
    "bell and escape": "\x1b[31m\x07",
    "lone surrogate": "\udc80",
    "override": "a‮b",
    "spaces": "   ",
    "markup": "<script>alert(1)</script>",
    "lines": "a\r\nBcc: x@example.com",
}


@pytest.mark.parametrize("field", ["email", "password1", "workspace_name"])
@pytest.mark.parametrize("text", NONSENSE.values(), ids=list(NONSENSE))
def test_nonsense_at_sign_up_is_answered_in_words(field, text, client):
    if text == "\udc80":
        body = "&".join(f"{name}={'%ED%B2%80' if name == field else value}" for name, value in FORM.items())
        response = client.post("/accounts/signup/", body, "application/x-www-form-urlencoded")
    else:
        response = sign_up(client, **{field: text})
    assert response.status_code in {200, 302, 400}
    if response.status_code == 302:
        assert User.objects.count() == Tenant.objects.count() == 1
        assert User.objects.get().email == "nora@example.com"
    else:
        page = read(response)
        assert page.text
        assert "<script>alert" not in page.html
        assert not User.objects.exists()


@pytest.mark.parametrize("text", NONSENSE.values(), ids=list(NONSENSE))
def test_nonsense_at_sign_in_is_answered_in_words(text, client):
    for email, password in ((text, "x"), ("alice@example.com", text)):
        if "\udc80" in text:
            continue
        response = sign_in(client, email, password)
        assert response.status_code == 200
        assert read(response).form_of("Sign in")


@pytest.mark.parametrize("text", NONSENSE.values(), ids=list(NONSENSE))
def test_nonsense_at_password_reset_is_answered_in_words(text, client):
    if "\udc80" not in text:
        response = client.post("/accounts/password/reset/", {"email": text})
        assert response.status_code == 200
        assert read(response).text


@pytest.mark.parametrize("field", FORM)
def test_a_megabyte_in_a_field_is_answered_with_a_page(field):
    browser = Client(raise_request_exception=False)
    body = "&".join(f"{name}={'x' * 1_000_000 if name == field else value}" for name, value in FORM.items())
    response = browser.post("/accounts/signup/", body, "application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert read(response).hrefs
    assert not User.objects.exists()


def test_a_megabyte_in_a_part_is_answered_with_a_page():
    browser = Client(raise_request_exception=False)
    response = browser.post("/accounts/signup/", {**FORM, "workspace_name": "x" * 1_000_000})
    assert response.status_code == 400
    assert read(response).text


def test_a_thousand_fields_are_answered_with_a_page():
    browser = Client(raise_request_exception=False)
    response = browser.post("/accounts/signup/", {**FORM, **{f"f{number}": "x" for number in range(1000)}})
    assert response.status_code == 400
    assert read(response).text


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{}", b"--x--"])
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "multipart/form-data", "application/json", "a/b"])
def test_a_body_that_is_no_form_is_answered_with_a_page(body, kind):
    response = Client(raise_request_exception=False).post("/accounts/signup/", body, kind)
    assert response.status_code in {200, 400}
    assert read(response).text


@pytest.mark.parametrize("name", ["🌱 Growth 🚀", "مكتب نورا", "日本語の会社", "O'Hara & Söhne <GmbH>", "x" * 80])
def test_names_of_all_scripts_are_taken_as_they_are(name, client):
    assert sign_up(client, workspace_name=name).status_code == 302
    assert Tenant.objects.get().name == name


def test_white_space_in_a_name_becomes_one_space():
    assert clean_name("  Nora's \t\n Nook ") == "Nora's Nook"


def test_a_name_of_81_characters_is_refused(client):
    assert "80 characters" in read(sign_up(client, workspace_name="x" * 81)).text
    assert not Tenant.objects.exists()


def test_markup_in_a_name_is_shown_and_not_run(client, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    sign_up(client, workspace_name="<script>alert(1)</script>")
    html = client.get(client.get("/")["Location"]).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
