"""Withdraws open invitations: their mailed links open no more."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Invitation, User
from accounts.rights import may_handle
from accounts.services import invitations
from accounts.services.last_owner import lock_memberships
from accounts.services.managers import check_manager


def withdraw_invitation(invitation: Invitation, *, by: User) -> bool:
    """Returns False where it was accepted or withdrawn meanwhile. Raises NotAllowed and OwnersOnly."""
    with transaction.atomic():
        memberships = lock_memberships(invitation.tenant_id)
        row = invitations.waiting().filter(pk=invitation.pk).first()
        if row is None:
            return False
        check_manager(memberships, by, row.role)
        _withdraw(row, by, f"The invitation of {row.email} was withdrawn.", timezone.now())
    return True


def withdraw_invitations_of(inviter: User, tenant_id: uuid.UUID, *, role: str, by: User) -> None:
    """Withdraws what `inviter` could not invite to any more, in the caller's transaction, memberships locked.

    Otherwise an owner who is about to go could leave a way back for a second address of theirs.

    Args:
        inviter: who was removed or got another role.
        tenant_id: of the workspace.
        role: the one they have now; empty for none.
        by: who did it.
    """
    now = timezone.now()
    for row in invitations.waiting().filter(tenant_id=tenant_id, invited_by=inviter):
        if not (role and may_handle(role, row.role)):
            text = f"The invitation of {row.email} was withdrawn, since {inviter.email} may not invite any more."
            _withdraw(row, by, text, now)


def _withdraw(row: Invitation, by: User, text: str, now: dt.datetime) -> None:
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    events.record(
        tenant=row.tenant_id,
        kind="invitation_withdrawn",
        text=text,
        actor=by.email,
        detail={"to": row.email, "role": row.role},
        at=now,
    )
