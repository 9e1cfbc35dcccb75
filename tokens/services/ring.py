"""Rings the workers: the queue is a doorbell, what is to be done stands in the database."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django_q.tasks import async_task


def ring() -> int:
    """Enqueues one drain a worker. Returns how many; lost or doubled ones do no harm."""
    cluster: dict[str, Any] = settings.Q_CLUSTER
    drains: int = cluster["workers"]
    for _ in range(drains):
        async_task("tokens.tasks.drain")
    return drains
