"""The event log: one door to write it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from accounts.models import Event, Tenant
from accounts.querysets import NO_PEOPLE

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
