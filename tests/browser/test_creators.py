"""A member invites creators; they connect on a phone, without an account and without a session."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.gestures import allow, leave
from tests.browser.journeys import ALICE, WORKSPACE, move_in
from tests.browser.stage import Stage
from tests.browser.visitor import PHONE, SIZES, VIEWS, Visitor
from tokens.models import Connection, Link

CARLA = "carla@creator.example"
CREATORS = f"{WORKSPACE}creators/"


def invite(stage: Stage, alice: Visitor, handle: str = "") -> str:
    """From the workspace's page on; the link in the mail."""
    alice.open(WORKSPACE)
    alice.press("Invite a creator")
    expect(alice.heading).to_have_text("Invite somebody to connect")
    alice.look("form")
    alice.field("email").fill(CARLA)
    alice.field("text").fill(handle)
    alice.press("Invite a creator")
    alice.arrives(CREATORS)
    alice.reads(re.compile("A link is on its way"), "Waiting")
    alice.look("waiting")
    stage.deliver()
    return stage.mailed_link(CARLA, "/link/")


def connect(stage: Stage, phone: Visitor, link: str, person: str) -> None:
    phone.open(link)
    phone.look("link")
    leave(phone, stage.emulator.url)
    allow(phone, person)
    phone.arrives(stage.url)


@VIEWS
def test_a_creator_is_invited_connects_and_the_inviter_is_told(
    stage: Stage, size: tuple[int, int], script: bool
) -> None:
    stage.emulator.state.add_person("carla")
    alice = stage.visitor(size=size, script=script, dark=True, name="creators")
    move_in(alice)
    alice.open(CREATORS)
    alice.reads("Nobody was invited yet")
    alice.look("nobody")
    alice.open(WORKSPACE)
    alice.look("workspace")
    link = invite(stage, alice)
    phone = stage.visitor(size=size, script=script, dark=True, name="creator")
    connect(stage, phone, link, "carla")
    expect(phone.heading).to_have_text(re.compile("@carla\\s+is connected"))
    phone.reads(re.compile("You are connected, nothing more to do"))
    phone.look("connected")
    assert [(each.handle, each.contact_email) for each in Connection.objects.all()] == [("carla", CARLA)]
    phone.open(link)
    phone.reads(re.compile("used already"))
    phone.look("used", status=410)
    stage.deliver()
    alice.open(stage.mailed_link(ALICE, "/connections/"))
    expect(alice.heading).to_contain_text("@carla")
    alice.open(CREATORS)
    alice.reads("Used", "@carla")
    alice.look("used")


@SIZES
def test_another_account_than_the_expected_one_is_told_so(stage: Stage, size: tuple[int, int]) -> None:
    for person in ("carla", "carlo"):
        stage.emulator.state.add_person(person)
    alice = stage.visitor(size=size, name="expected")
    move_in(alice)
    link = invite(stage, alice, "@Carla")
    phone = stage.visitor(size=size, name="expected-creator")
    connect(stage, phone, link, "carlo")
    phone.reads("@carla", "@carlo")
    phone.look("another-account")
    assert not Connection.objects.exists()
    leave(phone, stage.emulator.url, "Switch account")
    allow(phone, "carla")
    expect(phone.heading).to_have_text(re.compile("@carla\\s+is connected"))


@SIZES
def test_a_link_opened_in_one_browser_connects_in_another(stage: Stage, size: tuple[int, int]) -> None:
    stage.emulator.state.add_person("carla")
    alice = stage.visitor(name="elsewhere-inviter")
    move_in(alice)
    inside_mail = stage.visitor(size=size, name="elsewhere")
    inside_mail.open(invite(stage, alice))
    leave(inside_mail, stage.emulator.url)
    elsewhere = stage.visitor(size=size, dark=True, name="elsewhere")
    elsewhere.open(inside_mail.page.url)
    allow(elsewhere, "carla")
    elsewhere.arrives("/connect/outcome/")
    elsewhere.reads("Alice & Co", ALICE)
    elsewhere.look("one-more-step")
    assert not Connection.objects.exists(), "coming back changes nothing by itself"
    elsewhere.press("Finish connecting")
    expect(elsewhere.heading).to_have_text(re.compile("@carla\\s+is connected"))


@VIEWS
def test_many_are_invited_at_once_from_a_list_and_from_a_file(
    stage: Stage, size: tuple[int, int], script: bool
) -> None:
    alice = stage.visitor(size=size, script=script, dark=True, name="many")
    move_in(alice)
    alice.open(f"{CREATORS}invite-many/")
    alice.look("form")
    alice.press("Invite all on the list")
    alice.reads(re.compile("The list is empty"))
    alice.look("empty", status=400)
    alice.page.locator("textarea").fill("carla@creator.example, @carla\nnobody\notto@travels.example")
    alice.press("Invite all on the list")
    expect(alice.heading).to_have_text("2 invited, 1 not")
    alice.reads("That is no e-mail address.")
    alice.look("results")
    alice.page.get_by_role("link", name="Another list").click()
    sheet = "e-mail;handle\r\ncarla@creator.example;carla\r\nmika@draws.example;mika.draws\r\n".encode("utf-8-sig")
    alice.page.locator("input[type=file]").set_input_files(
        {"name": "creators.csv", "mimeType": "text/csv", "buffer": sheet}
    )
    alice.press("Invite all on the list")
    expect(alice.heading).to_have_text("1 invited, 1 not")
    alice.look("from-a-file")
    stage.deliver()
    assert sorted(each.to for each in stage.office.delivered if "example.com" not in each.to) == [
        "carla@creator.example",
        "mika@draws.example",
        "otto@travels.example",
    ]
    alice.open(CREATORS)
    alice.look("list")


@SIZES
def test_an_invitation_is_sent_again_and_withdrawn(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, dark=True, name="withdrawing")
    move_in(alice)
    first = invite(stage, alice)
    alice.press("Send again")
    alice.reads(re.compile("Invited again"))
    stage.deliver()
    second = stage.mailed_link(CARLA, "/link/")
    phone = stage.visitor(size=size, name="withdrawn")
    phone.open(first)
    phone.reads(re.compile("newer one"))
    phone.look("replaced", status=410)
    alice.press("Withdraw")
    expect(alice.heading).to_have_text("Withdraw the invitation?")
    alice.look("asks")
    alice.press("Withdraw")
    alice.arrives(CREATORS)
    alice.reads("Withdrawn")
    alice.look("withdrawn")
    phone.open(second)
    phone.reads(re.compile("withdrew the invitation"))
    phone.look("withdrawn", status=410)
    assert not Link.objects.open().exists()


def test_what_is_wrong_with_an_invitation_stands_at_its_field(stage: Stage) -> None:
    alice = stage.visitor(size=PHONE, name="wrong")
    move_in(alice)
    alice.open(f"{CREATORS}invite/")
    alice.field("email").fill("nobody")
    alice.field("text").fill("not a handle")
    alice.press("Invite a creator")
    alice.reads("That is no e-mail address.", re.compile("no Instagram handle"))
    alice.look("both-fields", status=400)
