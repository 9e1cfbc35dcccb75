"""What the queue runs. Tasks carry ids at most, return numbers, and raise nothing that holds a secret."""

from __future__ import annotations

import time

from django.conf import settings
from django.utils import timezone
from django_q.tasks import async_task

from accounts.models import Tenant
from notifications.worker import asked_to_stop, task
from tokens import watch
from tokens.clients import keeper_of
from tokens.importing import apps_for, flavours_in, verifiers_of
from tokens.models import TokenImport
from tokens.services import brake, heartbeat
from tokens.services.ask_permissions import ask_waiting, waiting
from tokens.services.budget import paused_apps
from tokens.services.claims import Purpose
from tokens.services.remind import remind
from tokens.services.ring import ring_again, ring_for_the_others, ring_import, ring_imports
from tokens.services.smooth_calendar import smooth_calendar
from tokens.services.spread_checks import spread_checks
from tokens.services.sweep import Sweep, anything_due
from tokens.services.work_off_import import ImportTurn

# Well below the queue's time limit for a task; what is left is rung for anew.
SMOOTH_SECONDS = ASK_SECONDS = REMIND_SECONDS = 45.0


@task
def sweep() -> dict[str, int]:
    """Each minute: rings for imports and questions that wait; where anything is due, for the other workers, and
    drains with them.

    The queue is a doorbell, the database the truth.
    """
    heartbeat.beat(heartbeat.SWEEP, timezone.now())
    ring_imports(timezone.now())
    _ring_to_ask()
    results: dict[str, int] = {}
    if anything_due("refresh"):
        ring_for_the_others()
        results = _drained("refresh", None)
    # At the end: what is overdue still is so although somebody swept.
    watch.look(timezone.now())
    return results


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
    """Asks for each connection whose check is due whether it still works; what is late is spread first."""
    heartbeat.beat(heartbeat.CHECK, timezone.now())
    spread_checks(timezone.now(), apart_from=brake.stormy_apps() | paused_apps())
    return _drained("check", None)


@task
def smooth() -> dict[str, int]:
    """Each hour: moves what is too much for one night to earlier ones. Returns how many."""
    ends_at = time.monotonic() + SMOOTH_SECONDS
    results, done = smooth_calendar(timezone.now(), go_on=lambda: time.monotonic() < ends_at and not asked_to_stop())
    if not done and not asked_to_stop():
        async_task("tokens.tasks.smooth")
    return results


@task
def ask_permissions() -> dict[str, int]:
    """Mails creators who lack a permission that their workspace needs since lately. Returns how many."""
    ends_at = time.monotonic() + ASK_SECONDS
    results = ask_waiting(go_on=lambda: time.monotonic() < ends_at and not asked_to_stop())
    if not asked_to_stop():
        _ring_to_ask()
    return dict(results)


@task
def send_reminders() -> dict[str, int]:
    """Each hour: tells again what is still broken, and ahead what a person must renew. Returns how many."""
    ends_at = time.monotonic() + REMIND_SECONDS
    results = remind(go_on=lambda: time.monotonic() < ends_at and not asked_to_stop())
    if time.monotonic() >= ends_at and not asked_to_stop():
        async_task("tokens.tasks.send_reminders")
    return dict(results)


def _ring_to_ask() -> None:
    if waiting().exists():
        ring_again("tokens.tasks.ask_permissions")


@task
def import_tokens(import_id: str) -> dict[str, int]:
    """One worker's turn on an import that a member has confirmed."""
    job = TokenImport.objects.running().select_related("tenant", "user").filter(pk=import_id).first()
    if job is None:
        return {}  # finished, stopped or erased since
    apps = apps_for(job.tenant, flavours_in(job.columns))
    if not apps:
        return {}  # it waits until a Meta app is set up
    with verifiers_of(apps) as verifiers:
        turn = ImportTurn(job, verifiers, seconds=settings.DRAIN_SECONDS)
        results = turn.run()
    if turn.goes_on:
        ring_import(job.pk)
    return dict(results)


def _drained(purpose: Purpose, tenant: Tenant | None) -> dict[str, int]:
    # After its seconds it rings anew and ends: pauses, budgets, brakes and shutdowns are always seen soon.
    work = Sweep(purpose, keeper_of, tenant=tenant, seconds=settings.DRAIN_SECONDS)
    results = work.run()
    if work.ran_out_of_time:
        ring_again(f"tokens.tasks.{'drain' if purpose == 'refresh' else 'check'}", tenant)
    return dict(results)
