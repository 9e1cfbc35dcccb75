"""A German workspace: its creator reads German on a phone and in the mail, its members English with German dates."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from accounts.models import Tenant
from tests.browser.gestures import allow, leave
from tests.browser.journeys import ALICE, connected, die
from tests.browser.stage import Stage, text_of
from tests.browser.visitor import SIZES, VIEWS, Visitor
from tokens.models import Link

GERMAN_DATE = re.compile(r"\d{1,2}\. [A-ZÄÖÜ]\w+ 20\d\d, \d\d:\d\d (MEZ|MESZ)")


def settle_in_berlin() -> None:
    Tenant.objects.update(time_zone="Europe/Berlin", language="de")


def speaks(visitor: Visitor, language: str) -> None:
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)


@VIEWS
def test_a_creator_comes_back_in_german(stage: Stage, size: tuple[int, int], script: bool) -> None:
    connection = connected(stage)
    settle_in_berlin()
    link = die(stage, connection)
    creator = stage.visitor(size=size, script=script, dark=True, name="german")
    creator.open(link)
    speaks(creator, "de")
    expect(creator.heading).to_have_text("@creator wieder verbinden")
    creator.reads("Das Instagram-Passwort wurde geändert", GERMAN_DATE)
    creator.look("link")
    leave(creator, stage.emulator.url, "Instagram wieder verbinden")
    creator.press("Cancel")
    creator.arrives(stage.url)
    creator.reads("Sie haben nicht zugestimmt")
    creator.look("declined")
    leave(creator, stage.emulator.url, "Noch einmal versuchen")
    allow(creator, "creator")
    creator.arrives(stage.url)
    expect(creator.heading).to_contain_text("@creator funktioniert wieder")
    speaks(creator, "de")
    creator.look("done")
    creator.open(link)
    creator.reads("Er wurde schon benutzt")
    creator.look("closed", status=410)


@SIZES
def test_the_mail_is_german(stage: Stage, size: tuple[int, int]) -> None:
    connection = connected(stage)
    settle_in_berlin()
    die(stage, connection)
    delivered = stage.newest_mail(ALICE)
    assert delivered.mail["Subject"] == "@creator wieder verbinden: Instagram hat die Verbindung beendet"
    assert GERMAN_DATE.search(text_of(delivered))
    body = delivered.mail.get_body(("html",))
    assert body is not None
    reader = stage.visitor(size=size, dark=True, name="german-mail")
    reader.page.set_content(str(body.get_content()))
    speaks(reader, "de")
    reader.reads("Instagram wieder verbinden", "Gesendet von Perennial im Auftrag von Alice & Co", GERMAN_DATE)
    reader.look("mail", status=0)


@SIZES
def test_the_dashboard_is_english_with_german_dates(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, name="german-dashboard")
    connection = connected(stage, alice)
    settle_in_berlin()
    alice.open(connection)
    speaks(alice, "en")
    alice.reads("Next renewal", GERMAN_DATE)
    expect(alice.page.locator("time").first).to_have_attribute("lang", "de")
    expect(alice.page.locator("time").first).to_have_attribute("datetime", re.compile(r"^20\d\d-.*:\d\dZ$"))
    alice.look("connection")
    alice.open("/w/alice-co/")
    alice.reads(re.compile("It is renewed by itself on .* (MEZ|MESZ)"))
    alice.look("workspace")
    assert not Link.objects.exists()
