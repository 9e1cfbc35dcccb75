"""What the queue runs. Tasks carry ids at most, return numbers, and raise nothing that holds a secret."""

from __future__ import annotations

from accounts.models import Tenant
import datetime as dt

from notifications.delivery import deliver_due
from tokens.clients import instagram_client
from tokens.services.ring import ring
from tokens.services.sweep import Sweep, count_due

# Well under the queue's timeout: what it kills may send one mail twice.
DELIVERY = dt.timedelta(seconds=45)


def sweep() -> int:
    """Each minute: rings one drain a worker if anything is due. The queue is a doorbell, the database the truth."""
    return ring() if count_due("refresh") else 0


def drain(tenant_id: str | None = None) -> dict[str, int]:
    """Refreshes what is due; with a tenant's id, what is due there."""
    tenant = None
    if tenant_id is not None:
        tenant = Tenant.objects.filter(pk=tenant_id).first()
        if tenant is None:
            return {}  # erased since
    return dict(Sweep("refresh", instagram_client, tenant=tenant).run())


def check() -> dict[str, int]:
    """Asks for each connection whose check is due whether it still works."""
    return dict(Sweep("check", instagram_client).run())


def deliver() -> int:
    """Sends what the outbox holds and is due; what is left at the end of its time, the next one sends."""
    return deliver_due(within=DELIVERY).sent
