"""Reads pages as a browser without script does: words, links, forms with their fields and buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

SILENT = {"script", "style", "title"}


@dataclass
class Button:
    """What a person can press. `type` is empty where the page leaves it out."""

    words: str
    type: str
    form: Form | None


@dataclass
class Form:
    """A form as it would be sent untouched: `fields` holds its values by name."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    @property
    def visible(self) -> list[str]:
        """The names of what a person fills in."""
        return [name for name, type in self.types.items() if type != "hidden"]


class Page(HTMLParser):
    """A page taken apart."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[Form] = []
        self.buttons: list[Button] = []
        self.hrefs: list[str] = []
        self.referrer = ""
        self._form: Form | None = None
        self._button: Button | None = None
        self._silent = 0
        self._words: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        """All visible words, with single spaces."""
        return " ".join(" ".join(self._words).split())

    @property
    def button_words(self) -> list[str]:
        return [button.words for button in self.buttons]

    def form_of(self, words: str) -> Form:
        """The form whose button says exactly `words`."""
        found = [button.form for button in self.buttons if button.words == words]
        assert len(found) == 1, f"{len(found)} buttons {words!r}; there are {self.button_words}"
        assert found[0] is not None, f"the button {words!r} stands in no form"
        return found[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in SILENT:
            self._silent += 1
        elif tag == "form":
            self._form = Form(given.get("method", "get").lower(), given.get("action", ""))
            self.forms.append(self._form)
        elif tag == "a" and "href" in given:
            self.hrefs.append(given["href"])
        elif tag == "button":
            self._press(Button("", given.get("type", ""), self._form))
        elif tag in {"input", "textarea", "select"}:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text") if tag == "input" else tag
        if kind in {"submit", "button", "image"}:
            self._press(Button(given.get("value", ""), f"input {kind}", self._form))
            self._button = None
        elif self._form is not None and "name" in given:
            self._form.types[given["name"]] = kind
            if kind not in {"checkbox", "radio"} or "checked" in given:
                self._form.fields[given["name"]] = given.get("value", "")

    def _press(self, button: Button) -> None:
        self._button = button
        self.buttons.append(button)
        if self._form is not None:
            self._form.buttons.append(button)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1
        elif tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self._words.append(data)
        if self._button is not None:
            self._button.words = " ".join(f"{self._button.words} {data}".split())
