"""What the queue runs. Tasks carry ids at most, return numbers, and raise nothing that holds a secret."""

from __future__ import annotations

from notifications.delivery import deliver_due
from tokens.clients import instagram_client
from tokens.services.ring import ring
from tokens.services.sweep import Sweep, count_due


def sweep() -> int:
    """Each minute: rings one drain a worker if anything is due. The queue is a doorbell, the database the truth."""
    return ring() if count_due("refresh") else 0


def drain() -> dict[str, int]:
    """Refreshes what is due."""
    return dict(Sweep("refresh", instagram_client).run())


def check() -> dict[str, int]:
    """Asks for each connection whose check is due whether it still works."""
    return dict(Sweep("check", instagram_client).run())


def deliver() -> int:
    """Sends what the outbox holds and is due."""
    return deliver_due().sent
