"""The read model of a workspace's history: page after page by key, so that a late page costs no more than the first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q

from accounts.models import Event, Tenant
from tokens.models import Connection

PAGE = 50
# Kinds of events by which nothing changes: of a connection that works, eight times a year and with each bad day.
ROUTINE = ("refreshed", "refresh_failed", "check_failed")
SHOWN = {"all": "All", "accounts": "Accounts", "workspace": "Workspace"}
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Line:
    """One event, and the connection that it is about where there is one."""

    event: Event
    connection: Connection | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some lines, newest first. `older` is the query of the page after it, empty on the last one."""

    lines: list[Line]
    older: str
    is_first: bool


def history_page(tenant: Tenant, *, show: str = "all", before: str = "") -> HistoryPage:
    """One page of everything that happened in a workspace.

    Args:
        tenant: whose.
        show: a key of SHOWN: all events, those about something in it, or those about the workspace itself.
        before: what `older` of the page above said; nonsense is the first page.
    """
    mark = _read(before)
    rows = Event.objects.for_tenant(tenant).order_by("-at", "-pk")
    if show != "all":
        rows = rows.filter(subject_id__isnull=show == "workspace")
    if mark is not None:
        at, pk = mark
        rows = rows.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=pk))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    given = {"show": show if show != "all" else "", "before": _write(last) if last else ""}
    older = urlencode({name: value for name, value in given.items() if value}) if last else ""
    return HistoryPage(_with_connections(tenant, found[:PAGE]), older, mark is None)


def _with_connections(tenant: Tenant, found: list[Event]) -> list[Line]:
    about = {event.subject_id for event in found if event.subject_id is not None}
    rows = Connection.objects.for_tenant(tenant).filter(pk__in=about).only("handle", "instagram_id")
    known = {row.pk: row for row in rows}
    return [Line(event, known.get(event.subject_id) if event.subject_id else None) for event in found]


def _write(event: Event) -> str:
    return f"{event.at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{event.pk}"


def _read(mark: str) -> tuple[dt.datetime, int] | None:
    at, _, pk = mark.partition("_")
    try:
        instant, number = dt.datetime.fromisoformat(at).astimezone(dt.UTC), int(pk)
    except (ValueError, OverflowError):
        return None
    return (instant, number) if 0 < number <= _LARGEST_ID else None
