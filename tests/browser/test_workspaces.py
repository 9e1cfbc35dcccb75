"""Workspaces as people meet them: creating, switching, renaming, leaving, deleting and undoing it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from accounts.models import Membership, Role, Tenant, User
from tests.browser.journeys import ALICE, connected, let_in, move_in
from tests.browser.stage import Stage, text_of
from tests.browser.visitor import SIZES, VIEWS, Visitor
from tests.factories import make_connection, make_member, make_tenant, make_user


def switcher(visitor: Visitor) -> None:
    visitor.page.locator(".switcher summary").click()


def tab(visitor: Visitor, words: str) -> None:
    visitor.page.get_by_role("navigation", name="Workspace", exact=True).get_by_role("link", name=words).click()


@VIEWS
def test_a_further_workspace_and_the_way_back(stage: Stage, size: tuple[int, int], script: bool) -> None:
    alice = stage.visitor(size=size, script=script, name="switching")
    move_in(alice)
    owner = User.objects.get(email=ALICE)
    for number in range(30):
        make_tenant(f"A workspace with number {number}", owner=owner)
    alice.open("/")
    alice.look("workspace")
    switcher(alice)
    alice.look("switcher")
    alice.page.get_by_role("link", name="Create a workspace").click()
    alice.look("new")
    alice.field("text").fill("Second Nook")
    alice.press("Create the workspace")
    alice.arrives("/w/second-nook/")
    alice.look("created")
    switcher(alice)
    alice.page.get_by_role("link", name="Alice & Co").click()
    alice.arrives("/w/alice-co/")
    alice.open("/")
    alice.arrives("/w/alice-co/")


@SIZES
def test_renaming_it(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, dark=True, name="settings")
    move_in(alice)
    tab(alice, "Settings")
    alice.arrives("/w/alice-co/settings/")
    alice.look("settings")
    alice.page.get_by_label("Address").fill("Not an address")
    alice.press("Save")
    alice.look("refused")
    alice.page.get_by_label("Address").fill("bob-co")
    alice.page.get_by_label("Workspace name").fill("Bob & Co")
    alice.page.get_by_label("Time zone").select_option("Europe/Berlin")
    alice.press("Save")
    alice.arrives("/w/bob-co/settings/")
    alice.reads("The settings are saved.")
    alice.look("saved")
    alice.open("/w/alice-co/settings/?old=1")
    alice.arrives("/w/bob-co/settings/?old=1")
    tab(alice, "History")
    alice.reads("The workspace is now called “Bob & Co”.")
    alice.look("history")
    alice.page.get_by_role("link", name="Accounts", exact=True).last.click()
    alice.look("history-filtered")


@SIZES
def test_leaving_it(stage: Stage, size: tuple[int, int]) -> None:
    tenant = make_tenant("Flora & Friends")
    viewer = make_member(tenant, Role.VIEWER, user=make_user("viewer@example.com"))
    visitor = stage.visitor(size=size, name="leaving")
    let_in(visitor, viewer.email)
    visitor.open(f"/w/{tenant.slug}/")
    switcher(visitor)
    visitor.page.get_by_role("link", name="Leave this workspace").click()
    visitor.look("asked")
    visitor.press("Leave the workspace")
    visitor.reads("You have left “Flora & Friends”.", "You are in no workspace yet")
    visitor.look("left")
    assert not Membership.objects.filter(user=viewer).exists()


@SIZES
def test_the_last_owner_stays(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, name="last-owner")
    move_in(alice)
    alice.open("/w/alice-co/team/leave/")
    alice.press("Leave the workspace")
    alice.reads("You are its only owner")
    alice.look("stays")


@SIZES
def test_deleting_it_and_undoing_that(stage: Stage, size: tuple[int, int]) -> None:
    alice = stage.visitor(size=size, dark=True, name="deleting")
    connection = connected(stage, alice)
    make_connection(tenant=Tenant.objects.get(), handle="second.one")
    tab(alice, "Settings")
    alice.page.get_by_role("link", name="Delete the workspace").click()
    alice.look("asked")
    alice.field("text").fill("alice")
    alice.press("Delete the workspace")
    alice.reads("That is not the workspace's name.")
    alice.look("refused")
    alice.field("text").fill("Alice & Co")
    alice.press("Delete the workspace")
    alice.arrives("/w/alice-co/deleted/")
    alice.look("deleted")
    stage.deliver()
    assert "Its accounts are disconnected" in text_of(stage.newest_mail(ALICE))
    alice.open(connection)
    alice.arrives("/w/alice-co/deleted/")
    alice.press("Undo the deletion")
    alice.arrives(re.compile(r"/w/alice-co/$"))
    alice.look("undone")
    expect(alice.page.locator("main")).to_contain_text("disconnected")
