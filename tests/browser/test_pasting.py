"""A member pastes a token: what is refused leaves an empty field, what is kept leads to the connection."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.journeys import CONNECTION, WORKSPACE, connected, move_in
from tests.browser.stage import Stage
from tests.browser.visitor import VIEWS, Visitor
from tokens.models import Connection

PAGE = f"{WORKSPACE}connect/paste/"


def paste(visitor: Visitor, text: str) -> None:
    visitor.page.get_by_label("Token").fill(text)
    visitor.press("Paste a token")
    visitor.page.wait_for_load_state()


def refuses(visitor: Visitor, text: str, words: str, step: str) -> None:
    paste(visitor, text)
    visitor.reads(words)
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    expect(visitor.page.get_by_label("Token")).to_have_value("")
    assert text not in visitor.page.content()
    visitor.look(step)


@VIEWS
def test_a_member_pastes_what_is_of_no_use_and_then_a_token(stage: Stage, size: tuple[int, int], script: bool) -> None:
    stage.emulator.state.add_person("carla")
    token = stage.emulator.state.issue_token("carla").access_token
    alice = stage.visitor(size=size, script=script, dark=True, name="pasting")
    move_in(alice)
    alice.look("empty-workspace")
    alice.page.get_by_role("link", name="Paste a token").click()
    alice.arrives(PAGE)
    expect(alice.heading).to_have_text("Paste a token")
    alice.look("form")
    paste(alice, "  ")
    alice.reads(re.compile("There is no token in it"))
    alice.look("nothing")
    refuses(alice, "123456|0f1e2d3c4b5a69788796a5b4c3d2e1f0", "That is an app token: it holds the app's secret.", "app")
    refuses(alice, "EAAC" + "x" * 60, "Facebook can't read this token.", "facebook")
    stage.emulator.state.add_fault("http_500", path="/me", times=1)
    refuses(alice, token, "Instagram did not answer as it should.", "no-answer")
    stage.emulator.state.add_app("77", "f00dfeedf00dfeedf00dfeedf00dfeed", "Somebody's app")
    other = stage.emulator.state.issue_token("carla", "77").access_token
    refuses(alice, other, "This token was made through another Meta app.", "wrong-app")

    alice.page.get_by_label("Contact address (optional)").fill("carla@creator.example")
    paste(alice, f" “{token[:50]}\n{token[50:]}” ")
    alice.arrives(CONNECTION)
    expect(alice.heading).to_contain_text("@carla")
    alice.reads(re.compile("@carla is connected. The token is verified and stored encrypted."))
    alice.look("kept")
    assert [(each.handle, each.contact_email) for each in Connection.objects.all()] == [
        ("carla", "carla@creator.example")
    ]
    assert token not in alice.page.content()

    # Back in the history stands the form, empty.
    alice.page.go_back()
    expect(alice.page.get_by_label("Token")).to_have_value("")
    assert token not in alice.page.content()
    alice.open(PAGE)
    paste(alice, token)
    alice.arrives(CONNECTION)
    alice.reads(re.compile("@carla holds this very token already"))
    alice.look("unchanged")


@VIEWS
def test_from_a_workspace_with_accounts_the_button_leads_there(
    stage: Stage, size: tuple[int, int], script: bool
) -> None:
    alice = stage.visitor(size=size, script=script, name="pasting-button")
    connected(stage, alice)
    alice.open(WORKSPACE)
    alice.look("workspace")
    alice.press("Paste a token")
    alice.arrives(PAGE)
    alice.look("form")
    stage.emulator.state.add_person("short")
    paste(alice, stage.emulator.state.issue_token("short", kind="short").access_token)
    alice.arrives(CONNECTION)
    expect(alice.heading).to_contain_text("@short")
    alice.look("exchanged")
