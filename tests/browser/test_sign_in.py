"""Accounts in a real browser: signing up and in, second factors, sessions, a forgotten password, another address."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect

from tests.accounts.second_factor import code_of
from tests.browser.gestures import sign_in
from tests.browser.journeys import ALICE, PASSWORD, WORKSPACE, fill_in_sign_up, move_in
from tests.browser.stage import Stage, serving, text_of
from tests.browser.visitor import ARTIFACTS, DESK, PHONE, SIZES, Visitor
from tests.emulator.server import EmulatorServer
from tests.factories import PASSWORD as STAFF_PASSWORD
from tests.factories import make_user
from tests.flows.processes import until

NEW = "another long pass phrase"


def link(visitor: Visitor, words: str) -> None:
    visitor.page.get_by_role("link", name=words, exact=True).click()


def sign_out(visitor: Visitor) -> None:
    visitor.open("/accounts/logout/")
    visitor.press("Sign out")
    visitor.arrives("/")


def go_in(visitor: Visitor, email: str = ALICE, password: str = PASSWORD) -> None:
    visitor.open("/accounts/login/")
    sign_in(visitor, email, password)


def show_password(visitor: Visitor, password: str = PASSWORD) -> None:
    visitor.arrives("/accounts/reauthenticate/")
    visitor.field("password").fill(password)
    visitor.press("Confirm")


def type_code(visitor: Visitor, secret: str, button: str) -> None:
    """Types what the app shows, not in the last seconds of its half minute."""
    until(lambda: time.time() % 30 < 25)
    visitor.field("text").fill(code_of(secret, good_for=8))
    visitor.press(button)


def set_up_app(visitor: Visitor, password: str = PASSWORD) -> str:
    """From the page about two-factor sign-in to the recovery codes; the app's key."""
    link(visitor, "Set up an app")
    show_password(visitor, password)
    visitor.arrives("/accounts/2fa/totp/activate/")
    secret = re.sub(r"\s", "", visitor.page.locator(".key").text_content() or "")
    type_code(visitor, secret, "Turn it on")
    visitor.arrives("/accounts/2fa/recovery-codes/")
    return secret


def with_passkeys(visitor: Visitor) -> tuple[CDPSession, str]:
    """Gives the browser an authenticator as a phone or a laptop has one."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


@SIZES
def test_signing_up_by_the_link_in_the_mail(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, dark=True, name="sign-up")
    fill_in_sign_up(alice)
    alice.look("form")
    alice.press("Sign up")
    alice.reads("Look into your mail")
    alice.look("mail-sent")
    alice.open(stage.mailed_link(ALICE, "/confirm-email/"))
    alice.look("confirm")
    alice.press("Confirm")
    alice.arrives(WORKSPACE)
    sign_out(alice)
    go_in(alice)
    alice.arrives(WORKSPACE)
    alice.has_no_trouble()


@pytest.mark.parametrize(
    ("size", "script"), [(PHONE, True), (DESK, True), (PHONE, False)], ids=["phone", "desk", "no-script"]
)
def test_an_authenticator_app(stage: Stage, size: tuple[int, int], script: bool) -> None:
    alice = stage.visitor(size=size, script=script, dark=True, name="app")
    move_in(alice)
    alice.open("/accounts/2fa/")
    alice.look("off")
    link(alice, "Set up an app")
    alice.arrives("/accounts/reauthenticate/")
    alice.look("password")
    alice.open("/accounts/2fa/")
    link(alice, "Set up an app")
    show_password(alice)
    alice.look("picture")
    alice.field("text").fill("000000")
    alice.press("Turn it on")
    alice.reads(re.compile("That is not right"))
    alice.open("/accounts/2fa/")
    link(alice, "Set up an app")
    secret = re.sub(r"\s", "", alice.page.locator(".key").text_content() or "")
    type_code(alice, secret, "Turn it on")
    alice.arrives("/accounts/2fa/recovery-codes/")
    alice.look("codes")
    assert "An authenticator app was set up" in str(stage.newest_mail(ALICE).mail["Subject"])
    alice.open("/accounts/2fa/")
    alice.look("on")
    sign_out(alice)
    go_in(alice)
    alice.arrives("/accounts/2fa/authenticate/")
    alice.look("second-step")
    alice.field("text").fill("000000")
    alice.press("Sign in")
    alice.reads(re.compile("That is not right"))
    alice.look("wrong-code")
    type_code(alice, secret, "Sign in")
    alice.arrives(WORKSPACE)
    alice.has_no_trouble()


@SIZES
def test_a_recovery_code_when_the_phone_is_lost(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, name="recovery")
    move_in(alice)
    alice.open("/accounts/2fa/")
    set_up_app(alice)
    [code, another, *_] = alice.page.locator(".codes code").all_text_contents()
    with alice.page.expect_download() as saved:
        link(alice, "Save as a file")
    assert code.replace(" ", "") in saved.value.path().read_text()
    sign_out(alice)
    go_in(alice)
    alice.field("text").fill(code)
    alice.press("Sign in")
    alice.arrives(WORKSPACE)
    alice.open("/accounts/2fa/")
    alice.reads(re.compile("You have 9 left"))
    # The new phone's app takes the place of the lost one's; another recovery code confirms that it is she.
    link(alice, "Turn the app off")
    alice.arrives("/accounts/2fa/reauthenticate/")
    alice.look("is-it-you")
    alice.field("text").fill(another)
    alice.press("Confirm")
    alice.look("turn-off")
    alice.press("Turn the app off")
    alice.reads("The authenticator app is turned off.")
    alice.has_no_trouble()


@SIZES
def test_a_passkey_signs_in_alone_and_as_a_second_step(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, dark=True, name="passkey")
    move_in(alice)
    authenticator, key = with_passkeys(alice)
    alice.open("/accounts/2fa/")
    link(alice, "Add a passkey")
    show_password(alice)
    alice.arrives("/accounts/2fa/webauthn/add/")
    alice.field("text").fill("My phone")
    alice.look("add")
    alice.press("Add the passkey")
    alice.arrives("/accounts/2fa/recovery-codes/")
    alice.reads("The passkey is added.")
    alice.open("/accounts/2fa/webauthn/")
    alice.reads("My phone", "Works without a password")
    alice.look("list")

    sign_out(alice)
    alice.open("/accounts/login/")
    alice.look("sign-in")
    authenticator.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    alice.press("Sign in with a passkey")
    alice.reads(re.compile("^Nothing happened"))
    alice.look("cancelled")
    authenticator.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    alice.press("Sign in with a passkey")
    alice.arrives(WORKSPACE)

    sign_out(alice)
    go_in(alice)
    alice.arrives("/accounts/2fa/authenticate/")
    alice.look("second-step")
    alice.press("Use a passkey")
    alice.arrives(WORKSPACE)

    alice.open("/accounts/2fa/webauthn/")
    alice.page.get_by_role("link", name="Remove My phone").click()
    alice.arrives("/accounts/2fa/webauthn/reauthenticate/")
    alice.look("reauthenticate")
    alice.press("Use a passkey")
    alice.arrives(re.compile(r"/accounts/2fa/webauthn/keys/\d+/remove/"))
    alice.look("remove")
    alice.press("Remove the passkey")
    alice.reads("The passkey is removed.")
    sign_out(alice)
    alice.open("/accounts/login/")
    alice.press("Sign in with a passkey")
    alice.reads(re.compile("The passkey was not accepted"))
    alice.look("removed-passkey")
    alice.has_no_trouble()


@SIZES
def test_signing_out_everywhere_else(stage: Stage, size: tuple[int, int]) -> None:
    alice, elsewhere = stage.visitor(size=size, dark=True, name="sessions"), stage.visitor(name="elsewhere")
    move_in(alice)
    go_in(elsewhere)
    elsewhere.arrives(WORKSPACE)
    alice.open("/accounts/sessions/")
    alice.reads("This one")
    alice.look("two")
    alice.press("Sign out everywhere else")
    alice.reads("You are signed out everywhere else.")
    alice.look("one")
    elsewhere.open(WORKSPACE)
    elsewhere.arrives("/accounts/login/")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_forgotten_password(stage: Stage, script: bool) -> None:
    alice = stage.visitor(size=PHONE, script=script, name="forgotten")
    move_in(alice)
    sign_out(alice)
    alice.open("/accounts/login/")
    link(alice, "Forgot your password?")
    alice.look("ask")
    alice.field("email").fill(ALICE)
    alice.press("Mail me a link")
    alice.look("mail-sent")
    alice.open(stage.mailed_link(ALICE, "/password/reset/key/"))
    alice.look("choose")
    for each in alice.field("password").all():
        each.fill(NEW)
    alice.press("Save password")
    alice.reads("Your password is saved")
    alice.look("saved")
    assert "by a link that we had mailed" in text_of(stage.newest_mail(ALICE))
    go_in(alice, password=NEW)
    alice.arrives(WORKSPACE)
    alice.has_no_trouble()


@SIZES
def test_another_address(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, dark=True, name="address")
    move_in(alice)
    alice.open("/accounts/email/")
    alice.look("one")
    alice.field("email").fill("alice@new.example")
    alice.press("Add address")
    show_password(alice)
    alice.arrives("/accounts/email/")
    alice.look("two")
    alice.open(stage.mailed_link("alice@new.example", "/confirm-email/"))
    alice.press("Confirm")
    alice.open("/accounts/email/")
    alice.page.get_by_role("button", name="Make it the main one").click()
    alice.reads("Your main address is changed.")
    assert "from alice@example.com to alice@new.example" in text_of(stage.newest_mail(ALICE))
    alice.page.get_by_role("button", name="Remove").click()
    alice.reads("alice@example.com is removed.")
    expect(alice.page.locator("main .badge")).to_have_text(["Confirmed", "Main"])
    alice.look("changed")
    sign_out(alice)
    go_in(alice, "alice@new.example")
    alice.arrives(WORKSPACE)
    alice.has_no_trouble()


@SIZES
def test_a_new_password(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, name="password")
    move_in(alice)
    alice.open("/accounts/password/change/")
    alice.look("form")
    old, *new = alice.field("password").all()
    old.fill(PASSWORD)
    for each in new:
        each.fill(NEW)
    alice.press("Save password")
    alice.reads("Your new password is saved.")
    assert "Your password was changed" in str(stage.newest_mail(ALICE).mail["Subject"])
    alice.has_no_trouble()


@pytest.fixture
def strict(stage: Stage, post_office: Any, emulator_server: EmulatorServer) -> Iterator[str]:
    """A second site process, on the same database, where a second factor is compulsory for staff."""
    log = ARTIFACTS / "strict-site.log"
    with serving(emulator_server.url, post_office[1], log=log, STAFF_TWO_FACTOR="True") as url:
        yield url
    assert "Traceback" not in log.read_text()


@SIZES
def test_staff_set_up_a_second_factor_and_go_on(stage: Stage, strict: str, size: tuple[int, int]) -> None:
    make_user("staff@perennial.example", is_staff=True, is_superuser=True)
    stage.url = strict
    staff = stage.visitor(size=size, dark=True, name="strict")
    staff.open("/admin/tokens/connection/")
    staff.arrives("/accounts/login/")
    sign_in(staff, "staff@perennial.example", STAFF_PASSWORD)
    staff.arrives("/accounts/2fa/")
    staff.reads(re.compile("The staff's pages ask for two-factor sign-in"))
    staff.look("sent-here")
    secret = set_up_app(staff, STAFF_PASSWORD)
    staff.look("ready")
    link(staff, "Go on to the staff’s pages")
    staff.arrives("/admin/tokens/connection/")
    staff.look("there", axe=False)
    staff.open("/accounts/logout/")
    staff.press("Sign out")
    staff.open("/admin/")
    sign_in(staff, "staff@perennial.example", STAFF_PASSWORD)
    type_code(staff, secret, "Sign in")
    staff.arrives("/admin/")
    staff.has_no_trouble()
