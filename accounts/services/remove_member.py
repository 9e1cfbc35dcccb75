"""Takes somebody out of the team."""

from __future__ import annotations

from django.db import transaction

from accounts import events
from accounts.models import Membership, User
from accounts.services.last_owner import keep_an_owner, lock_memberships
from accounts.services.managers import check_manager
from accounts.services.withdraw_invitation import withdraw_invitations_of
from notifications.preferences import forget_member
from notifications.services import notify


def remove_member(membership: Membership, *, by: User) -> bool:
    """In one transaction with its event and the mail to whoever is removed: the next request finds no way in.

    Args:
        membership: of the acting member's own tenant.
        by: the member who acts.

    Returns:
        False where they were not in the team any more.

    Raises:
        NotAllowed, OwnersOnly: the acting member's role does not reach that far.
        LastOwner: nobody would be owner any more.
    """
    with transaction.atomic():
        memberships = lock_memberships(membership.tenant_id)
        row = memberships.get(membership.pk)
        if row is None:
            return False
        check_manager(memberships, by, row.role)
        keep_an_owner(memberships, without=row)
        user, role = row.user, row.get_role_display().lower()
        withdraw_invitations_of(user, row.tenant_id, role="", by=by)
        row.delete()
        forget_member(tenant_id=row.tenant_id, user_id=row.user_id)
        event = events.record(
            tenant=membership.tenant_id,
            kind="member_removed",
            text=f"{user.email} was removed from the team, was {role}.",
            actor=by.email,
            detail={"was": role},
        )
        notify(
            kind="member_removed",
            recipients=[user.email],
            tenant_id=membership.tenant_id,
            subject_id=None,
            dedupe_key=f"member_removed:{event.pk}",
        )
    return True
