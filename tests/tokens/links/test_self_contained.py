"""Creators' pages load nothing from anybody else, tell no other site where they were, and are kept by nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from tests.tokens.journeys import allow, deny, leave_from
from tests.tokens.links.inviting import path_of

pytestmark = pytest.mark.django_db
LOADING = {
    "src",
    "srcset",
    "href",
    "data",
    "poster",
    "background",
    "action",
    "formaction",
    "ping",
    "manifest",
    "content",
}
ELSEWHERE = re.compile(r"(?:\w+:)?//")


class Loads(HTMLParser):
    """Whatever a page names that a browser might ask another host for, and what acts by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.by_itself: list[str] = []
        self.scripts: list[str] = []
        self.robots = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.foreign += [
            f"{tag} {name}={value}" for name, value in given.items() if name in LOADING and _leads_away(value)
        ]
        self.by_itself += [f"{tag} {name}" for name in given if name.startswith("on") or name in {"autofocus", "style"}]
        if tag == "script":
            self.scripts.append(given.get("src", "inline"))
        if given.get("http-equiv") or tag in {"iframe", "object", "embed", "style", "base"}:
            self.by_itself.append(tag)
        if given.get("name") == "robots":
            self.robots = given["content"]


def _leads_away(value: str) -> bool:
    return bool(ELSEWHERE.match(value.strip()))


def the_link(path: str, phone: Client) -> Any:
    return phone.get(path)


def closed(path: str, phone: Client) -> Any:
    return phone.get("/link/garbled/")


def asked_anew(path: str, phone: Client) -> Any:
    return phone.post(f"{path}new/")


def denied(path: str, phone: Client) -> Any:
    return phone.get(phone.get(deny(leave_from(phone, path), "creator"))["Location"])


def waits(path: str, phone: Client) -> Any:
    return phone.get(Client().get(allow(leave_from(phone, path), "creator"))["Location"])


def good(path: str, phone: Client) -> Any:
    return phone.get(phone.get(allow(leave_from(phone, path), "creator"))["Location"])


def wrong(path: str, phone: Client) -> Any:
    return phone.get(phone.get(allow(leave_from(phone, path), "sister"))["Location"])


def stopped(path: str, phone: Client) -> Any:
    return phone.get(f"{phone.get(allow(leave_from(phone, path), 'sister'))['Location']}stopped/")


PAGES: list[Callable[[str, Client], Any]] = [the_link, closed, asked_anew, denied, waits, good, wrong, stopped]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_creators_page_stands_alone(
    page: Callable[[str, Client], Any], path: str, phone: Client, emulator: Any
) -> None:
    emulator.state.add_person("sister")
    response = page(path, phone)
    loads = Loads(response.content.decode())
    assert loads.foreign == []
    assert loads.by_itself == []
    assert [each for each in loads.scripts if not re.fullmatch(r"/static/js/[\w.]+", each)] == []
    assert loads.robots == "noindex"
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert path.split("/")[2] not in response.content.decode()


@pytest.mark.parametrize("page", [the_link, closed, wrong], ids=lambda page: page.__name__)
def test_the_policy_forbids_whatever_a_page_might_forget(
    page: Callable[[str, Client], Any], path: str, phone: Client, emulator: Any
) -> None:
    emulator.state.add_person("sister")
    policy = dict(each.split(" ", 1) for each in page(path, phone)["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "'self' data:"
    for kind in ("script-src", "style-src", "connect-src", "font-src"):
        assert policy[kind] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_the_same_holds_for_an_invitation(invitation: Any, phone: Client) -> None:
    response = phone.get(path_of(invitation))
    assert (Loads(response.content.decode()).foreign, response["Referrer-Policy"]) == ([], "same-origin")


def test_the_way_back_from_instagram_tells_nobody_where_it_led(path: str, phone: Client) -> None:
    response = phone.get(deny(leave_from(phone, path), "creator"))
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
