"""Every mail in a real browser: on a phone and at a desk, light and dark, and as programs show it that drop its styles.

The pictures are for people to look at: .artifacts/browser/mails/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from notifications import registry
from notifications.registry import Kind
from tests.browser.visitor import ARTIFACTS, AXE, FIND_VIOLATIONS
from tests.notifications.samples import Specimen, specimens

WIDTHS = (390, 700)
LEAST_TARGET = 44
STYLES = re.compile(r"<style>.*?</style>", re.DOTALL)
MEASURE = """() => {
    const shown = element => element.getClientRects().length > 0;
    const behind = element => {
        for (; element; element = element.parentElement) {
            const colour = getComputedStyle(element).backgroundColor;
            if (colour !== "rgba(0, 0, 0, 0)") return colour;
        }
        return "rgb(255, 255, 255)";
    };
    const words = [...document.querySelectorAll("td, p, h1, h2, li, a, strong")].filter(shown);
    const wide = element => element.getBoundingClientRect().right > innerWidth + 1;
    return {
        width: document.documentElement.scrollWidth,
        beyond: words.filter(wide).map(element => element.textContent.trim().slice(0, 40)),
        same: words.filter(element => getComputedStyle(element).color === behind(element)).length,
        button: [...document.querySelectorAll(".button a")].map(element => element.getBoundingClientRect())
            .map(box => [box.width, box.height]),
        page: behind(document.body),
        preheader: [...document.querySelectorAll(".preheader")].filter(shown).length,
    };
}"""
KINDS = [pytest.param(kind, id=kind.name) for kind in registry.kinds()]


@pytest.fixture(scope="module", params=WIDTHS)
def reader(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A mail program's window without script."""
    context = chromium.new_context(viewport={"width": request.param, "height": 900}, reduced_motion="reduce")
    (ARTIFACTS / "mails").mkdir(parents=True, exist_ok=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_reads_well_everywhere(reader: Page, kind: Kind) -> None:
    found = [each for each in specimens() if each.kind is kind]
    assert found
    first, last = found[0], found[-1]
    # Of the further cases the language with the longest words is enough.
    for specimen in (each for each in found if each.case == first.case or each.language == last.language):
        reader.set_content(specimen.mail.html)
        light = look(reader, specimen, "light")
        reader.emulate_media(color_scheme="dark")
        dark = look(reader, specimen, "dark")
        reader.emulate_media(color_scheme="light")
        assert light["page"] != dark["page"]
        reader.set_content(STYLES.sub("", specimen.mail.html))
        look(reader, specimen, "bare")


def look(reader: Page, specimen: Specimen, how: str) -> dict[str, Any]:
    """Takes a picture and judges what it shows."""
    width = (reader.viewport_size or {"width": 0})["width"]
    name = re.sub(r"\W+", "-", specimen.name)
    seen: dict[str, Any] = reader.evaluate(MEASURE)
    reader.screenshot(path=ARTIFACTS / "mails" / f"{name}-{width}-{how}.png", full_page=True, animations="disabled")
    told = f"{specimen.name}, {width} px, {how}"
    assert seen["width"] <= width, told
    assert seen["beyond"] == [], told
    assert seen["same"] == 0, told
    assert seen["preheader"] == 0, told
    for across, down in seen["button"]:
        assert min(across, down) >= LEAST_TARGET, f"{told}: a button of {across} × {down} px"
    return seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_mails_that_differ_most(reader: Page, scheme: Any) -> None:
    reader.emulate_media(color_scheme=scheme)
    for name in ("reconnect_needed", "reconnect_reminder_2", "digest", "brake_fell"):
        specimen = next(each for each in specimens() if each.kind.name == name)
        reader.set_content(specimen.mail.html)
        reader.evaluate(AXE)
        assert reader.evaluate(FIND_VIOLATIONS) == [], name
    reader.emulate_media(color_scheme="light")
