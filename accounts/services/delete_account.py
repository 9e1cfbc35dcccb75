"""Deletes an account: the person's rows at once, the workspaces that nobody else is in along with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from accounts import events
from accounts.models import Invitation, Membership, Tenant, User
from accounts.own_data import confirmed_addresses
from accounts.services.delete_workspace import delete_workspace
from accounts.services.last_owner import LastOwner, keep_an_owner, lock_memberships
from accounts.services.rename_person import rename_person
from notifications.services import forget_recipients

FORMER_MEMBER = "a former member"


class MustHandOver(Exception):
    """Others are in these workspaces, and nobody but this person is an owner there."""

    def __init__(self, tenants: list[Tenant]) -> None:
        super().__init__(f"{len(tenants)} workspaces would be left without an owner")
        self.tenants = tenants


@dataclass
class Plan:
    """What becomes of the workspaces that somebody is in, by name."""

    go: list[Tenant] = field(default_factory=list)
    leave: list[Tenant] = field(default_factory=list)
    hand_over: list[Tenant] = field(default_factory=list)


def plan(user: User) -> Plan:
    """What deleting the account would do now, locking nothing. Workspaces that are deleted already are left out."""
    made = Plan()
    for tenant in Tenant.objects.of(user).living().prefetch_related("memberships"):
        _sort(made, tenant, {row.pk: row for row in tenant.memberships.all()}, user)
    return made


def delete_account(user: User) -> Plan | None:
    """Deletes `user` and whatever is theirs alone, all or nothing.

    Their workspaces' histories stay, without their address. Connections that they made go on.

    Returns:
        What became of their workspaces; None where the account was gone already.

    Raises:
        MustHandOver: a workspace with other members would have no owner; nothing was changed.
    """
    with transaction.atomic():
        made = _locked_plan(user)
        row = User.objects.select_for_update().filter(pk=user.pk).first()
        if row is None:
            return None
        if made.hand_over:
            raise MustHandOver(made.hand_over)
        for tenant in made.go:
            delete_workspace(tenant, by=row)
        addresses = confirmed_addresses(row)
        rename_person(addresses, FORMER_MEMBER)
        for tenant in made.leave:
            _note(tenant)
        Invitation.objects.filter(email__in=addresses).delete()
        forget_recipients(addresses, tenant_ids=[tenant.pk for tenant in made.go])
        _end_sessions(row)
        row.delete()
    return made


def _locked_plan(user: User) -> Plan:
    """The plan as it stands now; nobody joins, leaves or changes roles until the transaction ends."""
    ids = Membership.objects.filter(user_id=user.pk).values_list("tenant_id", flat=True)
    made = Plan()
    # In one order, so that two of them never wait for each other in a circle.
    for tenant_id in sorted(ids):
        # The tenant before its members, as everywhere; undoing its deletion takes the same lock.
        tenant = Tenant.objects.select_for_update(no_key=True).filter(pk=tenant_id).first()
        memberships = lock_memberships(tenant_id)
        if tenant is not None and tenant.deleted_at is None:
            _sort(made, tenant, memberships, user)
    return made


def _sort(made: Plan, tenant: Tenant, memberships: dict[int, Membership], user: User) -> None:
    own = next((row for row in memberships.values() if row.user_id == user.pk), None)
    if own is None:
        return
    if len(memberships) == 1:
        made.go.append(tenant)
        return
    try:
        keep_an_owner(memberships, own)
    except LastOwner:
        made.hand_over.append(tenant)
    else:
        made.leave.append(tenant)


def _note(tenant: Tenant) -> None:
    text = f"{FORMER_MEMBER.capitalize()} left the workspace and deleted their account."
    events.record(tenant=tenant, kind="member_left", text=text, actor=FORMER_MEMBER)


def _end_sessions(user: User) -> None:
    """Other browsers are signed out by there being nobody any more; what their sessions hold goes as well."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for key in UserSession.objects.filter(user=user).values_list("session_key", flat=True):
        store.delete(key)
