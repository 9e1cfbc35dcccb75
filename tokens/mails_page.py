"""The read model of what was sent: page after page by key, so that a late page costs no more than the first."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict

from accounts.models import Tenant
from notifications.models import OutboxMessage, SilencedAddress
from notifications.registry import title_of
from tokens.mail_wording import STATES, reason, state_of
from tokens.models import Connection, Link

PAGE = 50
LONGEST = 100
SHOWN = {"all": "All", **{state.value: words for state, words in STATES.items()}}


@dataclass(frozen=True, slots=True)
class MailLine:
    """One mail, and the connection that it is about where there is one. Never what it says."""

    message: OutboxMessage
    title: str
    state: str
    why: str
    connection: Connection | None


@dataclass(frozen=True, slots=True)
class SilencedLine:
    """An address that is not written to, and why."""

    row: SilencedAddress
    why: str


@dataclass(frozen=True, slots=True)
class MailsPage:
    """Some mails, newest first. `older` is the query of the page after it, empty on the last one."""

    show: str
    words: str
    lines: list[MailLine]
    silenced: list[SilencedLine]
    tabs: list[tuple[str, str, str]]
    newest: str
    older: str
    is_first: bool


def mails_page(tenant: Tenant, asked: QueryDict) -> MailsPage:
    """What the outbox sent, or owes, for a workspace, as `?show=`, `?q=` and `?before=` ask for it.

    Nonsense is tolerated: it is all mails, from the newest on.
    """
    show = asked.get("show", "")
    show = show if show in SHOWN else "all"
    words = "".join(asked.get("q", "").replace("\0", "").split()).lower()[:LONGEST]
    mark = _read(asked.get("before", ""))
    rows = OutboxMessage.objects.filter(tenant=tenant).order_by("-created_at", "-pk")
    if show != "all":
        rows = rows.filter(state=show)
    if words:
        rows = rows.filter(recipient__contains=words)
    if mark is not None:
        at, pk = mark
        rows = rows.filter(created_at__lte=at).filter(Q(created_at__lt=at) | Q(pk__lt=pk))
    found = list(rows[: PAGE + 1])
    older = _query(show, words, _write(found[PAGE - 1])) if len(found) > PAGE else ""
    tabs = [(name, label, _query(name, words)) for name, label in SHOWN.items()]
    silenced = [] if mark else _silenced(tenant)
    return MailsPage(
        show, words, lines_of(tenant, found[:PAGE]), silenced, tabs, _query(show, words), older, mark is None
    )


def _silenced(tenant: Tenant) -> list[SilencedLine]:
    rows = SilencedAddress.objects.for_tenant(tenant).order_by("-since", "pk")
    return [SilencedLine(row, reason(row.why)) for row in rows[:PAGE]]


def lines_of(tenant: Tenant, found: list[OutboxMessage]) -> list[MailLine]:
    """Mails of one tenant as they stand on its pages."""
    about = {row.subject_id for row in found if row.subject_id is not None}
    # Most mails carry a link, which leads to a connection; others are about the connection itself.
    links = Link.objects.for_tenant(tenant).filter(pk__in=about, connection__isnull=False)
    linked = dict(links.values_list("pk", "connection"))
    rows = Connection.objects.for_tenant(tenant).filter(pk__in=about | set(linked.values()))
    known = {row.pk: row for row in rows.only("handle", "instagram_id")}
    return [
        MailLine(
            message,
            title_of(message.kind),
            state_of(message),
            reason(message.last_error),
            known.get(linked.get(message.subject_id, message.subject_id)) if message.subject_id else None,
        )
        for message in found
    ]


def _query(show: str, words: str, before: str = "") -> str:
    given = {"show": show if show != "all" else "", "q": words, "before": before}
    return urlencode({name: value for name, value in given.items() if value})


def _write(message: OutboxMessage) -> str:
    return f"{message.created_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}_{message.pk}"


def _read(mark: str) -> tuple[dt.datetime, uuid.UUID] | None:
    at, _, pk = mark.partition("_")
    try:
        return dt.datetime.fromisoformat(at).astimezone(dt.UTC), uuid.UUID(pk)
    except (ValueError, OverflowError):
        return None
