"""Exports a tenant as JSON lines: the tenant, its connections, its events. Never a token."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from accounts.models import Event, Tenant
from tokens.models import Connection

BATCH = 500


def export_tenant(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """One mapping a line, JSON-able: ids as text, instants as ISO 8601 with `Z`."""
    yield {
        "type": "tenant",
        "slug": tenant.slug,
        "name": tenant.name,
        "created_at": instant(tenant.created_at),
    }
    connections = Connection.objects.for_tenant(tenant).with_dates().order_by("created_at", "pk")
    for connection in connections.iterator(BATCH):
        yield _connection(connection)
    for event in Event.objects.for_tenant(tenant).order_by("pk").iterator(BATCH):
        yield _event(event)


def _connection(connection: Connection) -> dict[str, Any]:
    credential = connection.credential
    return {
        "type": "connection",
        "id": str(connection.pk),
        "flavour": connection.flavour,
        "handle": connection.handle,
        "instagram_id": connection.instagram_id,
        "status": connection.status,
        "reason": connection.reason or None,
        "permissions": connection.permissions,
        "issued_at": instant(credential.issued_at),
        "expires_at": instant(credential.expires_at),
        "due_at": instant(credential.due_at),
        "contact_email": connection.contact_email or None,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "type": "event",
        "at": instant(event.at),
        "kind": event.kind,
        "connection": None if event.subject_id is None else str(event.subject_id),
        "actor": event.actor,
        "text": event.text,
        "detail": event.detail,
    }


def instant(value: dt.datetime | None) -> str | None:
    return None if value is None else value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
