"""The event log: one door to write it."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from accounts.models import Event, Tenant
from accounts.querysets import NO_PEOPLE
from notifications.arrays import array_literal

SYSTEM, META = NO_PEOPLE


def record(
    *,
    tenant: Tenant | uuid.UUID,
    kind: str,
    text: str,
    subject_id: uuid.UUID | None = None,
    actor: str = SYSTEM,
    detail: dict[str, Any] | None = None,
    at: dt.datetime | None = None,
) -> Event:
    """Writes one line of history, in the caller's transaction.

    Args:
        tenant: whose history, or its id.
        kind: a stable word for programs, such as `refreshed`.
        text: the sentence for people, fit for the creator.
        subject_id: the connection that it is about.
        actor: a mail address, `SYSTEM` or `META`.
        detail: codes and trace ids for staff; never a secret.
        at: when; now by default.
    """
    tenant_id = tenant.pk if isinstance(tenant, Tenant) else tenant
    return Event.objects.create(
        tenant_id=tenant_id,
        kind=kind,
        text=text,
        subject_id=subject_id,
        actor=actor,
        detail=detail or {},
        at=at or timezone.now(),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of history, as `record` takes it."""

    tenant_id: uuid.UUID
    kind: str
    text: str
    subject_id: uuid.UUID | None
    at: dt.datetime
    detail: dict[str, Any]
    actor: str = SYSTEM


def record_all(lines: Sequence[Line]) -> None:
    """Writes many lines of history at once, in the caller's transaction."""
    if not lines:
        return
    # Not `django.db.connection`: that one looks up the thread's connection for each attribute of each value.
    database: Any = connections[DEFAULT_DB_ALIAS]
    fields: list[Any] = [field for field in Event._meta.concrete_fields if not field.primary_key]
    if database.vendor == "postgresql":
        _insert_at_once(database, fields, lines)
    else:
        _insert_in_turn(database, fields, lines)


def _insert_in_turn(database: Any, fields: list[Any], lines: Sequence[Line]) -> None:
    """One prepared statement for all lines."""
    columns = []
    for field in fields:
        values = [getattr(line, field.attname) for line in lines]
        common = all(value == values[0] for value in values)
        some = [field.get_db_prep_save(value, database) for value in (values[:1] if common else values)]
        columns.append(some * len(lines) if common else some)
    sql = (
        f"INSERT INTO {Event._meta.db_table} ({', '.join(field.column for field in fields)})"  # noqa: S608
        f" VALUES ({', '.join(['%s'] * len(fields))})"
    )
    with database.cursor() as cursor:
        cursor.executemany(sql, list(zip(*columns, strict=True)))


def _insert_at_once(database: Any, fields: list[Any], lines: Sequence[Line]) -> None:
    """What all lines have in common goes once, the rest as arrays: `bulk_create` prepares each value by itself."""
    table, chosen, arrays, once, many = Event._meta.db_table, [], [], [], []
    for field in fields:
        values, kind = [getattr(line, field.attname) for line in lines], field.db_type(database)
        if field.name != "subject_id" and all(value == values[0] for value in values):
            chosen.append(f"%s::{kind}")
            once.append(field.get_db_prep_save(values[0], database))
            continue
        chosen.append(f"n.{field.column}")
        arrays.append((field.column, kind))
        many.append(array_literal(json.dumps(value) if kind == "jsonb" else value for value in values))
    sql = (
        f"INSERT INTO {table} ({', '.join(field.column for field in fields)}) SELECT {', '.join(chosen)}"  # noqa: S608
        f" FROM unnest({', '.join(f'%s::{kind}[]' for _, kind in arrays)}) AS n({', '.join(n for n, _ in arrays)})"
    )
    with database.cursor() as cursor:
        cursor.execute(sql, [*once, *many])
