"""Installs the queue's schedules and recomputes due dates after a change of settings. Safe to repeat."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.utils import timezone
from django_q.models import Schedule

from tokens import due_dates
from tokens.models import Credential, Heartbeat
from tokens.services import heartbeat

BATCH = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule of ours: what runs how often."""

    name: str
    func: str
    minutes: int


SCHEDULES = (
    Planned("sweep", "tokens.tasks.sweep", 1),
    Planned("check", "tokens.tasks.check", 5),
    Planned("deliver", "notifications.tasks.deliver", 1),
    Planned("smooth", "tokens.tasks.smooth", 60),
    Planned("remind", "tokens.tasks.send_reminders", 60),
    Planned("purge", "accounts.tasks.purge", 60),
    Planned("prune", "accounts.tasks.prune", 60),
)


def sync_schedules() -> dict[str, int]:
    """Upserts the schedules by name and moves due dates to where the settings put them now.

    Returns:
        How many schedules were changed and how many connections got another date.
    """
    now = timezone.now()
    heartbeat.install(now)
    changed = sum(_install(planned, now) for planned in SCHEDULES)
    return {"schedules_changed": changed, "dates_changed": _recompute(now)}


def sync_after_migrate(**kwargs: Any) -> None:
    """`post_migrate` calls this; a migration of one app alone may run before the queue's tables exist."""
    tables = database.introspection.table_names()
    if {model._meta.db_table for model in (Schedule, Credential, Heartbeat)} <= set(tables):
        sync_schedules()


def _install(planned: Planned, now: dt.datetime) -> bool:
    wanted = {
        "func": planned.func,
        "schedule_type": Schedule.MINUTES,
        "minutes": planned.minutes,
        "repeats": -1,
    }
    known = Schedule.objects.filter(name=planned.name)
    if known.filter(**wanted).exists():
        return False
    known.delete()
    # The library neither sets nor moves next_run by itself when a schedule changes.
    Schedule.objects.create(name=planned.name, next_run=now, **wanted)
    return True


def _recompute(now: dt.datetime) -> int:
    """Goes through all live credentials in key order; those that failed keep their own retry date."""
    changed, last = 0, uuid.UUID(int=0)
    while rows := list(_after(last, now)):
        changed += sum(_move(row, now) for row in rows)
        last = rows[-1].pk
    return changed


def _after(last: uuid.UUID, now: dt.datetime) -> Any:
    rows = Credential.objects.without_token().free(now).filter(due_at__isnull=False, pk__gt=last)
    return rows.order_by("pk")[:BATCH]


def _move(row: Credential, now: dt.datetime) -> bool:
    columns: dict[str, dt.datetime | None] = {}
    if not row.refresh_failures and row.expiry_told and row.prolonged:
        due_at = due_dates.due_at(
            renewable=row.renewable,
            obtained_at=row.obtained_at,
            issued_at=row.issued_at,
            expires_at=row.expires_at,
            renewal_expires_at=row.renewal_expires_at,
        )
        # One that was moved to an earlier night stays there while its date by the rule is the same.
        if due_at != (row.due_by_rule or row.due_at):
            columns |= {"due_at": due_at, "due_by_rule": None}
    if row.check_due_at is not None and row.check_due_at > now + due_dates.check_interval():
        columns["check_due_at"] = due_dates.next_check_at(row.pk, now)
    if not columns:
        return False
    return bool(Credential.objects.filter(pk=row.pk, version=row.version, fence=row.fence).update(**columns))
