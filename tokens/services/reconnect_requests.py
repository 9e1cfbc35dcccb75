"""Notes how far it got with asking somebody to bring a connection back, from the mail to the revival.

Each step is noted once, when it is first reached, on the one request of the connection that is open. A later step
implies those before it on our pages: whoever came back from Instagram has opened the page, also where a filter of
ours took them for a scanner.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.conf import settings
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce

from accounts.models import Tenant
from tokens.models import Connection, Link, ReconnectRequest, Status
from tokens.recovery_figures import SPANS

STEPS = ("sent_at", "opened_at", "began_at", "returned_at")
SENT, OPENED, BEGAN, RETURNED = STEPS


def ask_back(connection: Connection, now: dt.datetime) -> None:
    """A mail with a reconnect link was written; whoever did it holds the connection's lock.

    Nothing is noted of a connection that works: its mail asks for a permission, not to bring it back.
    """
    ended = Connection.objects.filter(pk=connection.pk, status=Status.INACTIVE)
    for reason in ended.values_list("reason", flat=True):
        request = ReconnectRequest(tenant_id=connection.tenant_id, connection=connection, reason=reason, queued_at=now)
        ReconnectRequest.objects.bulk_create([request], ignore_conflicts=True)


def note_step(connection_id: uuid.UUID, step: str, now: dt.datetime) -> None:
    """Notes that `step`, one of `STEPS`, was reached. Where it was before, or nobody was asked, nothing is written."""
    waiting = ReconnectRequest.objects.open().filter(connection_id=connection_id, **{f"{step}__isnull": True})
    # A look is enough nearly always: pages that are only looked at take no lock for writing.
    if waiting.exists():
        waiting.update(**_reached(STEPS[: STEPS.index(step) + 1], now))


def note_link_step(link: Link, step: str, now: dt.datetime) -> None:
    """As `note_step`, for whatever the link revives; a connect link revives nothing."""
    if link.revives is not None:
        note_step(link.revives.pk, step, now)


def note_revival(connections: Collection[uuid.UUID | None], now: dt.datetime, *, by: Link | None = None) -> None:
    """Ends the requests of connections that work again, in the caller's transaction.

    Args:
        connections: their keys.
        now: when.
        by: the link by which it came about, if it was one.
    """
    by_link = by is not None and by.revives is not None
    steps = _reached(STEPS, now) if by_link else {}
    rows = ReconnectRequest.objects.open().filter(connection__in=[key for key in connections if key])
    for key, queued_at in rows.values_list("pk", "queued_at"):
        # A clock that was set back makes nobody quicker than at once.
        seconds = max(0, int((now - queued_at).total_seconds()))
        ReconnectRequest.objects.filter(pk=key).update(revived_at=now, by_link=by_link, seconds=seconds, **steps)


def _reached(steps: Iterable[str], now: dt.datetime) -> dict[str, Coalesce]:
    at = Value(now, output_field=DateTimeField())
    return {step: Coalesce(F(step), at) for step in steps}


def close_request(connection: Connection, now: dt.datetime) -> None:
    """The connection was disconnected, in the caller's transaction: nobody is waited for any more."""
    ReconnectRequest.objects.open().filter(connection=connection).update(closed_at=now)


def close_requests_of(tenant: Tenant, now: dt.datetime) -> None:
    """As `close_request`, for a workspace that is deleted."""
    ReconnectRequest.objects.open().for_tenant(tenant).update(closed_at=now)


def forget_old_requests(now: dt.datetime) -> None:
    """Erases what is older than the history keeps lines of routine, and than the pages look back."""
    days = max(settings.EVENT_RETENTION_DAYS, *SPANS)
    ReconnectRequest.objects.filter(queued_at__lt=now - dt.timedelta(days=days)).delete()
