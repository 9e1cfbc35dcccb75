"""Takes back that a workspace was deleted, within the grace."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.erasure import kept_until
from accounts.models import Tenant, User
from accounts.rights import Right, may
from accounts.services.delete_workspace import tell_owners
from accounts.services.last_owner import lock_memberships


def undo_delete(tenant: Tenant, *, by: User) -> bool:
    """Opens the workspace again. What was erased stays erased: its accounts must be connected anew.

    Returns:
        False where it is not deleted, its grace is over, or `by` is no owner of it any more.
    """
    now = timezone.now()
    with transaction.atomic():
        row = Tenant.objects.select_for_update(no_key=True).filter(pk=tenant.pk).first()
        until = None if row is None else kept_until(row)
        if row is None or until is None or until <= now:
            return False
        # Whose account was deleted in this moment brings nothing back: nobody would own it.
        memberships = lock_memberships(row).values()
        if not any(each.user_id == by.pk and may(each.role, Right.DELETE) for each in memberships):
            return False
        row.deleted_at = None
        row.save(update_fields=["deleted_at"])
        events.record(
            tenant=row,
            kind="workspace_restored",
            text="The deletion was undone. The accounts are disconnected and must be connected anew.",
            actor=by.email,
            at=now,
        )
        tell_owners(row, "workspace_restored", now)
    return True
