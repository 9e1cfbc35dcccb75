"""Mailed links are built from SITE_URL, whatever host a request claims."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from tests.accounts.people import html_of, sign_up

pytestmark = pytest.mark.django_db
HOSTS = ["127.0.0.1", "testserver", "localhost:9999"]


def addresses():
    """What a person can press in the mails: in the text, and as `href` or `src` in the other version."""
    texts = [address for message in mail.outbox for address in re.findall(r"https?://\S+", str(message.body))]
    html = "".join(map(html_of, mail.outbox))
    return texts + re.findall(r'(?:href|src)="([^"]*)"', html)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("site", ["https://perennial.example", "http://localhost:8000"])
def test_no_mail_names_another_host(host, site, settings, alice):
    settings.SITE_URL = site
    settings.ALLOWED_HOSTS = ["*"]
    browser = Client(headers={"host": host})
    sign_up(browser)
    sign_up(browser, email=alice.email)
    browser.post("/accounts/password/reset/", {"email": alice.email})
    browser.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert len(mail.outbox) >= 3
    assert addresses()
    assert {"/".join(address.split("/")[:3]) for address in addresses()} == {site}


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-forwarded-proto", "forwarded", "x-forwarded-port"])
def test_no_mail_believes_a_forwarding_header(name, alice):
    value = {"forwarded": "host=evil.example", "x-forwarded-proto": "https"}.get(name, "evil.example")
    Client(headers={name: value}).post("/accounts/password/reset/", {"email": alice.email})
    assert {"/".join(address.split("/")[:3]) for address in addresses()} == {"http://localhost:8000"}


def test_a_host_that_is_not_allowed_is_refused_with_a_page():
    response = Client(headers={"host": "evil.example"}, raise_request_exception=False).get("/accounts/signup/")
    assert response.status_code == 400
    assert b"evil.example" not in response.content
    assert b"<h1>" in response.content
