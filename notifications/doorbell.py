"""Mail leaves within seconds of the commit that owes it: whoever writes to the outbox rings, once.

At most one ring waits in the queue, however many mails are written and whether or not a worker runs. It is answered
before the outbox is read, so that none is missed; one that the queue lost is answered by the next minute's delivery.
"""

from __future__ import annotations

from django_q.tasks import async_task

from notifications.models import Doorbell

OUTBOX = "outbox"


def ring() -> None:
    """Enqueues a delivery unless one is waiting. To be called after the commit."""
    Doorbell.objects.get_or_create(name=OUTBOX)
    if Doorbell.objects.filter(name=OUTBOX, rung=False).update(rung=True):
        async_task("notifications.tasks.deliver")


def answer() -> None:
    """Whoever delivers now has heard it."""
    Doorbell.objects.filter(name=OUTBOX, rung=True).update(rung=False)
