"""A manager says what is needed and has creators asked; a creator who left something unticked goes once more."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.gestures import allow, choose, leave
from tests.browser.journeys import ALICE, CONNECTION, WORKSPACE, connected, let_in, move_in, settle
from tests.browser.stage import Stage, text_of
from tests.browser.visitor import PHONE, SIZES, VIEWS, Visitor
from tests.factories import make_connection, make_meta_app
from tokens import tasks
from tokens.models import Connection, MetaApp, PermissionNeeds
from tokens.services import links

PAGE = f"{WORKSPACE}settings/permissions/"
BASIC = "instagram_business_basic"
COMMENTS = "instagram_business_manage_comments"
INSIGHTS = "instagram_business_manage_insights"
APP_ID, SECRET = "424242424242", "f00dfeedf00dfeedf00dfeedf00dfeed"


@pytest.fixture
def own_app(stage: Stage) -> MetaApp:
    """Alice's workspace has an app that may ask for three permissions, and needs the basic one so far."""
    tenant = settle().memberships.get().tenant
    stage.emulator.state.add_app(APP_ID, SECRET, "Alice's own app", [f"{stage.url}/oauth/callback/instagram/"])
    app = make_meta_app(tenant=tenant, app_id=APP_ID, secret=SECRET)
    MetaApp.objects.filter(pk=app.pk).update(scopes=[BASIC, COMMENTS, INSIGHTS])
    PermissionNeeds.objects.create(tenant=tenant, permissions=[BASIC])
    stage.emulator.state.add_person("creator")
    return app


def accounts(app: MetaApp) -> None:
    """Three that lack something, one of which nothing is known."""
    tenant = app.tenant
    make_connection(tenant=tenant, meta_app=app, handle="anna", contact_email="anna@creator.example")
    make_connection(tenant=tenant, meta_app=app, handle="bert", contact_email="bert@creator.example")
    granted = [BASIC, INSIGHTS]
    make_connection(tenant=tenant, meta_app=app, handle="cleo.with.a.very.long.handle", permissions=granted)
    make_connection(tenant=tenant, meta_app=app, handle="unknown", permissions=None)


def tick(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("checkbox", name=re.compile(name)).check()


@VIEWS
def test_a_manager_needs_more_and_has_those_asked_who_lack_it(
    stage: Stage, own_app: MetaApp, size: tuple[int, int], script: bool
) -> None:
    accounts(own_app)
    alice = stage.visitor(size=size, script=script, dark=True, name="permissions")
    let_in(alice, ALICE)
    alice.open(f"{WORKSPACE}settings/")
    alice.page.get_by_role("link", name="Choose what is needed").click()
    alice.arrives(PAGE)
    alice.reads("Renewing never adds permissions", re.compile("3 connected accounts lack it"))
    expect(alice.page.get_by_role("checkbox", name=re.compile(BASIC))).to_be_disabled()
    alice.look("needs")

    tick(alice, COMMENTS)
    tick(alice, INSIGHTS)
    alice.press("Save")
    alice.reads("3 accounts lack what is newly needed", "Mail to anna@creator.example", f"Mail to {ALICE}")
    alice.look("whom")
    Connection.objects.filter(handle="bert").update(permissions=[BASIC, COMMENTS, INSIGHTS])
    alice.press("Save and ask them")
    alice.reads("The list has changed meanwhile", "2 accounts lack what is newly needed")
    alice.look("changed-meanwhile")
    alice.press("Save and ask them")
    alice.arrives(PAGE)
    alice.reads(re.compile("2 accounts are asked by mail"))
    alice.look("saved")

    tasks.ask_permissions()
    stage.deliver()
    assert "Comments can't be read or answered." in text_of(stage.newest_mail("anna@creator.example"))
    alice.open(f"{WORKSPACE}connections/{Connection.objects.get(handle='anna').pk}/")
    alice.reads("Comments can't be read or answered.", re.compile("Asked for .*: a reconnect link was mailed to"))
    alice.look("connection")
    alice.open(PAGE)
    alice.page.get_by_role("checkbox", name=re.compile(INSIGHTS)).uncheck()
    alice.press("Save")
    alice.reads("The permissions needed are saved.")


@VIEWS
def test_a_creator_who_left_something_unticked_goes_once_more(
    stage: Stage, own_app: MetaApp, size: tuple[int, int], script: bool
) -> None:
    assert own_app.tenant is not None
    PermissionNeeds.objects.update(permissions=[BASIC, COMMENTS, INSIGHTS])
    link = links.issue_connect(own_app.tenant, email="carla@creator.example", handle="", invited_by=None)
    carla = stage.visitor(size=size, script=script, dark=True, name="unticked")
    carla.open(f"/link/{links.token_of(link)}/")
    leave(carla, stage.emulator.url)
    choose(carla, "creator")
    carla.page.get_by_role("checkbox", name=re.compile(COMMENTS)).uncheck()
    carla.press("Allow")
    carla.reads("@creator is connected", "Comments can't be read or answered.")
    carla.look("not-everything")
    leave(carla, stage.emulator.url, "Reconnect Instagram")
    allow(carla, "creator")
    carla.reads("Thank you. That is all.")
    carla.look("everything")
    assert Connection.objects.get().permissions == [BASIC, COMMENTS, INSIGHTS]


@SIZES
def test_a_mailed_link_says_what_is_missing(stage: Stage, own_app: MetaApp, size: tuple[int, int]) -> None:
    PermissionNeeds.objects.update(permissions=[BASIC, COMMENTS])
    connection = make_connection(tenant=own_app.tenant, meta_app=own_app, handle="anna")
    carla = stage.visitor(size=size, dark=True, name="missing-link")
    carla.open(f"/link/{links.token_of(links.issue(connection, recipients=[]))}/")
    carla.reads("read, answer, hide and delete comments on your posts")
    carla.look("link")


def test_what_the_installations_app_cannot_ask_for_is_listed_apart(stage: Stage) -> None:
    alice = stage.visitor(size=PHONE, name="permissions-of-the-installation")
    move_in(alice)
    alice.open(PAGE)
    alice.reads("Not asked for by the Meta app")
    alice.look("installation")


def test_a_member_who_left_something_unticked_is_told_on_the_connections_page(stage: Stage) -> None:
    alice = stage.visitor(size=PHONE, name="member-unticked")
    address = connected(stage, alice)
    Connection.objects.update(permissions=[])
    alice.open(address)
    alice.arrives(CONNECTION)
    alice.reads("Profile and posts can't be seen, and the connection can't be renewed.")
    alice.look("connection")
