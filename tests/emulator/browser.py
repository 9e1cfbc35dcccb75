"""Plays the person in front of the consent page, over real HTTP."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class ConsentRefused(Exception):
    """The page shown instead of a redirect."""

    def __init__(self, status: int, page: str) -> None:
        super().__init__(f"{status}: {page}")
        self.status = status
        self.page = page


@dataclass
class ConsentForm(HTMLParser):
    """What the page's form would send: hidden fields, and the permissions it offers."""

    hidden: list[tuple[str, str]] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden":
            self.hidden.append((given["name"], given["value"]))
        if tag == "input" and given.get("name") == "permission":
            self.offered.append(given["value"])


AForm = TypeVar("AForm", bound=ConsentForm)


def consent(
    authorize_url: str, person: str, *, decision: str = "allow", permissions: Iterable[str] | None = None
) -> str:
    """Reads the page, ticks, presses a button; returns where the browser is sent. None ticks all."""
    address = urlsplit(authorize_url)
    connection = HTTPConnection(address.netloc, timeout=10)
    try:
        form = read_page(connection, f"{address.path}?{address.query}", ConsentForm())
        ticked = form.offered if permissions is None else list(permissions)
        fields = [*form.hidden, ("person", person), ("decision", decision)]
        fields += [("permission", each) for each in ticked]
        connection.request("POST", address.path, urlencode(fields), FORM)
        return location_of(connection.getresponse())
    finally:
        connection.close()


def read_page(connection: HTTPConnection, target: str, form: AForm) -> AForm:
    connection.request("GET", target)
    response = connection.getresponse()
    page = response.read().decode()
    if response.status != 200:
        raise ConsentRefused(response.status, page)
    form.feed(page)
    return form


def location_of(response: HTTPResponse, status: int = 302) -> str:
    page = response.read().decode()
    location = response.getheader("Location")
    if response.status != status or location is None:
        raise ConsentRefused(response.status, page)
    return location


@dataclass
class DialogForm(ConsentForm):
    """What Facebook's second step would send besides: the Pages it offers to share."""

    pages: list[str] = field(default_factory=list)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("name") == "page":
            self.pages.append(given["value"])


def facebook_consent(
    dialog_url: str,
    person: str,
    *,
    decision: str = "allow",
    permissions: Iterable[str] | None = None,
    pages: Iterable[str] | None = None,
) -> str:
    """Goes through both steps of Facebook's dialog; returns where the browser is sent.

    person: their id.
    permissions, pages: what is ticked, Pages by their ids; None ticks all.
    """
    address = urlsplit(dialog_url)
    connection = HTTPConnection(address.netloc, timeout=10)
    try:
        first = read_page(connection, f"{address.path}?{address.query}", ConsentForm())
        chosen = urlencode([*first.hidden, ("person", person), ("decision", "next")])
        connection.request("POST", address.path, chosen, FORM)
        form = read_page(connection, location_of(connection.getresponse(), 303), DialogForm())
        fields = [*form.hidden, ("decision", decision)]
        fields += [("permission", each) for each in (form.offered if permissions is None else permissions)]
        fields += [("page", each) for each in (form.pages if pages is None else pages)]
        connection.request("POST", address.path, urlencode(fields), FORM)
        return location_of(connection.getresponse())
    finally:
        connection.close()
