"""Addresses that take no mail: a tenant sends them none until somebody tries again.

Alerts to staff belong to no tenant: their addresses stand in the settings, and are never silenced.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from uuid import UUID

from notifications.models import SilencedAddress


def silence(address: str, *, tenant_id: UUID, why: str, now: dt.datetime) -> bool:
    """Remembers, in the caller's transaction, that `address` takes no mail of this tenant; tells whether that is new.

    Arguments:
        why: the word of the failure, as the outbox keeps it.
    """
    defaults = {"why": why, "since": now}
    _, is_new = SilencedAddress.objects.get_or_create(tenant_id=tenant_id, address=address.lower(), defaults=defaults)
    return is_new


def is_silenced(address: str, *, tenant_id: UUID | None) -> bool:
    return tenant_id is not None and bool(silenced_among([address], tenant_id=tenant_id))


def silenced_among(addresses: Collection[str], *, tenant_id: UUID) -> list[str]:
    """Those of `addresses` that take no mail of this tenant."""
    if not addresses:
        return []
    return list(SilencedAddress.objects.of(addresses, tenant_id=tenant_id).values_list("address", flat=True))


def try_again(addresses: Iterable[str], *, tenant_id: UUID) -> int:
    """Mail to these addresses is attempted from now on. Returns how many were silenced."""
    lifted, _ = SilencedAddress.objects.of(addresses, tenant_id=tenant_id).delete()
    return lifted
