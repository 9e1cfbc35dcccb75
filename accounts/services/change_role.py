"""Gives a member another role."""

from __future__ import annotations

from django.db import transaction

from accounts import events
from accounts.models import Membership, User
from accounts.services.last_owner import keep_an_owner, lock_memberships
from accounts.services.managers import check_manager
from accounts.services.withdraw_invitation import withdraw_invitations_of
from notifications.services import notify


class NoMember(Exception):
    """They are not in the team any more."""


def change_role(membership: Membership, *, role: str, by: User) -> bool:
    """In one transaction with its event and the mail to the member.

    Args:
        membership: of the acting member's own tenant.
        role: the new one.
        by: the member who acts.

    Returns:
        False where they had that role already.

    Raises:
        NotAllowed, OwnersOnly: the acting member's role does not reach that far.
        NoMember: somebody removed them meanwhile.
        LastOwner: nobody would be owner any more.
    """
    with transaction.atomic():
        memberships = lock_memberships(membership.tenant_id)
        row = memberships.get(membership.pk)
        if row is None:
            raise NoMember
        check_manager(memberships, by, row.role, role)
        if row.role == role:
            return False
        keep_an_owner(memberships, without=row)
        was = row.get_role_display().lower()
        row.role = role
        row.save(update_fields=["role"])
        withdraw_invitations_of(row.user, row.tenant_id, role=role, by=by)
        event = events.record(
            tenant=row.tenant_id,
            kind="role_changed",
            text=f"The role of {row.user.email} is now {row.get_role_display().lower()}, was {was}.",
            actor=by.email,
            detail={"role": role, "was": was},
        )
        if row.user_id != by.pk:
            notify(
                kind="role_changed",
                recipients=[row.user.email],
                tenant_id=row.tenant_id,
                subject_id=None,
                dedupe_key=f"role_changed:{event.pk}",
            )
    return True
