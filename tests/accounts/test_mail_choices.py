"""Each member chooses what they are told, managers what holds for everybody else."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Event, Membership, Role
from accounts.services.remove_member import remove_member
from notifications.models import MailPreference
from notifications.preferences import wants
from tests.accounts.teamwork import browser_of, member_of
from tests.markup import Page

pytestmark = pytest.mark.django_db
GROUPS = ("revived", "team")


def path_of(tenant) -> str:
    return f"/w/{tenant.slug}/settings/notifications/"


def answers(**given) -> dict[str, str]:
    return {**{f"own_{group}": "workspace" for group in GROUPS}, **given}


def everything(**given) -> dict[str, str]:
    return answers(**{**{f"default_{group}": "on" for group in GROUPS}, **given})


def wanted(member: Membership, group: str = "revived") -> bool:
    return wants(member.user.email, tenant_id=member.tenant_id, group=group)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_each_member_switches_for_themselves_alone(tenant, role):
    ben, dora = member_of(tenant, role), member_of(tenant, role)
    browser_of(ben).post(path_of(tenant), answers(own_revived="off"))
    assert [wanted(each) for each in (ben, dora)] == [False, True]
    assert wanted(ben, "team")
    browser_of(ben).post(path_of(tenant), answers())
    assert wanted(ben)


@pytest.mark.parametrize(("role", "kept"), [(Role.VIEWER, True), (Role.MEMBER, True), (Role.ADMIN, False)])
def test_the_workspaces_default_is_its_managers_to_set(tenant, role, kept):
    ben, dora = member_of(tenant, role), member_of(tenant, Role.VIEWER)
    page = Page(browser_of(ben).get(path_of(tenant)).content.decode())
    assert ("default_revived" in page.form_of("Save").visible) != kept
    browser_of(ben).post(path_of(tenant), everything(default_revived="off"))
    assert wanted(dora) == kept
    assert Event.objects.filter(kind="mail_defaults_changed").exists() != kept


def test_an_own_choice_outdoes_the_default(tenant):
    admin, ben = member_of(tenant, Role.ADMIN), member_of(tenant, Role.MEMBER)
    browser_of(ben).post(path_of(tenant), answers(own_revived="on"))
    browser_of(admin).post(path_of(tenant), everything(default_revived="off", own_revived="workspace"))
    assert [wanted(ben), wanted(admin)] == [True, False]


def test_nonsense_changes_nothing(tenant):
    ben = member_of(tenant, Role.ADMIN)
    answer = browser_of(ben).post(path_of(tenant), everything(own_revived="perhaps"))
    assert answer.status_code == 400
    assert "Nothing was saved" in answer.content.decode()
    assert not MailPreference.objects.exists()


def test_who_comes_back_begins_anew(tenant, alice):
    ben = member_of(tenant, Role.MEMBER)
    browser_of(ben).post(path_of(tenant), answers(own_revived="off"))
    remove_member(ben, by=alice)
    assert not MailPreference.objects.exists()


def test_nobody_outside_reaches_it(tenant):
    assert Client().get(path_of(tenant)).status_code == 302
