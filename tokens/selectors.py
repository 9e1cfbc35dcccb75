"""Read models of the pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Case, Count, Q, Value, When

from accounts.models import Event, Tenant
from notifications.localisation import clock, day
from tokens.due_dates import YOUNGEST
from tokens.flags import FLAPPING, Flag, days_left, flagged, flags_of, is_flapping, missing_permissions
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Credential, Flavour, Status
from tokens.wording import REMOVE_AT_META, Lack, ReasonText, lacks_in_words, why_it_ended

TIMELINE = 100
PAGE = 50
# Days, as Meta grants them: until the key ends, or until a person must consent again.
LIFETIMES = {Flavour.INSTAGRAM_LOGIN.value: 60, Flavour.FACEBOOK_LOGIN.value: 90, Flavour.SYSTEM_USER.value: 60}
_ICONS = {Flavour.INSTAGRAM_LOGIN.value: "instagram", Flavour.FACEBOOK_LOGIN.value: "link"}


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

    @property
    def lifetime(self) -> int:
        """What `days_left` is measured against."""
        return max(LIFETIMES[self.connection.flavour], self.days_left or 0)


@dataclass(frozen=True, slots=True)
class WorkspaceCounts:
    """How many connections a workspace has, and how many of them each filter and the search find."""

    total: int
    connected: int
    broken: int
    flagged: int
    found: dict[str, int]


@dataclass(frozen=True, slots=True)
class ConnectionDetail:
    """One connection's page: its row, why it stopped, its dates and its history, newest first."""

    row: ConnectionRow
    credential: Credential
    confirm_by: dt.datetime | None
    """Until when a person must renew it; None where nobody must, or where that day has passed."""
    why: ReasonText | None
    missing: list[str]
    timeline: list[Event]
    flapping: list[Flag]
    """That it ends again and again, told also while it is inactive."""
    removal: str
    """What the person can do at Meta after a disconnect."""
    others: list[Connection]
    """To the same account, by another flavour or another Meta app."""
    host: str
    """Whom people deal with at Meta for it."""
    reconnect_words: str
    """What the button says that brings it back."""
    reconnect_icon: str

    @property
    def lacks(self) -> list[Lack]:
        """What is missing, in words."""
        return lacks_in_words(self.missing)


def workspace_counts(tenant: Tenant, now: dt.datetime, *, words: str = "") -> WorkspaceCounts:
    """Counts a workspace's connections, all of them and those that the search for `words` finds, in one query."""
    connections = Connection.objects.for_tenant(tenant).annotate(
        doubtful=_whether(flagged(now)), hit=_whether(_search(words)) if words else Value(1)
    )
    # Grouped, so that the database judges each row's flags once for all the numbers.
    kinds = [
        _Kind(*row) for row in connections.values_list("status", "doubtful", "hit").annotate(Count("pk")).order_by()
    ]
    hits = [kind for kind in kinds if kind.hit]
    return WorkspaceCounts(
        total=sum(kind.number for kind in kinds),
        connected=sum(kind.number for kind in kinds if kind.status != Status.DISCONNECTED),
        broken=sum(kind.number for kind in kinds if kind.status == Status.INACTIVE),
        flagged=sum(kind.number for kind in kinds if kind.doubtful),
        found={
            "all": sum(kind.number for kind in hits),
            "attention": sum(kind.number for kind in hits if kind.status == Status.INACTIVE or kind.doubtful),
            "working": sum(kind.number for kind in hits if kind.status == Status.ACTIVE and not kind.doubtful),
        },
    )


class _Kind(NamedTuple):
    """How many connections are alike in what the counts go by."""

    status: str
    doubtful: int
    hit: int
    number: int


def _whether(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0))


def workspace_rows(
    tenant: Tenant, now: dt.datetime, *, show: str = "all", words: str = "", start: int = 0
) -> list[ConnectionRow]:
    """One page of a workspace's connections: those that need somebody first, then by handle.

    Args:
        tenant: whose.
        now: flags are derived from it.
        show: `all`, `attention` or `working`.
        words: a part of the handle or name, or the whole Instagram id; empty finds all.
        start: how many come before the page.
    """
    urgency = Case(
        When(status=Status.INACTIVE, then=Value(0)),
        When(flagged(now), then=Value(1)),
        When(status=Status.ACTIVE, then=Value(2)),
        default=Value(3),
    )
    found = Connection.objects.for_tenant(tenant).with_dates().filter(_shown(show, now) & _search(words))
    page = found.order_by(urgency, "handle", "pk")[start : start + PAGE]
    return [row_of(connection, now) for connection in page]


def summary(counts: WorkspaceCounts) -> str:
    """The workspace's state in one sentence, whose numbers are those of the filters."""
    total, broken, doubtful = counts.total, counts.broken, counts.flagged
    gone = total - counts.connected
    if not counts.connected:
        return "No Instagram account is connected."
    if broken and total == 1:
        return "The account needs reconnecting."
    told = [f"{gone} {_are(gone)} disconnected"] if gone else []
    if broken:
        return _sentence(f"{broken} of {total} accounts {_need(broken)} reconnecting", told)
    if doubtful:
        told.insert(0, f"{doubtful} {_need(doubtful)} a look")
    if gone:
        return _sentence(f"{counts.connected} of {total} accounts {_work(counts.connected)}", told)
    return _sentence(f"All {total} accounts work" if total > 1 else "The account works", told)


def _shown(show: str, now: dt.datetime) -> Q:
    """A filter of a workspace's page by its name in the address."""
    if show == "attention":
        return Q(status=Status.INACTIVE) | flagged(now)
    return Q(status=Status.ACTIVE) & ~flagged(now) if show == "working" else Q()


def _search(words: str) -> Q:
    return Q(handle__icontains=words) | Q(name__icontains=words) | Q(instagram_id=words) if words else Q()


def detail_of(connection: Connection, now: dt.datetime) -> ConnectionDetail:
    """Everything that a connection's page shows. `connection` is loaded `with_dates`."""
    history = Event.objects.for_tenant(connection.tenant).filter(subject_id=connection.pk).order_by("-at", "-pk")
    return ConnectionDetail(
        row=row_of(connection, now),
        credential=connection.credential,
        confirm_by=connection.credential.confirm_by(now),
        why=why_it_ended(connection.reason, connection.flavour),
        missing=missing_permissions(connection),
        timeline=list(history[:TIMELINE]),
        flapping=[FLAPPING] if is_flapping(connection, now) else [],
        removal=REMOVE_AT_META.get(Flavour(connection.flavour), ""),
        others=_others(connection),
        host=FLAVOURS[connection.flavour].host,
        reconnect_words="Reconnect Instagram" if FLAVOURS[connection.flavour].consents else "Replace the token",
        reconnect_icon=_ICONS.get(connection.flavour, "lock"),
    )


def system_users(tenant: Tenant, now: dt.datetime) -> list[ConnectionRow]:
    """The workspace's system users, by name."""
    rows = Connection.objects.for_tenant(tenant).filter(meta_app__flavour=Flavour.SYSTEM_USER)
    return [row_of(each, now) for each in rows.with_dates().order_by("name", "pk")]


def _others(connection: Connection) -> list[Connection]:
    """The workspace's other connections to the same account, those that work first."""
    rows = Connection.objects.for_tenant(connection.tenant).filter(instagram_id=connection.instagram_id)
    return list(rows.exclude(pk=connection.pk).with_dates().order_by("status", "created_at"))


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
        why = why_it_ended(connection.reason, connection.flavour)
        return "" if why is None else why.remedy
    credential, due_at = connection.credential, connection.credential.due_at
    if connection.status == Status.DISCONNECTED:
        return "Nothing happens until it is connected again."
    if credential.never_expires:
        return "It does not expire. We check it every day."
    by = credential.confirm_by(now)
    if not credential.renewable:
        return f"We can't renew it: somebody must reconnect it{f' by {day(by)}' if by else ' before it ends'}."
    if due_at is None:
        return "Nothing happens until it is connected again."
    if due_at <= now:
        return "It is renewed with the next sweep."
    if credential.ends_first:
        return f"We can't put its end off any more: somebody must reconnect it by {day(due_at)}, {clock(due_at)}."
    verb = "We try to renew it again" if connection.credential.refresh_failures else "It is renewed by itself"
    until = "" if by is None else f" A person must confirm it by {day(by)}."
    return f"{verb} on {day(due_at)} at {clock(due_at)}.{until}"


def _need(number: int) -> str:
    return "needs" if number == 1 else "need"


def _work(number: int) -> str:
    return "works" if number == 1 else "work"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _sentence(beginning: str, rest: list[str]) -> str:
    return f"{beginning}; {', '.join(rest)}." if rest else f"{beginning}."
