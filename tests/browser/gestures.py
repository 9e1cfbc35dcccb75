"""What people do on pages, by the words on them."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.browser.visitor import Visitor


def sign_in(visitor: Visitor, email: str, password: str) -> None:
    visitor.field("email").fill(email)
    visitor.field("password").fill(password)
    visitor.press("Sign in")


def leave(visitor: Visitor, instagram: str, words: str = "Connect Instagram") -> None:
    """Presses the button that leads to Instagram; on an explanation that stands between, once more."""
    visitor.press(words)
    visitor.page.wait_for_load_state()
    if not visitor.page.url.startswith(instagram):
        visitor.press(words)
    visitor.arrives(f"{instagram}/oauth/authorize")


def choose(visitor: Visitor, person: str) -> None:
    visitor.page.get_by_role("radio", name=re.compile(rf"^@{re.escape(person)}\b")).check()


def allow(visitor: Visitor, person: str) -> None:
    choose(visitor, person)
    visitor.press("Allow")


def card(visitor: Visitor, person: str) -> Locator:
    """The person's card on the emulator's page for people."""
    heading = visitor.page.get_by_role("heading", name=f"@{person}", exact=True)
    return visitor.page.get_by_role("article").filter(has=heading)


def at_instagram(visitor: Visitor, instagram: str, person: str, words: str) -> None:
    """Presses one of the person's buttons on the emulator's page."""
    visitor.open(instagram)
    card(visitor, person).get_by_role("button", name=words, exact=True).click()
    expect(visitor.page.get_by_role("status")).to_contain_text(f"@{person}")


def row(visitor: Visitor, person: str) -> Locator:
    """The person's row in the workspace's list."""
    return visitor.page.get_by_role("row").filter(has_text=f"@{person}")
