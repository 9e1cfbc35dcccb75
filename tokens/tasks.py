"""What the queue runs. Tasks carry ids at most, return numbers, and raise nothing that holds a secret."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import Tenant
from notifications.worker import task
from tokens.clients import AppNotSetUp, app_for, instagram_client
from tokens.models import TokenImport
from tokens.services import heartbeat
from tokens.services.claims import Purpose
from tokens.services.import_tokens import THREADS
from tokens.services.ring import ring, ring_import, ring_imports, ring_one
from tokens.services.sweep import Sweep, count_due
from tokens.services.work_off_import import ImportTurn

# After so long a drain rings anew and ends: pauses, brakes and shutdowns are always seen soon.
DRAIN_SECONDS = 30.0


@task
def sweep() -> int:
    """Each minute: rings one drain a worker if anything is due, and for imports that wait.

    The queue is a doorbell, the database the truth.
    """
    heartbeat.beat(heartbeat.SWEEP, timezone.now())
    ring_imports(timezone.now())
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


@task
def import_tokens(import_id: str) -> dict[str, int]:
    """One worker's turn on an import that a member has confirmed."""
    job = TokenImport.objects.running().select_related("tenant", "user").filter(pk=import_id).first()
    if job is None:
        return {}  # finished, stopped or erased since
    try:
        meta_app = app_for(job.tenant)
    except AppNotSetUp:
        return {}  # it waits until the Meta app is set up
    client = instagram_client(meta_app, pool_size=THREADS)
    turn = ImportTurn(job, meta_app, client, seconds=DRAIN_SECONDS)
    try:
        results = turn.run()
    finally:
        client.close()
    if turn.goes_on:
        ring_import(job.pk)
    return dict(results)


def _drained(purpose: Purpose, tenant: Tenant | None) -> dict[str, int]:
    work = Sweep(purpose, instagram_client, tenant=tenant, seconds=DRAIN_SECONDS)
    results = work.run()
    if work.ran_out_of_time:
        ring_one(f"tokens.tasks.{'drain' if purpose == 'refresh' else 'check'}", tenant)
    return dict(results)
