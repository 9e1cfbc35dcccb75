"""What the queue runs for the outbox."""

from __future__ import annotations

import datetime as dt

from notifications import doorbell
from notifications.delivery import deliver_due
from notifications.worker import task

# Well under the queue's timeout: what it kills may send one mail twice.
DELIVERY = dt.timedelta(seconds=45)


@task
def deliver() -> int:
    """Sends what the outbox holds and is due; what is left at the end of its time, the next one sends."""
    doorbell.answer()
    return deliver_due(within=DELIVERY).sent
