"""Changing roles and removing members: owners handle everybody, admins everybody but owners."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.management import call_command

from accounts.models import Invitation, Membership, Role
from tests.accounts.people import read
from tests.accounts.teamwork import (
    browser_of,
    invite,
    kinds,
    last_event,
    member_of,
    message_of,
    press,
    roles,
    team_path,
)
from tests.factories import make_tenant
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
BELOW = [Role.ADMIN, Role.MEMBER, Role.VIEWER]


def give(browser, tenant, member, role, **more):
    return browser.post(team_path(tenant, f"members/{member.pk}/role/"), {"role": role, **more}, follow=True)


def remove(browser, tenant, member, **more):
    return browser.post(team_path(tenant, f"members/{member.pk}/remove/"), more, follow=True)


def role_of(member):
    return Membership.objects.filter(pk=member.pk).values_list("role", flat=True).first()


@pytest.mark.parametrize("was", BELOW)
@pytest.mark.parametrize("role", BELOW)
@pytest.mark.parametrize("actor", [Role.OWNER, Role.ADMIN])
def test_owners_and_admins_change_admins_members_and_viewers(actor, was, role, tenant):
    member = member_of(tenant, was)
    response = give(browser_of(member_of(tenant, actor)), tenant, member, role)
    assert role_of(member) == role
    assert member.user.email in message_of(response)


@pytest.mark.parametrize("actor", [Role.MEMBER, Role.VIEWER])
def test_members_and_viewers_change_and_remove_nobody(actor, tenant):
    member, browser = member_of(tenant, Role.VIEWER), browser_of(member_of(tenant, actor))
    assert give(browser, tenant, member, Role.MEMBER).status_code == 403
    assert remove(browser, tenant, member, confirm="yes").status_code == 403
    assert role_of(member) == Role.VIEWER


def test_an_admin_can_neither_make_change_nor_remove_an_owner(tenant):
    owner, member = member_of(tenant, Role.OWNER), member_of(tenant, Role.MEMBER)
    browser = browser_of(member_of(tenant, Role.ADMIN))
    for response in (
        give(browser, tenant, owner, Role.VIEWER, confirm="yes"),
        give(browser, tenant, member, Role.OWNER, confirm="yes"),
        remove(browser, tenant, owner, confirm="yes"),
    ):
        assert "Owners are made, changed and removed by owners alone." in message_of(response)
    assert (role_of(owner), role_of(member)) == (Role.OWNER, Role.MEMBER)


def test_an_owner_is_asked_before_making_another_one(tenant, signed_in):
    member = member_of(tenant, Role.MEMBER, "mia@example.com")
    asked = give(signed_in, tenant, member, Role.OWNER)
    assert "Make mia@example.com an owner?" in message_of(asked)
    assert role_of(member) == Role.MEMBER
    form = read(asked).form_of("Change role")
    signed_in.post(form.action, form.fields)
    assert role_of(member) == Role.OWNER


def test_an_owner_changes_and_removes_another_one(tenant, signed_in):
    member = member_of(tenant, Role.OWNER)
    give(signed_in, tenant, member, Role.ADMIN)
    assert role_of(member) == Role.ADMIN
    other = member_of(tenant, Role.OWNER)
    remove(signed_in, tenant, other, confirm="yes")
    assert role_of(other) is None


def test_whoever_changes_their_own_role_is_asked_first(tenant):
    admin = member_of(tenant, Role.ADMIN)
    browser = browser_of(admin)
    assert "Change your own role?" in message_of(give(browser, tenant, admin, Role.VIEWER))
    assert role_of(admin) == Role.ADMIN
    give(browser, tenant, admin, Role.VIEWER, confirm="yes")
    assert role_of(admin) == Role.VIEWER
    assert give(browser, tenant, admin, Role.ADMIN, confirm="yes").status_code == 403


def test_an_admin_does_not_make_themselves_owner(tenant):
    admin = member_of(tenant, Role.ADMIN)
    response = give(browser_of(admin), tenant, admin, Role.OWNER, confirm="yes")
    assert "by owners alone" in message_of(response)
    assert role_of(admin) == Role.ADMIN


@pytest.mark.parametrize("role", ["", "king", "OWNER", "owner\x00", "x" * 1000])
def test_an_unknown_role_changes_nothing(role, tenant, signed_in):
    member = member_of(tenant, Role.MEMBER)
    assert "Choose one of the roles." in message_of(give(signed_in, tenant, member, role))
    assert role_of(member) == Role.MEMBER


def test_the_role_that_somebody_has_already_is_no_event(tenant, signed_in):
    member = member_of(tenant, Role.MEMBER)
    before = kinds(tenant)
    assert "was already member" in message_of(give(signed_in, tenant, member, Role.MEMBER))
    assert kinds(tenant) == before


def test_a_change_is_in_the_history_and_mailed_to_whom_it_concerns(tenant, signed_in):
    member = member_of(tenant, Role.VIEWER, "mia@example.com")
    give(signed_in, tenant, member, Role.ADMIN)
    event = last_event(tenant)
    assert (event.kind, event.actor) == ("role_changed", "alice@example.com")
    assert event.text == "The role of mia@example.com is now admin, was viewer."
    call_command("deliver_notifications", verbosity=0)
    [message] = mail.outbox
    assert message.to == ["mia@example.com"]
    assert "is now: admin. You can connect accounts" in str(message.body)


def test_nobody_is_mailed_about_their_own_change(tenant):
    admin = member_of(tenant, Role.ADMIN)
    give(browser_of(admin), tenant, admin, Role.VIEWER, confirm="yes")
    call_command("deliver_notifications", verbosity=0)
    assert mail.outbox == []


def test_removing_asks_first_and_ends_the_access_at_once(tenant, signed_in):
    member = member_of(tenant, Role.MEMBER, "mia@example.com")
    theirs = browser_of(member)
    assert theirs.get(f"/w/{tenant.slug}/").status_code == 200
    asked = press(signed_in, team_path(tenant), "Remove mia@example.com")
    assert "They lose access to Alice & Co at once" in message_of(asked)
    assert role_of(member) == Role.MEMBER
    form = read(asked).form_of("Remove")
    response = signed_in.post(form.action, form.fields, follow=True)
    assert "mia@example.com is no longer in the team." in message_of(response)
    for path in (f"/w/{tenant.slug}/", team_path(tenant)):
        assert theirs.get(path).status_code == 404


def test_a_removal_is_in_the_history_and_mailed(tenant, signed_in):
    member = member_of(tenant, Role.MEMBER, "mia@example.com")
    remove(signed_in, tenant, member, confirm="yes")
    event = last_event(tenant)
    assert (event.kind, event.actor) == ("member_removed", "alice@example.com")
    assert event.text == "mia@example.com was removed from the team, was member."
    call_command("deliver_notifications", verbosity=0)
    [message] = mail.outbox
    assert message.to == ["mia@example.com"]
    assert message.subject == "You are no longer in the workspace “Alice & Co”"


def test_oneself_one_removes_by_leaving(tenant, signed_in, alice):
    own = Membership.objects.get(user=alice)
    assert "leave the workspace" in message_of(remove(signed_in, tenant, own, confirm="yes"))
    assert role_of(own) == Role.OWNER


def test_a_button_pressed_after_somebody_else_was_faster_says_so(tenant, signed_in):
    member = member_of(tenant, Role.MEMBER)
    path = f"members/{member.pk}/"
    member.delete()
    for what in ("role/", "remove/"):
        assert signed_in.post(team_path(tenant, path + what), {"role": "admin"}).status_code == 404


def test_another_workspaces_members_and_invitations_are_not_there(tenant, signed_in):
    other = make_tenant("Other")
    stranger, row = member_of(other, Role.MEMBER), invite(other)
    for path in (f"members/{stranger.pk}/role/", f"members/{stranger.pk}/remove/", "members/99999999999999/role/",
                 f"invitations/{row.pk}/send/", f"invitations/{row.pk}/withdraw/"):  # fmt: skip
        assert signed_in.post(team_path(tenant, path), {"role": "viewer", "confirm": "yes"}).status_code == 404
    assert role_of(stranger) == Role.MEMBER
    assert Invitation.objects.get(pk=row.pk).withdrawn_at is None


def test_invitations_of_whoever_is_removed_are_withdrawn(tenant, signed_in):
    admin = member_of(tenant, Role.ADMIN, "adam@example.com")
    invite(tenant, "second@example.com", by=admin.user)
    kept = invite(tenant, "kept@example.com")
    remove(signed_in, tenant, admin, confirm="yes")
    assert [row.pk for row in Invitation.objects.filter(withdrawn_at=None)] == [kept.pk]
    assert kinds(tenant)[-2:] == ["invitation_withdrawn", "member_removed"]


def test_an_owner_who_becomes_admin_keeps_only_the_invitations_an_admin_may_make(tenant, signed_in):
    owner = member_of(tenant, Role.OWNER)
    invite(tenant, "heir@example.com", Role.OWNER, by=owner.user)
    invite(tenant, "friend@example.com", Role.VIEWER, by=owner.user)
    give(signed_in, tenant, owner, Role.ADMIN)
    assert [row.email for row in Invitation.objects.filter(withdrawn_at=None)] == ["friend@example.com"]
    give(signed_in, tenant, owner, Role.MEMBER)
    assert not Invitation.objects.filter(withdrawn_at=None).exists()


def test_whoever_lost_the_right_since_the_page_was_opened_is_refused(tenant, alice):
    admin = member_of(tenant, Role.ADMIN)
    browser = sign_in(admin.user)
    member = member_of(tenant, Role.VIEWER)
    browser.get(team_path(tenant))
    Membership.objects.filter(pk=admin.pk).update(role=Role.MEMBER)
    assert give(browser, tenant, member, Role.ADMIN).status_code == 403
    assert roles(tenant)[member.user.email] == Role.VIEWER
