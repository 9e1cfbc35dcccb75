"""Leaving: by everybody but the last owner."""

from __future__ import annotations

import pytest

from accounts.models import Event, Membership, Role
from accounts.services.last_owner import LastOwner
from accounts.services.leave_workspace import leave_workspace
from tests.accounts.people import read
from tests.factories import make_member, make_tenant
from tests.races import together
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER, Role.ADMIN])
def test_a_member_is_asked_first_and_then_gone(role, tenant):
    user = make_member(tenant, role)
    browser, path = sign_in(user), f"/w/{tenant.slug}/team/leave/"
    form = read(browser.get(path)).form_of("Leave the workspace")
    assert Membership.objects.filter(user=user).exists()
    response = browser.post(form.action, form.fields, follow=True)
    assert f"You have left “{tenant.name}”." in read(response).text
    assert browser.get(f"/w/{tenant.slug}/").status_code == 404
    told = Event.objects.get(tenant=tenant, kind="member_left")
    assert (told.actor, told.text) == (
        user.email, f"{user.email} left the workspace. Role until then: {role.label.lower()}.",
    )  # fmt: skip


def test_the_only_owner_reads_why_not(signed_in, tenant):
    make_member(tenant, Role.ADMIN)
    response = signed_in.post(f"/w/{tenant.slug}/team/leave/")
    assert response.status_code == 200
    assert "You are its only owner" in read(response).text
    assert tenant.memberships.count() == 2


def test_an_owner_may_leave_while_another_stays(signed_in, tenant, alice):
    make_member(tenant, Role.OWNER)
    assert signed_in.post(f"/w/{tenant.slug}/team/leave/").status_code == 302
    assert not Membership.objects.filter(user=alice).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays():
    tenant = make_tenant()
    make_member(tenant, Role.OWNER)

    def leave(membership):
        try:
            return leave_workspace(membership)
        except LastOwner:
            return "stays"

    first, second = tenant.memberships.all()
    results = together(lambda: leave(first), lambda: leave(second))
    assert sorted(map(str, results)) == ["True", "stays"]
    assert tenant.memberships.get().role == Role.OWNER
