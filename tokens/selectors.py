"""Read models of the pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from accounts.models import Event, Tenant
from tokens.due_dates import YOUNGEST
from tokens.flags import Flag, days_left, flags_of, missing_permissions
from tokens.models import Connection, Credential, Status
from tokens.wording import REASONS, ReasonText

TIMELINE = 100


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """One connection as the pages show it."""

    connection: Connection
    flags: list[Flag]
    days_left: int | None
    next_step: str

    @property
    def status_word(self) -> str:
        return self.connection.get_status_display()


@dataclass(frozen=True, slots=True)
class ConnectionDetail:
    """One connection's page: its row, why it stopped, its dates and its history, newest first."""

    row: ConnectionRow
    credential: Credential
    why: ReasonText | None
    missing: list[str]
    timeline: list[Event]


def workspace_rows(tenant: Tenant, now: dt.datetime) -> list[ConnectionRow]:
    """All connections of a tenant: those that need somebody first, then by handle."""
    connections = Connection.objects.for_tenant(tenant).with_dates().order_by("handle", "pk")
    rows = [row_of(connection, now) for connection in connections]
    return sorted(rows, key=lambda row: _urgency(row))


def summary(rows: list[ConnectionRow]) -> str:
    """The workspace's state in one sentence."""
    total = sum(row.connection.status != Status.DISCONNECTED for row in rows)
    broken = sum(row.connection.status == Status.INACTIVE for row in rows)
    flagged = sum(row.connection.status == Status.ACTIVE and bool(row.flags) for row in rows)
    if not total:
        return "No Instagram account is connected."
    if broken:
        return f"{broken} of {total} {_accounts(total)} {_need(broken)} reconnecting."
    if flagged:
        return f"All {total} {_accounts(total)} work; {flagged} {_need(flagged)} a look."
    return f"All {total} {_accounts(total)} work." if total > 1 else "The account works."


def detail_of(connection: Connection, now: dt.datetime) -> ConnectionDetail:
    """Everything that a connection's page shows. `connection` is loaded `with_dates`."""
    history = Event.objects.for_tenant(connection.tenant).filter(subject_id=connection.pk).order_by("-at", "-pk")
    return ConnectionDetail(
        row=row_of(connection, now),
        credential=connection.credential,
        why=REASONS.get(connection.reason),
        missing=missing_permissions(connection),
        timeline=list(history[:TIMELINE]),
    )


def row_of(connection: Connection, now: dt.datetime) -> ConnectionRow:
    return ConnectionRow(
        connection=connection,
        flags=flags_of(connection, now),
        days_left=days_left(connection, now),
        next_step=_next_step(connection, now),
    )


def young_until(connection: Connection, now: dt.datetime) -> dt.datetime | None:
    """Until when Meta would refuse to refresh the token, for its age; None where it is old enough."""
    credential = connection.credential
    old_enough = (credential.issued_at or credential.obtained_at) + YOUNGEST - dt.timedelta(hours=1)
    return old_enough if now < old_enough else None


def _next_step(connection: Connection, now: dt.datetime) -> str:
    if connection.status == Status.INACTIVE:
        return REASONS[connection.reason].remedy
    due_at = connection.credential.due_at
    if connection.status == Status.DISCONNECTED or due_at is None:
        return "Nothing happens until it is connected again."
    if due_at <= now:
        return "It is renewed with the next sweep."
    verb = "We try to renew it again" if connection.credential.refresh_failures else "It is renewed by itself"
    return f"{verb} on {due_at:%-d %B %Y} at {due_at:%H:%M} UTC."


def _urgency(row: ConnectionRow) -> tuple[int, str]:
    order = {Status.INACTIVE: 0, Status.ACTIVE: 2, Status.DISCONNECTED: 3}[Status(row.connection.status)]
    return (1 if order == 2 and row.flags else order, row.connection.handle)


def _accounts(number: int) -> str:
    return "account" if number == 1 else "accounts"


def _need(number: int) -> str:
    return "needs" if number == 1 else "need"
