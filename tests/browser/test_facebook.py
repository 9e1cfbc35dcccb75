"""Through Facebook, with a pasted token, for a system user: each way, clicked from the workspace to its end."""

from __future__ import annotations

import re
from typing import Any

from django.core.management import call_command
from playwright.sync_api import expect

from tests.browser.gestures import row
from tests.browser.journeys import CONNECTION, WORKSPACE, connected, move_in
from tests.browser.stage import Stage
from tests.browser.test_pasting import paste
from tests.browser.visitor import SIZES, Visitor
from tests.emulator.facebook.cast import FEW, NONE, SINGLE, SYSTEM_USER, add_cast
from tokens.models import Connection

OUTCOME = re.compile(r"/connect/outcome/[0-9a-f-]{36}/")
HERE = re.compile(r"/w/alice-co/(#_=_)?$")


def cast_of(stage: Stage) -> dict[str, Any]:
    add_cast(stage.emulator.state, 0)
    world = stage.emulator.state.facebook
    return {each.name: each for each in (*world.persons.values(), *world.system_users.values())}


def go_to_facebook(visitor: Visitor, person: str, decision: str = "Continue") -> None:
    """From an explanation, through both steps of the dialog."""
    visitor.press("Connect through Facebook")
    through_the_dialog(visitor, person, decision)


def through_the_dialog(visitor: Visitor, person: str, decision: str = "Continue") -> None:
    """Says who one is, leaves everything ticked and presses a button."""
    visitor.page.get_by_role("radio", name=re.compile(rf"^{re.escape(person)}")).check()
    visitor.press("Continue")
    visitor.page.wait_for_load_state()
    visitor.press(decision)
    visitor.page.wait_for_load_state()


@SIZES
def test_a_member_connects_several_accounts_through_facebook(stage: Stage, size: tuple[int, int]) -> None:
    cast_of(stage)
    alice = stage.visitor(size=size, dark=True, name="facebook")
    move_in(alice)
    alice.page.get_by_role("link", name="Connect through Facebook").click()
    expect(alice.heading).to_have_text("Connect through Facebook")
    alice.look("explanation")
    go_to_facebook(alice, FEW[0])
    alice.arrives(OUTCOME)
    expect(alice.heading).to_have_text("Which accounts shall be connected?")
    alice.reads("Brandt & Partners")
    alice.look("choice")
    alice.press("Finish connecting")
    alice.reads("Choose at least one account.")
    alice.look("nothing-chosen")
    for handle in ("hana.paints", "flora.bakes"):
        alice.page.get_by_role("checkbox", name=re.compile(f"@{handle}")).check()
    alice.press("Finish connecting")
    alice.arrives(HERE)
    alice.reads("Connected: @hana.paints, @flora.bakes. Facebook wants a person to confirm it by")
    expect(row(alice, "hana.paints")).to_be_visible()
    alice.look("workspace")

    row(alice, "hana.paints").get_by_role("link").click()
    alice.arrives(CONNECTION)
    alice.reads("Facebook Login, through the Facebook Page Hana Paints", "A person must renew it by")
    alice.look("connection")
    alice.press("Disconnect")
    alice.reads("We also tell Facebook to take the app's permissions back")
    alice.look("disconnect")
    alice.press("Disconnect")
    alice.reads("At Facebook the app stays allowed: other accounts are connected by the same person, or may be.")
    alice.look("disconnected")


@SIZES
def test_what_goes_wrong_at_facebook_says_what_to_do(stage: Stage, size: tuple[int, int]) -> None:
    cast_of(stage)
    alice = stage.visitor(size=size, name="facebook-trouble")
    move_in(alice)
    for person, decision, words in (
        (NONE[0], "Continue", "No Instagram account was found"),
        (SINGLE[0], "Cancel", "You did not allow it"),
    ):
        alice.open(f"{WORKSPACE}connect/facebook_login/")
        go_to_facebook(alice, person, decision)
        alice.arrives(OUTCOME)
        expect(alice.heading).to_have_text(words)
        alice.look(decision.lower())
    alice.press("Try again")
    through_the_dialog(alice, SINGLE[0])
    alice.arrives(CONNECTION)
    expect(alice.heading).to_contain_text("@cafe.luna")

    # Reconnecting with somebody else's Pages.
    alice.press("Reconnect Instagram")
    through_the_dialog(alice, FEW[0])
    expect(alice.heading).to_have_text("That was another account")
    alice.reads(re.compile("We expected"))
    alice.look("another-account")


@SIZES
def test_a_creator_reconnects_through_facebook_by_the_mailed_link(stage: Stage, size: tuple[int, int]) -> None:
    cast = cast_of(stage)
    alice = stage.visitor(size=size, name="facebook-owner")
    move_in(alice)
    alice.open(f"{WORKSPACE}connect/facebook_login/")
    go_to_facebook(alice, SINGLE[0])
    alice.arrives(CONNECTION)
    Connection.objects.update(contact_email="tom@luna.example")
    stage.emulator.state.facebook.change_password(cast[SINGLE[0]].id)
    call_command("check_tokens", "--all")
    stage.deliver()
    alice.open(alice.path)
    alice.reads("The Facebook password was changed, or Facebook ended all sessions for security.")
    alice.look("ended")
    tom = stage.visitor(size=size, name="facebook-link")
    tom.open(stage.mailed_link("tom@luna.example", "/link/"))
    tom.reads("Facebook brings you back, and we tell you that it works.")
    tom.look("link")
    tom.press("Reconnect Instagram")
    through_the_dialog(tom, SINGLE[0])
    tom.arrives(OUTCOME)
    expect(tom.heading).to_have_text("@cafe.luna works again")
    tom.look("works-again")


@SIZES
def test_a_creator_who_is_invited_through_facebook_connects_on_their_phone(stage: Stage, size: tuple[int, int]) -> None:
    cast_of(stage)
    alice = stage.visitor(size=size, dark=True, name="facebook-invites")
    move_in(alice)
    alice.press("Invite a creator")
    alice.field("email").fill("tom@luna.example")
    alice.page.get_by_label("They connect through").select_option("facebook_login")
    alice.look("form")
    alice.press("Invite a creator")
    alice.reads("for any account, through Facebook")
    alice.look("invited")
    stage.deliver()
    tom = stage.visitor(size=size, dark=True, name="facebook-invited")
    tom.open(stage.mailed_link("tom@luna.example", "/link/"))
    expect(tom.heading).to_have_text("Connect your Instagram account")
    tom.look("link")
    go_to_facebook(tom, SINGLE[0])
    tom.arrives(OUTCOME)
    expect(tom.heading).to_have_text("@cafe.luna is connected")
    tom.look("connected")


@SIZES
def test_a_pasted_token_of_facebook_opens_several_accounts(stage: Stage, size: tuple[int, int]) -> None:
    cast = cast_of(stage)
    token = stage.emulator.state.facebook.issue_token(cast[FEW[0]].id, "short").access_token
    alice = stage.visitor(size=size, name="facebook-pasted")
    move_in(alice)
    alice.open(f"{WORKSPACE}connect/paste/")
    alice.look("form")
    stage.emulator.state.facebook.add_app("77", "f00dfeedf00dfeedf00dfeedf00dfeed")
    paste(alice, stage.emulator.state.facebook.issue_token(cast[FEW[0]].id, "long", "77").access_token)
    alice.reads("This token was made through another Meta app.")
    alice.look("wrong-app")
    paste(alice, token)
    alice.arrives(OUTCOME)
    alice.reads("This token opens several accounts. Choose those that Alice & Co shall keep alive.")
    alice.look("choice")
    alice.page.get_by_role("checkbox", name=re.compile("@flora.bakes")).check()
    alice.press("Finish connecting")
    alice.arrives(CONNECTION)
    assert token not in alice.page.content()


@SIZES
def test_an_owner_adds_a_system_user_and_replaces_its_token(stage: Stage, size: tuple[int, int]) -> None:
    cast = cast_of(stage)
    world, user = stage.emulator.state.facebook, cast[SYSTEM_USER]
    alice = stage.visitor(size=size, name="system-user")
    connected(stage, alice)
    alice.open(WORKSPACE)
    alice.look("workspace")
    alice.press("Add a system user")
    expect(alice.heading).to_have_text("Add a system user")
    alice.look("form")

    def add(token: str) -> None:
        alice.page.get_by_label("Token").fill(token)
        alice.press("Add a system user")
        alice.page.wait_for_load_state()

    add(world.issue_token(cast[SINGLE[0]].id, "long").access_token)
    alice.reads("That is no system user's token.")
    expect(alice.page.get_by_label("Token")).to_have_value("")
    alice.look("refused")
    token = world.generate_token(user.id, "never").access_token
    add(token)
    alice.arrives(CONNECTION)
    alice.reads("It does not expire. We check it every day.", re.compile("Blue Fig, brand"))
    alice.look("kept")
    assert token not in alice.page.content()
    page = alice.path

    world.delete_system_user(user.id)
    alice.press("Check now")
    alice.reads("The system user was deleted in Meta's business settings.")
    alice.look("deleted")
    alice.press("Replace the token")
    alice.page.wait_for_load_state()
    expect(alice.heading).to_have_text(f"{SYSTEM_USER} needs a new token")
    alice.look("new-token")
    alice.page.get_by_role("link", name="Add a system user").click()
    expect(alice.heading).to_have_text("Add a system user")
    alice.reads(re.compile("Added already"))
    alice.open(page)
    alice.press("Disconnect")
    alice.reads("Its key is erased at once and for good. To use it again, an owner has to paste a new token.")
    alice.look("disconnect")
