"""What the queue runs for people and workspaces."""

from __future__ import annotations

import time

from django.utils import timezone
from django_q.tasks import async_task

from accounts.services.prune_history import prune_history
from accounts.services.purge_workspaces import purge_workspaces
from notifications.prune import prune_outbox
from notifications.worker import asked_to_stop, task

# Well below the queue's time limit for a task; what is left is rung for anew.
SECONDS = 45.0


@task
def purge() -> int:
    """Each hour: erases the rows of workspaces that were deleted long enough ago. Returns how many."""
    ends_at = time.monotonic() + SECONDS
    erased, done = purge_workspaces(timezone.now(), go_on=lambda: time.monotonic() < ends_at and not asked_to_stop())
    if not done and not asked_to_stop():
        async_task("accounts.tasks.purge")
    return erased


@task
def prune() -> int:
    """Each hour: deletes old lines of routine from the history, and old mails from the outbox. Returns how many."""
    ends_at, now = time.monotonic() + SECONDS, timezone.now()

    def go_on() -> bool:
        return time.monotonic() < ends_at and not asked_to_stop()

    lines, no_lines_left = prune_history(now, go_on=go_on)
    mails, no_mails_left = prune_outbox(now, go_on=go_on)
    if not (no_lines_left and no_mails_left) and not asked_to_stop():
        async_task("accounts.tasks.prune")
    return lines + mails
