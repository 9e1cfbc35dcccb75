"""No workspace is left without an owner: whoever takes one away asks here first."""

from __future__ import annotations

import uuid

from django.db import connection

from accounts.models import Membership, Role, Tenant


class LastOwner(Exception):
    """Without this owner the workspace would have none."""


def lock_memberships(tenant: Tenant | uuid.UUID) -> dict[int, Membership]:
    """The tenant's memberships as they stand now, by their id, locked until the caller's transaction ends.

    Two owners who act at the same moment wait here for each other: the second one sees what the first one did.
    SQLite knows no row locks; there every transaction that writes holds the whole database from its beginning
    (`transaction_mode` IMMEDIATE).
    """
    if not connection.in_atomic_block:
        raise AssertionError("memberships are locked within a transaction")
    tenant_id = tenant.pk if isinstance(tenant, Tenant) else tenant
    # In one order, so that two of them never wait for each other in a circle.
    rows = Membership.objects.select_for_update().filter(tenant_id=tenant_id).order_by("pk")
    return {row.pk: row for row in rows}


def keep_an_owner(memberships: dict[int, Membership], without: Membership) -> None:
    """Checks that an owner remains where `without` goes or gets another role.

    Args:
        memberships: what `lock_memberships` returned, in the same transaction.
        without: one of them.

    Raises:
        LastOwner: it is the only owner.
    """
    if without.role != Role.OWNER:
        return
    if not any(row.role == Role.OWNER and row.pk != without.pk for row in memberships.values()):
        raise LastOwner
