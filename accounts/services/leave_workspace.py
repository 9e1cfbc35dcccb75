"""Leaves a workspace."""

from __future__ import annotations

from django.db import transaction

from accounts import events
from accounts.models import Membership
from accounts.services.last_owner import keep_an_owner, lock_memberships
from notifications.preferences import forget_member


def leave_workspace(membership: Membership) -> bool:
    """Ends a membership by the member's own wish; owners read of it in the history.

    Returns:
        False where it had ended already.

    Raises:
        LastOwner: the workspace would have no owner any more.
    """
    with transaction.atomic():
        memberships = lock_memberships(membership.tenant_id)
        row = memberships.get(membership.pk)
        if row is None:
            return False
        keep_an_owner(memberships, row)
        email = membership.user.email
        text = f"{email} left the workspace. Role until then: {row.get_role_display().lower()}."
        row.delete()
        forget_member(tenant_id=row.tenant_id, user_id=row.user_id)
        events.record(tenant=membership.tenant_id, kind="member_left", text=text, actor=email)
    return True
