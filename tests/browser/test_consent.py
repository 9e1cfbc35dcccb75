"""Leaving for Instagram and coming back, in ways that people do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.gestures import allow, choose, leave
from tests.browser.journeys import CONNECTION, WORKSPACE, connect, connected, die, grow_older, move_in, status_of
from tests.browser.stage import Stage
from tests.browser.visitor import PHONE, SIZES
from tokens.models import Connection


def test_a_policy_without_instagrams_address_stops_the_way_there(stage: Stage) -> None:
    """What the walk-through rests on: Chromium applies `form-action` to the redirect that answers a form."""
    alice = stage.visitor()
    move_in(alice)

    def narrow(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"]
        assert f" {stage.emulator.url}" in policy
        narrowed = policy.replace(f" {stage.emulator.url}", "")
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": narrowed})

    alice.page.route(f"**{WORKSPACE}", narrow)
    alice.open(WORKSPACE)
    with alice.page.expect_event("console", lambda message: "form-action" in message.text):
        alice.press("Connect Instagram")
    alice.arrives(WORKSPACE)
    alice.trouble.clear()
    alice.page.unroute(f"**{WORKSPACE}")
    alice.page.reload()
    leave(alice, stage.emulator.url)
    alice.has_no_trouble()


@SIZES
def test_who_cancels_at_instagram_is_told_and_may_try_again(stage: Stage, size: tuple[int, int]) -> None:
    stage.emulator.state.add_person("creator")
    alice = stage.visitor(size=size, name="cancelled")
    move_in(alice)
    leave(alice, stage.emulator.url)
    alice.press("Cancel")
    alice.arrives(stage.url)
    alice.reads(re.compile("nothing was changed", re.IGNORECASE))
    alice.look("cancelled")
    leave(alice, stage.emulator.url, "Try again")
    allow(alice, "creator")
    alice.arrives(CONNECTION)
    alice.look("connected-after-all")


def test_who_unticks_the_permission_is_told_what_to_do(stage: Stage) -> None:
    stage.emulator.state.add_person("creator")
    alice = stage.visitor(size=PHONE, name="unticked")
    move_in(alice)
    leave(alice, stage.emulator.url)
    choose(alice, "creator")
    alice.page.get_by_role("checkbox", name=re.compile("instagram_business_basic")).uncheck()
    alice.press("Allow")
    alice.arrives(stage.url)
    alice.reads(re.compile("leave everything ticked", re.IGNORECASE))
    alice.look("unticked")
    assert not Connection.objects.exists()


@SIZES
def test_another_account_is_told_apart_by_both_handles(stage: Stage, size: tuple[int, int]) -> None:
    stage.emulator.state.add_person("somebody.else")
    link = die(stage, connected(stage))
    phone = stage.visitor(size=size, name="wrong-account")
    phone.open(link)
    leave(phone, stage.emulator.url, "Reconnect Instagram")
    allow(phone, "somebody.else")
    phone.arrives(stage.url)
    phone.reads("@creator", "@somebody.else")
    phone.look("both-handles")
    result = phone.page.url
    phone.page.get_by_role("link", name="Stop here").click()
    phone.arrives("/connect/outcome/")
    phone.reads("Nothing was changed")
    phone.look("stopped")
    phone.open(result)
    assert status_of("creator") == "inactive"
    assert Connection.objects.count() == 1
    leave(phone, stage.emulator.url, "Switch account")
    allow(phone, "creator")
    phone.arrives(stage.url)
    expect(phone.heading).to_contain_text("@creator")
    assert status_of("creator") == "active"


@SIZES
def test_a_link_opened_in_one_browser_is_finished_in_another(stage: Stage, size: tuple[int, int]) -> None:
    """The mail program shows the page, Instagram's app takes over, a browser without the cookie comes back."""
    link = die(stage, connected(stage))
    inside_mail = stage.visitor(size=size, name="two-browsers")
    inside_mail.open(link)
    leave(inside_mail, stage.emulator.url, "Reconnect Instagram")
    elsewhere = stage.visitor(size=size, name="two-browsers")
    elsewhere.open(inside_mail.page.url)
    allow(elsewhere, "creator")
    elsewhere.arrives(stage.url)
    elsewhere.look("one-more-step")
    assert status_of("creator") == "inactive", "coming back changes nothing by itself"
    elsewhere.press("Finish connecting")
    expect(elsewhere.heading).to_contain_text("@creator works again")
    elsewhere.look("finished")
    assert status_of("creator") == "active"


def test_a_member_may_finish_a_reconnect_elsewhere_but_not_begin_one_there(stage: Stage) -> None:
    stage.emulator.state.add_person("creator")
    alice, elsewhere = stage.visitor(), stage.visitor(size=PHONE, name="member-elsewhere")
    move_in(alice)
    leave(alice, stage.emulator.url)
    elsewhere.open(alice.page.url)
    allow(elsewhere, "creator")
    elsewhere.arrives("/oauth/callback/instagram/")
    elsewhere.look("refused", status=400)
    assert not Connection.objects.exists()
    alice.open(connect(stage, alice))
    leave(alice, stage.emulator.url, "Reconnect Instagram")
    elsewhere.open(alice.page.url)
    allow(elsewhere, "creator")
    elsewhere.arrives("/connect/outcome/")
    elsewhere.look("one-more-step")
    elsewhere.press("Finish connecting")
    expect(elsewhere.heading).to_contain_text("@creator is connected already")
    elsewhere.look("finished")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_back_from_consent_leads_to_a_page_that_still_works(stage: Stage, script: bool) -> None:
    stage.emulator.state.add_person("creator")
    alice = stage.visitor(size=PHONE, script=script, name="back")
    move_in(alice)
    leave(alice, stage.emulator.url)
    alice.page.go_back()
    alice.arrives(WORKSPACE)
    expect(alice.button("Connect Instagram")).to_be_enabled()
    alice.look("from-consent")
    leave(alice, stage.emulator.url)
    allow(alice, "creator")
    alice.arrives(CONNECTION)


def test_back_to_consent_after_connecting_does_no_harm(stage: Stage) -> None:
    stage.emulator.state.add_person("creator")
    alice = stage.visitor(size=PHONE, name="back")
    move_in(alice)
    connect(stage, alice)
    alice.page.go_back()
    alice.arrives(f"{stage.emulator.url}/oauth/authorize")
    allow(alice, "creator")
    alice.arrives("/oauth/callback/instagram/")
    alice.look("used-twice", status=400)
    assert status_of("creator") == "active"
    alice.page.get_by_role("link", name="To the start page").click()
    alice.arrives(WORKSPACE)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_double_clicks_do_no_harm(stage: Stage, script: bool) -> None:
    stage.emulator.state.add_person("creator")
    alice = stage.visitor(script=script, name="twice")
    move_in(alice)
    alice.button("Connect Instagram").dblclick()
    alice.arrives(f"{stage.emulator.url}/oauth/authorize")
    choose(alice, "creator")
    alice.button("Allow").dblclick()
    alice.arrives(re.compile(rf"^{re.escape(stage.url)}"))
    address = connect(stage, alice) if "/connections/" not in alice.page.url else alice.path
    assert Connection.objects.count() == 1
    stage.emulator.state.age("creator", 30)
    grow_older(30)
    alice.open(address)
    alice.button("Refresh now").dblclick()
    expect(alice.page.get_by_text(re.compile("under 24 hours|Renewed|being worked on")).first).to_be_visible()
    alice.open(address)
    alice.button("Check now").dblclick()
    expect(alice.page.get_by_text(re.compile("It works|being worked on")).first).to_be_visible()
    assert stage.emulator.state.refreshes("creator") == 1
    alice.open(address)
    alice.reads("Active")
    alice.look("still-active")


def test_a_link_pressed_twice_and_finished_twice_revives_once(stage: Stage) -> None:
    link = die(stage, connected(stage))
    phone = stage.visitor(size=PHONE, name="twice")
    phone.open(link)
    phone.button("Reconnect Instagram").dblclick()
    phone.arrives(f"{stage.emulator.url}/oauth/authorize")
    elsewhere = stage.visitor(size=PHONE)
    elsewhere.open(phone.page.url)
    allow(elsewhere, "creator")
    elsewhere.arrives(stage.url)
    elsewhere.button("Finish connecting").dblclick()
    expect(elsewhere.heading).to_contain_text("@creator works again")
    elsewhere.has_no_trouble()
    assert status_of("creator") == "active"
