"""What people do with an authenticator app; the codes are worked out here, not by the product."""

from __future__ import annotations

import base64
import hmac
import re
import struct
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.accounts.people import read
from tests.conftest import PASSWORD
from tests.flows.processes import until

ADD, INDEX = "/accounts/2fa/totp/activate/", "/accounts/2fa/"
CODES = "/accounts/2fa/recovery-codes/"


def code_of(secret: str, *, steps: int = 0, good_for: float = 1.5) -> str:
    """What the app shows now, or some half minutes later (RFC 6238).

    Where the half minute is over in fewer seconds than `good_for`, it waits for the next one: what is typed then
    would be an old code.
    """
    until(lambda: 30 - timezone.now().timestamp() % 30 > good_for)
    counter = int(timezone.now().timestamp()) // 30 + steps
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), "sha1").digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def show_password(browser: Client, next: str, password: str = PASSWORD) -> Any:
    """Proves anew whose session it is."""
    response = browser.post("/accounts/reauthenticate/", {"password": password, "next": next})
    assert response.status_code == 302, read(response).text
    return response


def set_up_app(browser: Client) -> str:
    """Turns it on in a signed-in browser; the key that the app then holds."""
    show_password(browser, ADD)
    page = browser.get(ADD).content.decode()
    secret = re.sub(r"\s", "", re.findall(r'<code class="key">([A-Z2-7 ]+)</code>', page)[0])
    response = browser.post(ADD, {"code": code_of(secret)})
    assert (response.status_code, response["Location"]) == (302, CODES), read(response).text
    return secret


def recovery_codes(browser: Client) -> list[str]:
    page = browser.get(CODES).content.decode()
    return [code.replace(" ", "") for code in re.findall(r"<li><code>([\d ]+)</code></li>", page)]


def type_code(browser: Client, code: str) -> Any:
    """The second step of signing in."""
    return browser.post("/accounts/2fa/authenticate/", {"code": code})
