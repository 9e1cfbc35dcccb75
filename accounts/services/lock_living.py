"""Locks a workspace that nobody has deleted: whatever would bring something into it asks here first."""

from __future__ import annotations

import uuid

from accounts.models import Tenant


def lock_living(tenant_id: uuid.UUID) -> Tenant | None:
    """The workspace as it stands now, locked until the caller's transaction ends; None where it was deleted.

    Deleting takes the same lock: what is stored under it is there for the deletion to erase. It is the first lock
    of a transaction, before those of connections and credentials.
    """
    rows = Tenant.objects.living().select_for_update(no_key=True)
    return rows.filter(pk=tenant_id).first()
