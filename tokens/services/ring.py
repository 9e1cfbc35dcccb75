"""Rings the workers: the queue is a doorbell, what is to be done stands in the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django_q.tasks import async_task

from accounts.models import Tenant


def ring(tenant: Tenant | None = None) -> int:
    """Enqueues one drain a worker. Returns how many; lost or doubled ones do no harm.

    Args:
        tenant: let them work only this tenant's connections.
    """
    cluster: dict[str, Any] = settings.Q_CLUSTER
    drains: int = cluster["workers"]
    for _ in range(drains):
        ring_one("tokens.tasks.drain", tenant)
    return drains


def ring_one(task: str, tenant: Tenant | None = None) -> None:
    """Enqueues one task by its dotted name; it carries the tenant's id at most."""
    async_task(task, *([] if tenant is None else [str(tenant.pk)]))
