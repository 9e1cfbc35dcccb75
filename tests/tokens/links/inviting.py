"""What the tests of connect links do over and over."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.markup import Page
from tests.tokens.journeys import allow, leave_from
from tokens.models import Link
from tokens.services import links


def path_of(link: Link) -> str:
    """What stands in the mail, without our origin."""
    return f"/link/{links.token_of(link)}/"


def connect_by(link: Link, person: str, browser: Client | None = None) -> Any:
    """Goes the whole way from the link's page: the answer of the callback."""
    browser = browser or Client()
    return browser.get(allow(leave_from(browser, path_of(link)), person))


def words_of(browser: Client, address: str) -> str:
    """All that stands on the page at the end of the way from `address`."""
    return Page(browser.get(address, follow=True).content.decode()).text
