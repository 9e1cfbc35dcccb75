"""What a credential's row must look like after each step: plain Python, without a database."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tokens.services.claims import LEASE, Claim, Held, Purpose

LONGEST_LEASE = dt.timedelta(minutes=5)
URGENT = dt.timedelta(days=10)
# Answers that concern nothing but their row: a group stores them before the others.
PLAIN = {"renewed", "renewed without expiry", "alive", "too young", "transient", "rate limited"}
FLAGS = {"contradicted": "cannot_refresh", "permission": "permission_missing", "refused": "refused"}


@dataclass(eq=False)
class Row:
    """One credential and its connection."""

    pk: uuid.UUID
    handle: str
    token: str | None
    expires_at: dt.datetime
    expiry_told: bool = True
    status: str = "active"
    version: int = 1
    fence: int = 0
    owner: str = ""
    until: dt.datetime | None = None
    failures: Counter[str] = field(default_factory=Counter)
    flags: set[str] = field(default_factory=set)
    events: list[str] = field(default_factory=list)
    dates: dict[str, dt.datetime | None] = field(default_factory=dict)
    """By purpose; what they come to is `due_dates`' business, when they may change is the model's."""
    moved: set[str] = field(default_factory=set)
    earlier: bool = False
    """Whether its night was moved to an earlier one."""

    @property
    def known_expiry(self) -> dt.datetime | None:
        return self.expires_at if self.expiry_told else None

    def free(self, now: dt.datetime) -> bool:
        return self.until is None or self.until <= now or self.until > now + LONGEST_LEASE

    def due(self, purpose: str, now: dt.datetime) -> bool:
        due_at = self.dates[purpose]
        # What has just moved lies ahead: each step is checked for that.
        return due_at is not None and due_at <= now and purpose not in self.moved

    def let_go(self) -> None:
        self.owner, self.until = "", None

    def place(self, purpose: str, now: dt.datetime) -> tuple[int, dt.datetime]:
        """Where it stands in the queue of `purpose`."""
        due_at = self.dates[purpose]
        assert due_at is not None
        return (0, self.expires_at) if purpose == "refresh" and self.expires_at <= now + URGENT else (1, due_at)


@dataclass(eq=False)
class Ticket:
    """A claim that was given, and whether its holder still counts on it."""

    claim: Claim
    row: Row
    held: Held | None = None
    open: bool = True

    @property
    def stands(self) -> bool:
        claim, row = self.claim, self.row
        return (claim.version, claim.fence, claim.owner) == (row.version, row.fence, row.owner)


@dataclass
class Model:
    """All rows, and the mails that are owed."""

    rows: list[Row]
    mails: Counter[str] = field(default_factory=Counter)

    def queue(self, purpose: str, now: dt.datetime) -> list[Row]:
        """Whom a claim finds, most urgent first."""
        found = [row for row in self.rows if row.due(purpose, now) and row.free(now)]
        return sorted(found, key=lambda row: row.place(purpose, now))

    def grant(self, row: Row, purpose: Purpose, owner: str, now: dt.datetime) -> Claim:
        """The claim that somebody who asks now is to get."""
        assert row.status == "active"
        assert row.free(now), "two live claims on one credential"
        recovered = bool(row.owner)
        row.fence += 1
        row.owner, row.until = owner, now + LEASE
        return Claim(row.pk, purpose, row.version, row.fence, owner, row.until, recovered)

    def renew(self, owner: str, rows: Iterable[Row], now: dt.datetime) -> None:
        for row in rows:
            if row.owner == owner:
                row.until = now + LEASE

    def hand_back(self, owner: str, rows: Iterable[Row]) -> None:
        for row in rows:
            if row.owner == owner:
                row.let_go()

    def reconnect(self, row: Row, token: str, expires_at: dt.datetime) -> None:
        row.status = "active"
        row.version += 1
        row.fence += 1
        row.moved = {"refresh", "check"}
        self._take_token(row, token, expires_at)
        row.let_go()

    def _take_token(self, row: Row, token: str, expires_at: dt.datetime | None) -> None:
        row.token, row.expiry_told = token, expires_at is not None
        row.expires_at = expires_at or row.expires_at
        row.failures.clear()
        row.flags.clear()

    def end(self, row: Row, status: str, event: str, *, by_hand: bool = True) -> None:
        """Inactive or disconnected. Whoever ends it by hand holds no claim, so the fence rises too."""
        row.status = status
        row.version += 1
        row.fence += by_hand
        row.dates = {"refresh": None, "check": None}
        row.events.append(event)
        if status == "inactive":
            self.mails["reconnect_needed"] += 1
        else:
            row.token = None
        row.let_go()

    def answer(self, ticket: Ticket, kind: str, token: str, now: dt.datetime) -> str:
        """What an answer comes to. Returns the word for reports."""
        if kind == "error":
            return "error"
        if not ticket.stands:
            return "lost"
        row, purpose = ticket.row, ticket.claim.purpose
        row.moved.add(purpose)
        row.let_go()
        if kind.startswith("renewed"):
            row.version += 1
            row.events.append("refreshed")
            self._take_token(row, token, None if kind == "renewed without expiry" else now + dt.timedelta(days=60))
            return "refreshed"
        if kind in ("alive", "renamed"):
            return self._alive(ticket, f"also{token.lower()}" if kind == "renamed" else "")
        if kind == "dead":
            self.end(row, "inactive", "became_inactive", by_hand=False)
            return "died"
        return "too_young" if kind == "too young" else self._failed(row, purpose, kind)

    def _alive(self, ticket: Ticket, handle: str) -> str:
        row = ticket.row
        row.failures["check"] = 0
        if not row.failures["refresh"]:
            row.flags -= {"permission_missing", "refused"}
        if handle:
            row.handle = handle
            row.events.append("renamed")
        return "alive"

    def _failed(self, row: Row, purpose: str, kind: str) -> str:
        first = not row.failures[purpose]
        row.failures[purpose] += 1
        if kind in FLAGS:
            flag = FLAGS[kind]
            if flag not in row.flags:
                row.events.append(flag)
                self.mails[flag] += flag == "permission_missing"
            row.flags.add(flag)
            return flag
        if first:
            row.events.append(f"{purpose}_failed")
        return "our_fault" if kind == "our fault" else "failed"
