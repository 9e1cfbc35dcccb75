"""The rows that the machine plays with, made anew for each example, and the clock and names of its workers."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction

from accounts.models import Event, Tenant
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_meta_app
from tests.tokens.interleavings.model import Row
from tokens.models import (
    Brake,
    CallTally,
    Connection,
    Credential,
    Link,
    ReconnectRequest,
    Strike,
    SweepRun,
)
from tokens.services import claims

START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
EMPTIED: list[Any] = [
    OutboxMessage,
    Event,
    Link,
    ReconnectRequest,
    Strike,
    Brake,
    CallTally,
    SweepRun,
    Credential,
    Connection,
]
_owner_name = claims.owner_name


@dataclass
class World:
    """What time it is, and on whose behalf a claim is taken: a sweep's own, where nobody is named."""

    now: dt.datetime = START
    worker: str = ""

    def time(self) -> dt.datetime:
        return self.now

    def owner(self) -> str:
        return self.worker or _owner_name()

    @contextlib.contextmanager
    def acting(self, worker: str) -> Iterator[None]:
        self.worker = worker
        try:
            yield
        finally:
            self.worker = ""


@dataclass(frozen=True)
class Seen:
    """A row as the database has it."""

    row: dict[str, Any]
    dates: dict[str, dt.datetime | None]
    moved_from: dt.datetime | None
    events: list[str]


def made_anew(count: int, tenant: Tenant, now: dt.datetime) -> list[Row]:
    """`count` active connections: every second one due, the first of them urgent."""
    hour = dt.timedelta(hours=1)
    rows = []
    with transaction.atomic():
        _empty()
        for number in range(count):
            issued_at = now - dt.timedelta(days=52 if number == 0 else 30)
            made = make_connection(
                id=uuid.UUID(int=(number + 1) * 7919),
                tenant=tenant,
                meta_app=make_meta_app(),
                token=f"IGAAfirst{number}",
                handle=f"creator{number}",
                issued_at=issued_at,
                due_at=now + (number % 2) * hour - hour / 2 - number * hour / 60,
                check_due_at=now + ((number // 2) % 2) * hour - hour / 2,
                credential={"due_by_rule": now + dt.timedelta(days=3) if number % 2 else None},
            )
            expires_at = issued_at + dt.timedelta(days=60)
            rows.append(Row(made.pk, made.handle, f"IGAAfirst{number}", expires_at, earlier=bool(number % 2)))
    return rows


def _empty() -> None:
    with database.cursor() as cursor:
        for model in EMPTIED:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - names of our own tables


def seen() -> dict[uuid.UUID, Seen]:
    """All rows and their history, in the words of the model."""
    history: dict[uuid.UUID, list[str]] = {}
    for subject, kind in Event.objects.order_by("pk").values_list("subject_id", "kind"):
        assert subject is not None
        history.setdefault(subject, []).append(kind)
    return {each.pk: _seen(each, history.get(each.pk, [])) for each in Credential.objects.select_related("connection")}


def _seen(each: Any, events: list[str]) -> Seen:
    flags = {name for name in ("cannot_refresh", "permission_missing", "refused") if getattr(each, f"{name}_since")}
    row = {
        "status": each.connection.status,
        "handle": each.connection.handle,
        "token": None if each.token is None else each.token.reveal(),
        "version": each.version,
        "fence": each.fence,
        "owner": each.lease_owner,
        "until": each.lease_until,
        "failures": +Counter(refresh=each.refresh_failures, check=each.check_failures),
        "flags": flags,
    }
    return Seen(row, {"refresh": each.due_at, "check": each.check_due_at}, each.due_by_rule, events)


def mails() -> Counter[str]:
    """What creators are owed."""
    owed = OutboxMessage.objects.filter(kind__in=["reconnect_needed", "permission_missing"])
    return Counter(owed.values_list("kind", flat=True))
