"""Every mail, in every language, is written so that poor mail programs show it whole."""

from __future__ import annotations

import functools
import html as markup
import re
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from notifications import registry
from notifications.audience import DIGEST
from notifications.registry import Audience
from notifications.writing import write
from tests.notifications.mail_markup import Mail, contrast, declarations
from tests.notifications.samples import Specimen, specimens

FRAME = {"html", "head", "meta", "title", "style", "body"}
TAGS = FRAME | {"table", "tr", "td", "p", "a", "h1", "h2", "ul", "ol", "li", "strong", "br", "span", "div"}
ATTRIBUTES = {
    *("align", "bgcolor", "border", "cellpadding", "cellspacing", "charset", "class", "content", "dir", "href"),
    *("lang", "name", "role", "style", "width", "xmlns"),
}
ADDRESS = re.compile(r"https?://[^\s<>\"”]+")
HYPE = re.compile(
    r"!|\b(?:urgent|act now|free|winner|guaranteed|dringend|gratis|garantiert)\b|(?-i:[A-Z]{5,})", re.IGNORECASE
)
WHY = {"en": "You get this mail because ", "de": "Sie bekommen diese E-Mail, weil "}
TO_ANYBODY = ("this address is used at Perennial", "diese Adresse bei Perennial benutzt wird")


@functools.cache
def taken_apart(specimen: Specimen) -> Mail:
    return Mail(specimen.mail.html)


def rule(check: Callable[[Specimen, Mail], Iterator[str]]) -> Callable[[], None]:
    """A test that names whatever mail breaks the rule."""

    def test() -> None:
        broken = [f"{each.name}: {what}" for each in specimens() for what in check(each, taken_apart(each))]
        assert broken == []

    test.__doc__ = check.__doc__
    return test


def test_there_is_a_sample_of_every_kind_and_a_line_of_whatever_may_come_in_a_digest() -> None:
    assert {kind.name for kind in registry.kinds()} == {each.kind.name for each in specimens()}
    queued = [kind for kind in registry.kinds() if kind.queued and kind.audience is not Audience.STAFF]
    assert [kind.name for kind in queued if kind.line is None] == [DIGEST]


@rule
def test_the_frame_is_whole(specimen: Specimen, mail: Mail) -> Iterator[str]:
    if mail.declaration.lower() != "doctype html" or not mail.is_closed:
        yield "no whole document"
    [whole] = mail.all("html")
    if whole.attributes.get("lang") != specimen.language or whole.attributes.get("dir") != "ltr":
        yield f"its language is {whole.attributes.get('lang')}"
    if [each.attributes["charset"] for each in mail.all("meta") if "charset" in each.attributes] != ["utf-8"]:
        yield "no charset"
    if len(specimen.mail.html.encode()) >= 100_000:
        yield "Gmail cuts it off"


@rule
def test_only_what_every_program_shows_is_used(specimen: Specimen, mail: Mail) -> Iterator[str]:
    for each in mail.elements:
        if each.tag not in TAGS:
            yield f"<{each.tag}>"
        yield from (f"{name}=" for name in each.attributes if name not in ATTRIBUTES)
        if each.tag == "table" and each.attributes.get("role") != "presentation":
            yield "a table that a screen reader reads out as one"
        if each.tag in TAGS - FRAME - {"tr", "strong", "br", "table", "div"} and "style" not in each.attributes:
            yield f"<{each.tag}> has no style of its own"


@rule
def test_nothing_is_loaded_from_anywhere(specimen: Specimen, mail: Mail) -> Iterator[str]:
    for remote in ("url(", "@import", "@font-face", "src=", "<link", "<script", "background="):
        if remote in specimen.mail.html:
            yield remote


@rule
def test_links_lead_to_the_site_and_are_the_same_in_both_twins(specimen: Specimen, mail: Mail) -> Iterator[str]:
    in_text = set(ADDRESS.findall(specimen.mail.text))
    for link in mail.links:
        if not link.startswith((f"{settings.SITE_URL}/", "mailto:")):
            yield f"leads to {link}"
        if link not in in_text:
            yield f"{link} is missing in the text"
    for link in in_text:
        if link not in markup.unescape(specimen.mail.html):
            yield f"{link} is missing in the HTML"


@rule
def test_nothing_is_left_open(specimen: Specimen, mail: Mail) -> Iterator[str]:
    for part in (specimen.mail.subject, specimen.mail.text, specimen.mail.html):
        yield from re.findall(r"\{\{|\}\}|\{%|%\}|\bNone\b|%\(\w+\)s|&amp;amp;|&lt;", part)
    if re.search(r"\n\s*\n\s*\n", specimen.mail.text):
        yield "empty lines run"
    if re.search(r"&(?:amp|#x27|quot|lt);", specimen.mail.subject + specimen.mail.text):
        yield "the text is escaped"
    if max(map(len, specimen.mail.text.encode().split(b"\n"))) > 998:
        yield "a line is too long for SMTP"


@rule
def test_the_inbox_shows_a_subject_and_a_preview_that_say_it(specimen: Specimen, mail: Mail) -> Iterator[str]:
    subject, title = specimen.mail.subject, mail.text_in("title")
    if not subject or "\n" in subject or (len(subject) > 80 and specimen.case != "Long names"):
        yield f"subject of {len(subject)} letters"
    if HYPE.search(subject.replace("STAFF", "")) and specimen.kind.audience is not Audience.STAFF:
        yield f"“{subject}” looks like advertising"
    if not re.search(r"\w", mail.text_in(".preheader")):
        yield "no preview"
    if not _words(title) & _words(f"{subject} {mail.text_in('h1')}"):
        yield f"its title “{title}” is about something else"


@rule
def test_every_word_stands_out_in_light_and_dark(specimen: Specimen, mail: Mail) -> Iterator[str]:
    shown = [each for each in mail.words if "preheader" not in each.element.classes and _is_shown(each.element.tag)]
    for each in shown:
        for dark in (False, True):
            ratio = contrast(*mail.seen(each, dark))
            if ratio < 4.5:
                yield f"“{each.text[:30]}” has {ratio:.1f}:1 {'dark' if dark else 'light'}"


@rule
def test_it_says_why_its_reader_gets_it(specimen: Specimen, mail: Mail) -> Iterator[str]:
    why = WHY[specimen.language]
    if not mail.text_in(".because").startswith(why) or why not in specimen.mail.text:
        yield "no word of why"
    if specimen.kind.queued and any(words in specimen.mail.text for words in TO_ANYBODY):
        yield "what it says fits anybody"


@rule
def test_both_twins_say_the_same(specimen: Specimen, mail: Mail) -> Iterator[str]:
    """Word for word, but for what stands around links and lists."""
    shown = [each.text for each in mail.words if _is_shown(each.element.tag) and not _is_hidden(each.element.classes)]
    text = _letters(specimen.mail.text)
    for words in shown:
        if words != "Perennial" and "If the button" not in words and "Falls die Schalt" not in words:
            missing = _letters(words)
            if missing and missing not in text:
                yield f"the text lacks “{words[:60]}”"


@pytest.mark.parametrize("which", ["text", "html"])
def test_the_ways_out_are_in_the_footer_where_they_are_given(which: str) -> None:
    kind = registry.find("reconnect_needed")
    assert kind.sample is not None
    values = next(iter(kind.sample().values()))
    ways = {
        "settings_url": "http://localhost:8000/settings-of-it",
        "unsubscribe_url": "http://localhost:8000/out-of-it",
    }
    for way in ways.values():
        assert way not in getattr(write(kind.templates, values), which)
        assert way in getattr(write(kind.templates, {**values, **ways}), which)


def test_the_schemes_that_outlook_com_marks_are_those_of_the_others() -> None:
    """Its attribute takes the place of the media query; a colour that is in one list alone is forgotten."""
    html = specimens()[0].mail.html
    [dark] = re.findall(r"prefers-color-scheme: dark\) \{(.*?)\n    \}", html, re.DOTALL)
    plain = {(name, tuple(sorted(declarations(body).items()))) for name, body in _rules(dark)}
    marked = {(name, tuple(sorted(declarations(body).items()))) for name, body in _rules(_of_outlook(html))}
    assert {(name, body) for name, body in plain if "border-color" not in dict(body)} == {
        (name, body) for name, body in marked if name != ".card"
    }


def _of_outlook(html: str) -> str:
    [block] = [each for each in re.findall(r"<style>(.*?)</style>", html, re.DOTALL) if "data-ogsc" in each]
    return re.sub(r"\[data-ogs[bc]\] ", "", block)


def _rules(block: str) -> list[tuple[str, str]]:
    return [(name.strip(), body) for name, body in re.findall(r"([^{}]+)\{([^{}]*)\}", block)]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w{4,}", text.lower()))


def _letters(text: str) -> str:
    return "".join(re.findall(r"\w", text))


def _is_shown(tag: str) -> bool:
    return tag not in {"title", "style", "head"}


def _is_hidden(classes: set[str]) -> bool:
    return "preheader" in classes
