"""What the queue runs. Tasks carry ids at most, return numbers, and raise nothing that holds a secret."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import Tenant
from notifications.worker import task
from tokens.clients import instagram_client
from tokens.services import heartbeat
from tokens.services.claims import Purpose
from tokens.services.ring import ring, ring_one
from tokens.services.sweep import Sweep, count_due

# After so long a drain rings anew and ends: pauses, brakes and shutdowns are always seen soon.
DRAIN_SECONDS = 30.0


@task
def sweep() -> int:
    """Each minute: rings one drain a worker if anything is due. The queue is a doorbell, the database the truth."""
    heartbeat.beat(heartbeat.SWEEP, timezone.now())
    return ring() if count_due("refresh") else 0


@task
def drain(tenant_id: str | None = None) -> dict[str, int]:
    """Refreshes what is due; with a tenant's id, what is due there."""
    tenant = None
    if tenant_id is not None:
        tenant = Tenant.objects.filter(pk=tenant_id).first()
        if tenant is None:
            return {}  # erased since
    return _drained("refresh", tenant)


@task
def check() -> dict[str, int]:
    """Asks for each connection whose check is due whether it still works."""
    return _drained("check", None)


def _drained(purpose: Purpose, tenant: Tenant | None) -> dict[str, int]:
    work = Sweep(purpose, instagram_client, tenant=tenant, seconds=DRAIN_SECONDS)
    results = work.run()
    if work.ran_out_of_time:
        ring_one(f"tokens.tasks.{'drain' if purpose == 'refresh' else 'check'}", tenant)
    return dict(results)
