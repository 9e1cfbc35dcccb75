"""What people type and follow on the pages for signing up and in."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.test import Client

from tests.markup import Page

SITE = "http://localhost:8000"
PASSWORD = "correct horse battery"
FORM = {"email": "nora@example.com", "password1": PASSWORD, "workspace_name": "Nora's Nook"}


def sign_up(browser: Client, **changes: str) -> Any:
    return browser.post("/accounts/signup/", {**FORM, **changes})


def sign_in(browser: Client, email: str = FORM["email"], password: str = PASSWORD) -> Any:
    return browser.post("/accounts/login/", {"login": email, "password": password})


def is_signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def read(response: Any) -> Page:
    return Page(response.content.decode())


def mailed_path(part: str) -> str:
    """The one address of ours in the last mail that holds `part`, without our origin."""
    found = {address for address in re.findall(r"https?://\S+", str(mail.outbox[-1].body)) if part in address}
    assert len(found) == 1, found
    address: str = found.pop()
    assert address.startswith(SITE), address
    return address.removeprefix(SITE)


def html_of(message: EmailMessage) -> str:
    """The other version of a mail, for programs that show markup."""
    assert isinstance(message, EmailMultiAlternatives)
    return "".join(str(part) for part, kind in message.alternatives if kind == "text/html")


def confirm(browser: Client) -> Any:
    """Opens the mailed link and presses Confirm."""
    path = mailed_path("/confirm-email/")
    form = read(browser.get(path)).form_of("Confirm")
    return browser.post(form.action, form.fields)
