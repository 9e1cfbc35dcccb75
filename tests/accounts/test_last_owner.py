"""A workspace keeps an owner, whatever owners do to each other and themselves, also in the same moment."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Membership, Role
from accounts.services.change_role import NoMember, change_role
from accounts.services.last_owner import LastOwner, keep_an_owner, lock_memberships
from accounts.services.leave_workspace import leave_workspace
from accounts.services.managers import NotAllowed, OwnersOnly
from accounts.services.remove_member import remove_member
from tests.accounts.teamwork import member_of, message_of, roles, team_path
from tests.factories import make_tenant
from tests.races import together

ROUNDS = 5


@pytest.mark.django_db
def test_the_last_owner_keeps_the_role(tenant, signed_in, alice):
    own = Membership.objects.get(user=alice)
    for role in ("admin", "member", "viewer"):
        path = team_path(tenant, f"members/{own.pk}/role/")
        response = signed_in.post(path, {"role": role, "confirm": "yes"}, follow=True)
        assert "A workspace needs an owner, and this is the only one." in message_of(response)
    assert roles(tenant) == {alice.email: Role.OWNER}


@pytest.mark.django_db
def test_the_last_owner_can_not_be_removed(tenant, alice):
    own = Membership.objects.get(user=alice)
    with pytest.raises(LastOwner):
        remove_member(own, by=alice)
    with pytest.raises(LastOwner):
        leave_workspace(own)
    assert roles(tenant) == {alice.email: Role.OWNER}


@pytest.mark.django_db
def test_another_workspaces_owner_does_not_count(tenant, alice):
    make_tenant("Other", owner=alice)
    with pytest.raises(LastOwner):
        leave_workspace(Membership.objects.get(user=alice, tenant=tenant))


@pytest.mark.django_db
def test_one_of_two_owners_can_go(tenant, alice):
    member_of(tenant, Role.OWNER)
    assert leave_workspace(Membership.objects.get(user=alice, tenant=tenant))
    assert list(roles(tenant).values()) == [Role.OWNER]


@pytest.mark.django_db
def test_who_is_no_owner_may_always_go(tenant):
    member = member_of(tenant, Role.ADMIN)
    memberships = lock_memberships(tenant)
    keep_an_owner(memberships, without=memberships[member.pk])


@pytest.mark.django_db(transaction=True)
def test_memberships_are_locked_within_a_transaction_alone(db):
    with pytest.raises(AssertionError):
        lock_memberships(make_tenant())


def demote(one: Membership, other: Membership) -> object:
    return change_role(other, role=Role.VIEWER, by=one.user)


def remove(one: Membership, other: Membership) -> object:
    return remove_member(other, by=one.user)


def step_down(one: Membership, other: Membership) -> object:
    return change_role(one, role=Role.MEMBER, by=one.user)


def leave(one: Membership, other: Membership) -> object:
    return leave_workspace(one)


DEEDS = [demote, remove, step_down, leave]


def attempt(deed: Callable[..., object], one: Membership, other: Membership) -> Callable[[], str]:
    def act() -> str:
        try:
            return "done" if deed(one, other) else "nothing to do"
        except (LastOwner, NoMember, NotAllowed, OwnersOnly) as refusal:
            return type(refusal).__name__

    return act


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first", "second"),
    list(itertools.combinations_with_replacement(DEEDS, 2)),
    ids=lambda deed: deed.__name__,
)
def test_two_owners_in_the_same_moment_leave_one(first, second):
    for _ in range(ROUNDS):
        tenant = make_tenant()
        one = Membership.objects.select_related("user").get(tenant=tenant)
        other = member_of(tenant, Role.OWNER)
        results = together(attempt(first, one, other), attempt(second, other, one))
        left = list(roles(tenant).values())
        assert left.count(Role.OWNER) == 1, (results, left)
        # One of them did what they wanted; the other one reads why not.
        assert "done" in results


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_many_owners_in_the_same_moment_leave_one(deed):
    tenant = make_tenant()
    one = Membership.objects.select_related("user").get(tenant=tenant)
    circle = [one, *(member_of(tenant, Role.OWNER) for _ in range(4))]
    pairs = zip(circle, [*circle[1:], circle[0]], strict=True)
    together(*(attempt(deed, actor, target) for actor, target in pairs))
    assert Role.OWNER in roles(tenant).values(), connection.vendor
