"""A team grows and changes in a real browser: invited, joined, promoted, removed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from accounts.models import Membership, Role
from accounts.services.invite_member import invite_member
from tests.browser.gestures import sign_in
from tests.browser.journeys import let_in
from tests.browser.stage import Stage
from tests.browser.visitor import SIZES, VIEWS, Visitor
from tests.factories import PASSWORD, make_member, make_tenant, make_user

ALICE, BOB, CARLA = "alice@example.com", "bob@example.com", "carla@example.com"
TEAM = "/w/alice-co/team/"
PASS_PHRASE = "correct horse battery"


def signed_in(stage: Stage, email: str, **details: object) -> Visitor:
    visitor = stage.visitor(**details)
    let_in(visitor, email)
    return visitor


@pytest.fixture
def tenant(stage: Stage):
    return make_tenant("Alice & Co", owner=make_user(ALICE))


@VIEWS
def test_somebody_new_is_invited_and_joins(stage: Stage, tenant, size: tuple[int, int], script: bool) -> None:
    alice = signed_in(stage, ALICE, size=size, script=script, dark=True, name="team-invite")
    alice.open(TEAM)
    alice.look("alone")
    alice.press("Mail an invitation")
    alice.reads("Type the address of whom you invite.")
    alice.look("refused", status=400)
    alice.field("email").fill(BOB)
    alice.page.get_by_label("Role", exact=True).select_option("admin")
    alice.press("Mail an invitation")
    alice.reads(f"An invitation is on its way to {BOB}.")
    alice.look("invited")

    bob = stage.visitor(size=size, script=script, dark=True, name="team-new")
    bob.open(stage.mailed_link(BOB, "/invitation/"))
    bob.reads("You are invited to Alice & Co", f"{ALICE} invites you")
    bob.look("page")
    bob.field("password").fill("short")
    bob.press("Join Alice & Co")
    bob.look("refused", status=400)
    bob.field("password").fill(PASS_PHRASE)
    bob.press("Join Alice & Co")
    bob.arrives("/w/alice-co/")
    bob.reads("Welcome to Alice & Co. Your role is admin")
    bob.look("joined")
    bob.open(TEAM)
    bob.look("team-of-an-admin")

    stage.deliver()
    assert stage.newest_mail(ALICE).mail["Subject"].strip() == f"{BOB} joined “Alice & Co”"
    late = stage.visitor(size=size, script=script, dark=True, name="team-late")
    late.open(stage.mailed_link(BOB, "/invitation/"))
    late.reads("It was accepted already")
    late.look("closed", status=410)


@SIZES
def test_somebody_with_an_account_signs_in_and_joins(stage: Stage, tenant, size: tuple[int, int]) -> None:
    bob = make_user(BOB)
    invite_member(tenant, email=BOB, role=Role.VIEWER, by=Membership.objects.get(tenant=tenant).user)
    visitor = stage.visitor(size=size, dark=True, name="team-known")
    visitor.open(stage.mailed_link(BOB, "/invitation/"))
    visitor.look("page")
    visitor.press("Sign in to join")
    visitor.arrives("/accounts/login/")
    sign_in(visitor, BOB, PASSWORD)
    visitor.arrives("/invitation/")
    visitor.look("signed-in")
    visitor.press("Join Alice & Co")
    visitor.arrives("/w/alice-co/")
    visitor.open(TEAM)
    visitor.look("team-of-a-viewer")
    assert Membership.objects.get(tenant=tenant, user=bob).role == Role.VIEWER


@SIZES
def test_signed_in_as_somebody_else(stage: Stage, tenant, size: tuple[int, int]) -> None:
    make_tenant("Carla's", owner=make_user(CARLA))
    make_user(BOB, verified=False)
    invite_member(tenant, email=BOB, role=Role.MEMBER, by=Membership.objects.get(tenant=tenant).user)
    visitor = signed_in(stage, CARLA, size=size, dark=True, name="team-else")
    visitor.open(stage.mailed_link(BOB, "/invitation/"))
    visitor.reads(f"invite {CARLA} instead")
    visitor.look("page")
    visitor.press(f"Sign out and go on as {BOB}")
    visitor.arrives("/invitation/")
    visitor.reads("nobody ever confirmed it")
    visitor.look("unconfirmed")
    visitor.field("password").fill(PASS_PHRASE)
    visitor.press("Join Alice & Co")
    visitor.arrives("/w/alice-co/")
    visitor.has_no_trouble()


@VIEWS
def test_roles_change_and_members_go(stage: Stage, tenant, size: tuple[int, int], script: bool) -> None:
    make_member(tenant, Role.VIEWER, user=make_user(BOB))
    make_member(tenant, Role.ADMIN, user=make_user("a.rather.long.name.of.somebody@a-long-domain.example.com"))
    for number, role in enumerate((Role.OWNER, Role.VIEWER)):
        invite_member(tenant, email=f"guest{number}@example.com", role=role, by=owner_of(tenant))
    alice = signed_in(stage, ALICE, size=size, script=script, dark=True, name="team-roles")
    alice.open(TEAM)
    alice.look("full")
    alice.page.get_by_label(f"New role of {BOB}").select_option("member")
    alice.press(f"Change role of {BOB}")
    alice.reads(f"The role of {BOB} is now member.")
    alice.page.get_by_label(f"New role of {BOB}").select_option("owner")
    alice.press(f"Change role of {BOB}")
    alice.look("make-owner")
    alice.page.get_by_role("link", name="Leave it as it is").click()
    alice.page.get_by_label(f"New role of {ALICE}").select_option("viewer")
    alice.press(f"Change role of {ALICE}")
    alice.look("own-role")
    alice.press("Change role")
    alice.reads("A workspace needs an owner, and this is the only one.")
    alice.look("last-owner")
    alice.press("Withdraw the invitation of guest1@example.com")
    alice.reads("The invitation of guest1@example.com is withdrawn.")
    alice.press(f"Remove {BOB}")
    alice.look("remove")
    alice.press("Remove")
    alice.reads(f"{BOB} is no longer in the team.")
    expect(alice.page.locator("main")).not_to_contain_text("guest1@example.com by")
    alice.has_no_trouble()
    assert not Membership.objects.filter(tenant=tenant, user__email=BOB).exists()


def owner_of(tenant):
    return Membership.objects.get(tenant=tenant, role=Role.OWNER).user
