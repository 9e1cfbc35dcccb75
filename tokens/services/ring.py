"""Rings the workers: the queue is a doorbell, what is to be done stands in the database."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django_q.tasks import async_task

from accounts.models import Tenant
from tokens.models import ImportLine, TokenImport

# A worker that is at an import shows it more often than that; its own rings go on by themselves.
QUIET = dt.timedelta(seconds=45)


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


def ring_import(import_id: uuid.UUID) -> None:
    """Enqueues one worker's turn on an import."""
    async_task("tokens.tasks.import_tokens", str(import_id))


def ring_imports(now: dt.datetime) -> int:
    """Rings for each import that nobody is at and that can go on. Returns how many."""
    lines = ImportLine.objects.filter(token_import=OuterRef("pk"))
    quiet = Q(worked_at__isnull=True) | Q(worked_at__lte=now - QUIET)
    # Without a line that waits it is finished, and only that has not been written down.
    goes_on = Exists(lines.free(now)) | ~Exists(lines.waiting())
    waiting = list(TokenImport.objects.running().filter(quiet).filter(goes_on).values_list("pk", flat=True))
    for pk in waiting:
        ring_import(pk)
    return len(waiting)
