"""An HTML mail taken apart as a mail program sees it: tags, links, and the colours of every word in both schemes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br"}
DARK = "@media (prefers-color-scheme: dark)"
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_PART = re.compile(r"\.?[\w-]+")


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None
    light: dict[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def lineage(self) -> list[Element]:
        """Itself, then what it stands in, outwards."""
        return [self, *(self.parent.lineage() if self.parent else [])]


@dataclass(frozen=True)
class Rule:
    selector: tuple[str, ...]
    declared: dict[str, str]

    @property
    def weight(self) -> tuple[int, int]:
        return sum(part.startswith(".") for part in self.selector), len(self.selector)

    def fits(self, element: Element) -> bool:
        *outer, last = self.selector
        if not _is(element, last):
            return False
        around = element.lineage()[1:]
        for part in reversed(outer):
            place = next((number for number, each in enumerate(around) if _is(each, part)), None)
            if place is None:
                return False
            around = around[place + 1 :]
        return True


@dataclass(frozen=True)
class Words:
    """A piece of text, with its colour and what lies behind it."""

    text: str
    element: Element


class Mail(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.words: list[Words] = []
        self.declaration = ""
        self.styles = ""
        self._now: Element | None = None
        self.feed(html)
        self.dark_rules = _rules(self.styles)

    def handle_decl(self, decl: str) -> None:
        self.declaration = decl

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, self._now, declarations(attributes.get("style", "")))
        self.elements.append(element)
        if tag not in VOID:
            self._now = element

    def handle_endtag(self, tag: str) -> None:
        assert self._now is not None, tag
        assert self._now.tag == tag, f"</{tag}> closes <{self._now.tag}>"
        self._now = self._now.parent

    def handle_data(self, data: str) -> None:
        if self._now is not None and self._now.tag == "style":
            self.styles += data
        elif data.strip() and self._now is not None:
            self.words.append(Words(" ".join(data.split()), self._now))

    def all(self, tag: str) -> list[Element]:
        return [each for each in self.elements if each.tag == tag]

    def text_in(self, name: str) -> str:
        """The text within a tag, or within a class that is written `.name`."""
        return " ".join(each.text for each in self.words if any(_is(around, name) for around in each.element.lineage()))

    @property
    def links(self) -> list[str]:
        return [each.attributes["href"] for each in self.all("a")]

    @property
    def is_closed(self) -> bool:
        return self._now is None

    def seen(self, words: Words, dark: bool) -> tuple[str, str]:
        """The colour of a text and the one behind it."""
        return self._inherited(words.element, "color", dark), self._inherited(words.element, "background-color", dark)

    def _inherited(self, element: Element, name: str, dark: bool) -> str:
        for each in element.lineage():
            if value := self._declared(each, name, dark):
                return value
        return {"color": "#000000", "background-color": "#ffffff"}[name]

    def _declared(self, element: Element, name: str, dark: bool) -> str:
        value = element.light.get(name, "")
        if dark:
            fitting = [rule for rule in self.dark_rules if name in rule.declared and rule.fits(element)]
            # The sort is stable: of two that weigh the same the later one counts.
            for rule in sorted(fitting, key=lambda rule: rule.weight):
                value = rule.declared[name]
        return value


def _is(element: Element, part: str) -> bool:
    return part[1:] in element.classes if part.startswith(".") else element.tag == part


def declarations(style: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in style.split(";") if each.strip())
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _rules(styles: str) -> list[Rule]:
    _, _, dark = styles.partition(DARK)
    # The block ends before the next one of styles begins.
    dark = dark.partition("[data-ogs")[0]
    found = []
    for selectors, body in _RULE.findall(dark[dark.find("{") + 1 :]):
        for selector in selectors.split(","):
            found.append(Rule(tuple(_PART.findall(selector)), declarations(body)))
    return found


def contrast(one: str, other: str) -> float:
    """As WCAG 2 counts it, of two colours written `#rrggbb`."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
