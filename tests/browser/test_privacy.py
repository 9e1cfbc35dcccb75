"""Getting one's data and deleting one's account, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import Role, Tenant, User
from accounts.rate_limits import FORMS
from tests.browser.journeys import let_in
from tests.browser.stage import Stage, text_of
from tests.browser.visitor import PHONE, SIZES, VIEWS, Visitor
from tests.factories import PASSWORD, make_connection, make_member, make_tenant, make_user
from tests.flows.processes import until

ALICE = "alice@example.com"


@pytest.fixture
def alice(stage: Stage) -> User:
    """Owner of a workspace of her own, member of another one."""
    alice = make_user(ALICE)
    own = make_tenant("Alice & Co", owner=alice)
    make_connection(tenant=own, handle="creator", connected_by=alice)
    shared = make_tenant("A workspace with quite a long name, as agencies like to have", owner=make_user())
    make_member(shared, user=alice)
    return alice


def enter(stage: Stage, size: tuple[int, int], script: bool, name: str) -> Visitor:
    visitor = stage.visitor(size=size, script=script, dark=True, name=name)
    let_in(visitor, ALICE)
    return visitor


@VIEWS
def test_ones_data_is_downloaded(
    stage: Stage, alice: User, size: tuple[int, int], script: bool, tmp_path: Path
) -> None:
    visitor = enter(stage, size, script, "data")
    visitor.open("/accounts/data/")
    visitor.look("page")
    with visitor.page.expect_download() as download:
        visitor.press("Download my data")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name.startswith("perennial-my-data-")
    told = json.loads(file.read_text("utf-8"))
    assert told["account"]["email"] == ALICE
    assert [each["handle"] for each in told["connections"]] == ["creator"]
    assert len(told["sessions"]) == 1
    visitor.has_no_trouble()


@VIEWS
def test_an_account_is_deleted(stage: Stage, alice: User, size: tuple[int, int], script: bool) -> None:
    visitor = enter(stage, size, script, "delete")
    visitor.open("/accounts/delete/")
    visitor.reads("What goes", "What stays", "Alice & Co")
    visitor.look("page")
    visitor.page.get_by_label("Your e-mail address").fill("bob@example.com")
    visitor.press("Delete my account")
    visitor.reads("That is not the address of this account. Nothing was deleted.")
    visitor.look("refused")
    visitor.page.get_by_label("Your e-mail address").fill(ALICE)
    visitor.press("Delete my account")
    visitor.arrives("/accounts/reauthenticate/")
    visitor.look("is-it-you")
    visitor.field("password").fill("not her pass phrase")
    visitor.press("Confirm")
    visitor.look("wrong-password")
    assert User.objects.filter(email=ALICE).exists()
    visitor.field("password").fill(PASSWORD)
    visitor.press("Confirm")
    visitor.arrives("/accounts/deleted/")
    visitor.look("deleted")
    assert not User.objects.filter(email=ALICE).exists()
    until(lambda: ALICE in stage.office.addresses)
    assert "Alice & Co" in text_of(stage.newest_mail(ALICE))
    visitor.open("/")
    expect(visitor.page.get_by_role("link", name="Sign in").first).to_be_visible()


@SIZES
def test_the_only_owner_is_told_to_hand_over(stage: Stage, alice: User, size: tuple[int, int]) -> None:
    make_member(Tenant.objects.get(name="Alice & Co"), Role.MEMBER)
    visitor = enter(stage, size, True, "hand-over")
    visitor.open("/accounts/delete/")
    visitor.reads("Hand over first", "Alice & Co")
    visitor.look("page")
    visitor.page.get_by_role("link", name="to its team").click()
    visitor.arrives("/w/alice-co/team/")


def test_too_many_tries_are_told_in_words(stage: Stage) -> None:
    visitor = stage.visitor(size=PHONE, name="too-many")
    visitor.open("/accounts/password/reset/")
    token = visitor.page.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    typed: dict[str, str | float | bool] = {"email": "not an address", "csrfmiddlewaretoken": token}
    # A window may end meanwhile; the next one is then filled.
    for _ in range(2 * FORMS.amount + 1):
        if visitor.context.request.post("/accounts/password/reset/", form=typed).status == 429:
            break
    visitor.field("email").fill("nobody@example.com")
    visitor.press("Mail me a link")
    visitor.reads("Too many tries in a short time")
    visitor.look("page", status=429)


@SIZES
def test_the_privacy_page_reads_well(stage: Stage, size: tuple[int, int]) -> None:
    visitor = stage.visitor(size=size, dark=True, name="privacy")
    visitor.open("/privacy/")
    visitor.look("page")
