"""Rings the workers: the queue is a doorbell, what is to be done stands in the database."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django_q.brokers import get_broker
from django_q.status import Stat
from django_q.tasks import async_task

from accounts.models import Tenant
from tokens.models import ImportLine, TokenImport

# A worker that is at an import shows it more often than that; its own rings go on by themselves.
QUIET = dt.timedelta(seconds=45)
# However many tell that they run: more would only wait for each other at the database.
MOST_WORKERS = 64

logger = logging.getLogger(__name__)


def ring(tenant: Tenant | None = None) -> int:
    """Enqueues one drain a worker. Returns how many; lost or doubled ones do no harm.

    Args:
        tenant: let them work only this tenant's connections.
    """
    drains = workers()
    for _ in range(drains):
        ring_one("tokens.tasks.drain", tenant)
    return drains


def ring_for_the_others() -> int:
    """As `ring`, but for the workers besides the caller's, and for those alone that nothing waits for.

    A drain that runs out of time rings for its successor by itself; without this bound each minute would add to them.
    """
    drains: int = max(0, workers() - 1 - get_broker().queue_size())
    for _ in range(drains):
        ring_one("tokens.tasks.drain")
    return drains


def ring_again(task: str, tenant: Tenant | None = None) -> None:
    """Rings for a successor, unless as many tasks wait as there are workers: then each of them has work already."""
    if get_broker().queue_size() < workers():
        ring_one(task, tenant)


def workers() -> int:
    """How many workers there are on all machines, as their clusters tell; this installation's own number at least."""
    cluster: dict[str, Any] = settings.Q_CLUSTER
    own: int = cluster["workers"]
    try:
        running: int = sum(len(stat.workers) for stat in Stat.get_all())
    except Exception as error:  # a cache or broker that does not answer, an entry of another version
        logger.warning("Other machines' workers could not be counted: %s", type(error).__name__)
        return own
    return min(max(own, running), MOST_WORKERS)


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
