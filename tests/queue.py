"""The queue as tests see it, whichever broker holds it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.signing import SignedPackage


def waiting() -> list[dict[str, Any]]:
    """The tasks in the queue, oldest first."""
    if "redis" in settings.Q_CLUSTER:
        broker = get_broker()
        payloads = broker.connection.lrange(broker.list_key, 0, -1)
    else:
        payloads = OrmQ.objects.order_by("pk").values_list("payload", flat=True)
    return [SignedPackage.loads(payload) for payload in payloads]


def untaken() -> int:
    """How many tasks no cluster has taken up yet."""
    count: int = get_broker().queue_size()
    return count


def lose() -> None:
    """Empties the queue without running anything."""
    get_broker().purge_queue()
