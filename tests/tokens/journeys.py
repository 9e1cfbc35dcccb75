"""The way to Instagram and back, step by step, for tests that stop in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from tests.emulator.browser import consent
from tests.factories import credential_of
from tokens.models import Connection

SITE = "http://localhost:8000"
CALLBACK = "/oauth/callback/instagram/"


def sign_in(user: Any) -> Client:
    """A browser in which `user` is signed in."""
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def leave(browser: Client, slug: str) -> str:
    """Presses "Connect Instagram"; the address of the consent page."""
    return leave_from(browser, f"/w/{slug}/connect/instagram_login/")


def leave_from(browser: Client, path: str) -> str:
    """Posts to `path`; the address of the consent page that it leads to."""
    response = browser.post(path)
    assert response.status_code == 302, response.content.decode()
    return response["Location"]


def allow(address: str, person: str, permissions: Iterable[str] | None = None) -> str:
    """Presses Allow; where the browser is sent, without our origin."""
    return back(consent(address, person, permissions=permissions))


def deny(address: str, person: str) -> str:
    return back(consent(address, person, decision="cancel"))


def back(url: str) -> str:
    """The path and query that a browser asks for: the mark stays with it."""
    assert url.startswith(SITE), url
    return url.removeprefix(SITE).partition("#")[0]


def token_of(connection: Connection) -> str:
    """The token as it stands in the database now, decrypted."""
    sealed = credential_of(connection).token
    assert sealed is not None
    return str(sealed.reveal())


def dates_of(connection: Connection) -> tuple[dt.datetime, dt.datetime, dt.datetime]:
    """When the token was issued, when it expires and when it is due; all of them known."""
    credential = credential_of(connection)
    assert credential.issued_at and credential.expires_at and credential.due_at
    return credential.issued_at, credential.expires_at, credential.due_at


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def code_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["code"][0]


def callback(**query: str) -> str:
    return f"{CALLBACK}?{urlencode(query)}"


def follow(browser: Client, path: str) -> Any:
    """GET, and wherever it leads."""
    return browser.get(path, follow=True)
