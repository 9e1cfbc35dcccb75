"""What must happen at once when a workspace is deleted, long before its rows are gone: other apps register it here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from accounts.models import Tenant

# For so long an owner can undo it. Then its rows go.
GRACE = dt.timedelta(days=30)
Erase = Callable[[Tenant, dt.datetime], None]
_registered: list[Erase] = []


def register(erase: Erase) -> None:
    """To be called in an app's `ready`.

    Args:
        erase: called with the tenant and the moment, in the transaction that marks it as deleted. It erases secrets
            and ends whatever would go on by itself.
    """
    if erase not in _registered:
        _registered.append(erase)


def erase_secrets(tenant: Tenant, now: dt.datetime) -> None:
    """Calls everything that was registered, in the caller's transaction."""
    for erase in _registered:
        erase(tenant, now)


def kept_until(tenant: Tenant) -> dt.datetime | None:
    """Until when a deleted workspace's rows are kept; None for one that is not deleted."""
    return None if tenant.deleted_at is None else tenant.deleted_at + GRACE
