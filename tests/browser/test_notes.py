"""What an action brings is told over the page: nothing moves under the pointer, nothing that can be pressed hides."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.browser.journeys import connected
from tests.browser.stage import Stage
from tests.browser.visitor import DESK, PHONE, Visitor

ACTIONS = ["Check now", "Refresh now", "Send reconnect link", "Save contact address"]


def place(thing: Locator) -> FloatRect:
    found = thing.bounding_box()
    assert found is not None
    return found


def overlap(one: FloatRect, other: FloatRect) -> bool:
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    return across and one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]


def note_after(visitor: Visitor, words: str) -> Locator:
    visitor.press(words)
    note = visitor.page.locator("#notes .alert")
    expect(note.get_by_role("button", name="Close")).to_be_visible()
    return note


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def alice(request: pytest.FixtureRequest, stage: Stage) -> Visitor:
    """On the page of a connection."""
    visitor = stage.visitor(size=request.param, name="notes")
    connected(stage, visitor)
    return visitor


@pytest.mark.parametrize("words", ACTIONS)
def test_a_note_moves_nothing_and_hides_no_button(alice: Visitor, words: str) -> None:
    button = alice.button(words)
    button.scroll_into_view_if_needed()
    before = place(button)
    note = note_after(alice, words)
    assert place(button) == before
    buttons = alice.page.locator("#connection .actions button, #connection form:has(#id_contact_email) button").all()
    assert len(buttons) == 5
    assert not [each.inner_text() for each in buttons if overlap(place(each), place(note))]
    expect(button).to_be_focused()
    alice.look(f"note-{ACTIONS.index(words)}")


def test_a_note_is_closed_by_its_button_or_the_keyboard_and_replaced_by_the_next(alice: Visitor) -> None:
    note_after(alice, "Check now").get_by_role("button", name="Close").click()
    expect(alice.page.locator("#notes .alert")).to_have_count(0)
    note_after(alice, "Check now")
    expect(note_after(alice, "Refresh now")).to_have_text(re.compile("under 24 hours"))
    expect(alice.page.locator("#notes .alert")).to_have_count(1)
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator("#notes .alert")).to_have_count(0)
    alice.has_no_trouble()


def test_a_death_is_told_by_the_page_alone(stage: Stage, alice: Visitor) -> None:
    stage.emulator.state.change_password("creator")
    alice.press("Check now")
    why = alice.page.locator("#why")
    expect(why).to_be_focused()
    expect(why).to_be_in_viewport()
    expect(why.get_by_role("button", name="Reconnect Instagram")).to_be_visible()
    expect(alice.page.locator(".alert:visible")).to_have_count(1)
    alice.look("note-death")
