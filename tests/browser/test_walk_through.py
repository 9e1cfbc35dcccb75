"""The whole life of a connection, as people see it: on a phone and at a desk, with JavaScript and without."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.gestures import allow, at_instagram, card, choose, leave, row
from tests.browser.journeys import ALICE, CONNECTION, WORKSPACE, fill_in_sign_up, grow_older, status_of
from tests.browser.stage import Stage
from tests.browser.visitor import PHONE, VIEWS, Visitor
from tokens.wording import REASONS


@VIEWS
def test_a_connection_lives_dies_and_is_revived(stage: Stage, size: tuple[int, int], script: bool) -> None:
    for person in ("creator", "somebody.else"):
        stage.emulator.state.add_person(person)
    details = {"size": size, "script": script, "dark": size == PHONE and script}
    alice = stage.visitor(**details, name="1-alice")
    signs_up(stage, alice)
    connects(stage, alice)
    renews(stage, alice, stage.visitor(**details, name="2-instagram"))
    creator = stage.visitor(**details, name="3-creator")
    link = loses(stage, alice, creator)
    revives(stage, stage.visitor(**details, name="4-phone"), link)
    finds_it_alive(alice)


def signs_up(stage: Stage, alice: Visitor) -> None:
    alice.open("/")
    alice.look("landing")
    fill_in_sign_up(alice)
    alice.look("sign-up")
    alice.press("Sign up")
    alice.reads(re.compile("mail", re.IGNORECASE))
    expect(alice.page).not_to_have_url(re.compile("/signup/$"))
    alice.look("verification-sent")
    alice.open(stage.mailed_link(ALICE, "/accounts/"))
    alice.look("confirm")
    alice.press("Confirm")
    alice.arrives(WORKSPACE)
    alice.reads("Alice & Co")
    alice.look("workspace-empty")


def connects(stage: Stage, alice: Visitor) -> None:
    leave(alice, stage.emulator.url)
    alice.look("consent")
    choose(alice, "creator")
    alice.look("consent-chosen")
    alice.press("Allow")
    alice.arrives(CONNECTION)
    expect(alice.heading).to_contain_text("@creator")
    alice.reads("Active")
    alice.look("connection")
    alice.press("Refresh now")
    alice.reads(re.compile("under 24 hours"))
    alice.look("too-young")
    assert stage.emulator.state.refreshes("creator") == 0


def renews(stage: Stage, alice: Visitor, creator: Visitor) -> None:
    creator.open(stage.emulator.url)
    creator.look("people")
    card(creator, "creator").get_by_role("spinbutton", name="Days").fill("55")
    card(creator, "creator").get_by_role("button", name="Age by days").click()
    expect(creator.page.get_by_role("status")).to_contain_text("55 days older")
    creator.look("older")
    grow_older(55)
    alice.page.reload()
    alice.look("expiring")
    alice.press("Refresh now")
    alice.reads(re.compile("renewed", re.IGNORECASE), re.compile("(59|60) (more|of)"))
    alice.look("renewed")
    assert stage.emulator.state.refreshes("creator") == 1


def loses(stage: Stage, alice: Visitor, creator: Visitor) -> str:
    at_instagram(creator, stage.emulator.url, "creator", "Change password")
    creator.look("password-changed")
    alice.press("Check now")
    why = REASONS["password_changed"]
    alice.reads("Inactive", why.sentence, why.remedy)
    alice.look("inactive")
    alice.open(WORKSPACE)
    expect(row(alice, "creator")).to_contain_text("Inactive")
    alice.look("workspace-inactive")
    stage.deliver()
    assert "@creator" in stage.newest_mail(ALICE).mail["Subject"]
    return stage.mailed_link(ALICE, "/link/")


def revives(stage: Stage, phone: Visitor, link: str) -> None:
    phone.open(link)
    expect(phone.heading).to_contain_text("@creator")
    phone.reads(REASONS["password_changed"].sentence)
    phone.look("link")
    assert status_of("creator") == "inactive"
    leave(phone, stage.emulator.url, "Reconnect Instagram")
    phone.look("consent")
    allow(phone, "creator")
    phone.arrives(stage.url)
    expect(phone.heading).to_contain_text("@creator")
    assert status_of("creator") == "active"
    phone.look("good-news")
    phone.open(link)
    phone.look("link-used", status=410)
    assert phone.page.get_by_role("button", name=re.compile("^Reconnect")).count() == 0


def finds_it_alive(alice: Visitor) -> None:
    alice.page.reload()
    expect(row(alice, "creator")).to_contain_text("Active")
    alice.look("workspace-active")
    alice.page.get_by_role("link", name="@creator").click()
    alice.arrives(CONNECTION)
    alice.reads("Active")
    alice.look("connection-revived")
