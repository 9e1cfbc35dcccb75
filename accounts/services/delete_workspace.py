"""Deletes a workspace: its secrets at once, its rows after a grace."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.erasure import GRACE, erase_secrets
from accounts.models import Invitation, Membership, Role, Tenant, User
from accounts.services.lock_living import lock_living
from notifications.services import notify


def delete_workspace(tenant: Tenant, *, by: User) -> None:
    """Marks it as deleted, erases what is secret and tells its owners, in one transaction.

    Args:
        tenant: the workspace; one that is deleted already stays as it is.
        by: the owner who asks.
    """
    now = timezone.now()
    with transaction.atomic():
        row = lock_living(tenant.pk)
        if row is None:
            return
        row.deleted_at = now
        row.save(update_fields=["deleted_at"])
        erase_secrets(row, now)
        _withdraw_invitations(row, now)
        events.record(
            tenant=row,
            kind="workspace_deleted",
            text=f"The workspace was deleted and its keys erased. For {GRACE.days} days an owner can undo it.",
            actor=by.email,
            at=now,
        )
        tell_owners(row, "workspace_deleted", now)
    tenant.deleted_at = now


def tell_owners(tenant: Tenant, kind: str, now: dt.datetime) -> None:
    """Owes each owner a mail of that kind about the workspace, whoever acted: it concerns them all."""
    owners = Membership.objects.for_tenant(tenant).filter(role=Role.OWNER, user__is_active=True).order_by("pk")
    notify(
        kind=kind,
        recipients=owners.values_list("user__email", flat=True),
        tenant_id=tenant.pk,
        subject_id=tenant.pk,
        dedupe_key=f"{kind}:{tenant.pk}:{now.isoformat()}",
        now=now,
    )


def _withdraw_invitations(tenant: Tenant, now: dt.datetime) -> None:
    invitations = Invitation.objects.for_tenant(tenant)
    invitations.filter(accepted_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=now)
