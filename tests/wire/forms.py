"""Reads the emulator's pages as a browser does, and presses their buttons over real HTTP."""

from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlencode

from .client import FORM, Client, Reply


@dataclass
class PageForm:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    words: str = ""
    options: dict[str, list[str]] = field(default_factory=dict)


class Forms(HTMLParser):
    """Every form of a page: its fields with their values, and the words on its button."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[PageForm] = []
        self._select = ""
        self._on_button = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(PageForm(given["action"], given["method"]))
        elif tag == "input":
            self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option":
            self.found[-1].options.setdefault(self._select, []).append(given["value"])
            self.found[-1].fields.setdefault(self._select, given["value"])
        self._on_button = tag == "button"

    def handle_endtag(self, tag: str) -> None:
        self._on_button = False

    def handle_data(self, data: str) -> None:
        if self._on_button:
            self.found[-1].words += data


def forms(page: str) -> list[PageForm]:
    return Forms(page).found


def form_of(page: str, words: str, person: str | None = None) -> PageForm:
    fitting = [each for each in forms(page) if each.words == words and each.fields.get("person") == person]
    assert len(fitting) == 1, f"{len(fitting)} buttons say {words!r} for {person}"
    return fitting[0]


def press(client: Client, words: str, person: str | None = None, **typed: str) -> str:
    """Presses the button; follows the way back; returns the page that tells what happened."""
    reply = pressed(client, words, person, **typed)
    assert reply.status == 303, reply.text
    page = client.get(reply.headers["Location"])
    assert page.status == 200
    return page.text


def pressed(client: Client, words: str, person: str | None = None, **typed: str) -> Reply:
    form = form_of(client.get("/").text, words, person)
    assert form.method == "post"
    assert set(typed) <= set(form.fields)
    return client.send("POST", form.action, urlencode({**form.fields, **typed}), {**FORM, "Origin": client.url})


def told(page: str, role: str = "status") -> str:
    """The sentence a page opens with."""
    _, found, rest = page.partition(f'role="{role}">')
    return unescape(rest.partition("</p>")[0]) if found else ""
