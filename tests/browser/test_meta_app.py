"""An owner sets up the workspace's own Meta app, tests it, connects through it and stops using it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.gestures import allow, leave
from tests.browser.journeys import CONNECTION, WORKSPACE, connected, move_in
from tests.browser.stage import Stage
from tests.browser.visitor import PHONE, SIZES, VIEWS, Visitor
from tokens.models import Connection, MetaApp

PAGE = f"{WORKSPACE}settings/meta-app/"
APP_ID = "424242424242"
SECRET = "f00dfeedf00dfeedf00dfeedf00dfeed"


def enter(visitor: Visitor, app_id: str, secret: str) -> None:
    visitor.page.get_by_label("Instagram app ID").fill(app_id)
    visitor.page.get_by_label("Instagram app secret").fill(secret)
    visitor.press("Save app")
    visitor.page.wait_for_load_state()


@VIEWS
def test_an_owner_sets_up_tests_and_uses_an_app(stage: Stage, size: tuple[int, int], script: bool) -> None:
    ours = f"{stage.url}/oauth/callback/instagram/"
    stage.emulator.state.add_app(APP_ID, SECRET, "Alice's own app", ["https://elsewhere.example/"])
    alice = stage.visitor(size=size, script=script, name="meta-app")
    before = connected(stage, alice)
    alice.open(PAGE)
    alice.reads("When do you need one of your own?")
    alice.look("none-yet")

    enter(alice, "my app", SECRET)
    alice.reads("An app ID is a number.")
    expect(alice.page.get_by_label("Instagram app secret")).to_have_value("")
    alice.look("wrong-id", status=400)

    enter(alice, APP_ID, "0ddba110ddba110ddba110ddba110dda")
    alice.reads("Not tested yet", re.compile("1 account through this installation's app"))
    alice.look("saved")

    alice.press("Test this app")
    alice.reads("The secret is wrong.")
    alice.look("wrong-secret")

    enter(alice, APP_ID, SECRET)
    alice.press("Test this app")
    alice.reads("The redirect URI is not registered.")

    registered = alice.page.get_by_label("OAuth redirect URI", exact=True).input_value()
    assert registered == ours
    stage.emulator.state.add_app(APP_ID, SECRET, "Alice's own app", [registered])
    alice.press("Test this app")
    alice.reads("Meta accepts the app ID and the secret.")
    alice.look("sound")

    alice.open(before)
    leave(alice, stage.emulator.url, "Reconnect Instagram")
    alice.reads(re.compile("Alice's own app"))
    allow(alice, "creator")
    alice.arrives(CONNECTION)
    assert Connection.objects.get().meta_app.app_id == APP_ID
    alice.open(PAGE)
    alice.reads("An account was connected through it.")
    alice.look("works")

    alice.press("Stop using this app")
    alice.reads(re.compile(f"1 account stays with {APP_ID}"))
    alice.look("stop")
    alice.press("Stop using this app")
    alice.arrives(PAGE)
    alice.reads("When do you need one of your own?", re.compile("which you used before"))
    alice.look("stopped")
    assert MetaApp.objects.get(app_id=APP_ID).retired_at is not None


def test_an_address_is_copied_by_its_button_and_without_script_there_is_none(stage: Stage) -> None:
    alice = stage.visitor(size=PHONE, name="meta-app-copy")
    move_in(alice)
    alice.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=stage.url)
    alice.open(PAGE)
    button = alice.page.get_by_role("button", name="Copy: OAuth redirect URI")
    button.click()
    expect(button).to_have_text("Copied")
    assert alice.page.evaluate("navigator.clipboard.readText()") == f"{stage.url}/oauth/callback/instagram/"
    alice.has_no_trouble()

    plain = stage.visitor(size=PHONE, script=False, name="meta-app-copy")
    for cookie in alice.context.cookies():
        plain.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": stage.url}])
    plain.open(PAGE)
    expect(plain.page.get_by_role("button", name=re.compile("^Copy"))).to_have_count(0)
    field = plain.page.get_by_label("OAuth redirect URI", exact=True)
    expect(field).to_have_value(f"{stage.url}/oauth/callback/instagram/")
    expect(field).not_to_be_editable()


@SIZES
def test_a_secret_that_cannot_be_read_is_told_where_somebody_connects(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, name="meta-app-broken")
    move_in(alice)
    alice.open(PAGE)
    enter(alice, APP_ID, SECRET)
    MetaApp.objects.filter(app_id=APP_ID).update(secret=None)
    alice.open(WORKSPACE)
    alice.press("Connect Instagram")
    alice.reads("Nobody can connect just now")
    alice.look("nobody", status=503)
    alice.page.get_by_role("link", name="Enter the secret again").click()
    alice.reads("The stored secret can't be read.")
    alice.look("unreadable")
