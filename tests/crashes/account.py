"""What a run came to: Meta's side and ours, token by token, and which promises that breaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.crashes.scene import Scene, patiently
from tests.emulator.state import State
from tokens.models import Credential


@dataclass(slots=True)
class Seen:
    """One line of the report.

    Args:
        title: what was played.
        figures: what was counted, by words for the table.
        broken: a sentence for each promise that was not kept.
    """

    title: str
    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """The handles of connections by what became of them.

    Args:
        stored: active, and the stored token is one that Meta honours.
        lost: Meta has given a newer token, which is stored nowhere, and honours the stored one no more.
        broken_off: the stored token is dead, though Meta has given no other one.
        ended_wrongly: no longer active, though Meta honours the stored token.
        ended: no longer active, and rightly so.
        unasked: Meta was never asked for a new one.
        twice: Meta has given more than one new token.
        half_stored: as many changes of the row as events do not stand there.
    """

    stored: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    broken_off: set[str] = field(default_factory=set)
    ended_wrongly: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    unasked: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)
    half_stored: set[str] = field(default_factory=set)
    held: int = 0
    reconnect_mails: int = 0


def take(state: State) -> Account:
    """Compares every row with the emulator's own books; decrypts each token."""
    account, given = Account(), state.counts()["refreshes"]
    events = Counter(Event.objects.filter(kind="refreshed").values_list("subject_id", flat=True))
    rows = patiently(lambda: list(Credential.objects.select_related("connection")))
    for row in rows:
        handle, active = row.connection.handle, row.connection.status == "active"
        assert row.token is not None
        known = state.tokens.get(row.token.reveal())
        if known is not None and known.trouble(state.now()) is None:
            (account.stored if active else account.ended_wrongly).add(handle)
        else:
            newer = [token for token in state.tokens_of(handle) if token.trouble(state.now()) is None]
            (account.lost if newer else account.broken_off).add(handle)
        if not active:
            account.ended.add(handle)
        elif events[row.pk] != row.version - 1:
            account.half_stored.add(handle)
        if not given.get(handle):
            account.unasked.add(handle)
        elif given[handle] > 1:
            account.twice.add(handle)
        account.held += row.lease_until is not None
    account.reconnect_mails = OutboxMessage.objects.filter(kind="reconnect_needed").count()
    return account


def judge(seen: Seen, account: Account, *, may_be_lost: frozenset[str] | set[str] = frozenset(), once: bool) -> None:
    """Notes figures and broken promises that all scenarios share.

    Args:
        seen: the line to add to.
        account: what there is.
        may_be_lost: handles whose answers were in flight when a worker was killed.
        once: Meta must have been asked exactly once for each.
    """
    total = len(account.stored) + len(account.lost) + len(account.broken_off) + len(account.ended_wrongly)
    seen.figures |= {
        "tokens": total,
        "stored": len(account.stored),
        "lost": len(account.lost),
        "given twice": len(account.twice),
        "inactive": len(account.ended),
    }
    wrong = {
        "lost with no worker killed meanwhile": account.lost - may_be_lost,
        "dead without Meta having given another token": account.broken_off,
        "inactive though Meta honours the stored token": account.ended_wrongly,
        "lost and not noticed": account.lost - account.ended,
        "inactive though nothing was lost": account.ended - account.lost - account.ended_wrongly,
        "never asked for": account.unasked,
        "with changes and events that do not match": account.half_stored,
    }
    if once:
        wrong["given twice"] = account.twice
    seen.broken += [f"{len(handles)} {what}" for what, handles in wrong.items() if handles]
    if account.held:
        seen.broken.append(f"{account.held} still held by somebody")
    if account.reconnect_mails != len(account.ended):
        seen.broken.append(f"{account.reconnect_mails} mails about {len(account.ended)} that ended")


def figures(seen: Seen, *names: str) -> list[Any]:
    """What was counted, in the order of `names`. Raises AssertionError where a promise was broken."""
    assert seen.broken == [], seen.figures
    return [seen.figures[name] for name in names]


def conclude(scene: Scene, seen: Seen, **details: Any) -> Seen:
    """Stops the machines and takes the account; arguments as of `judge`."""
    dead = [machine for machine in scene.machines if not machine.alive]
    if dead:
        seen.broken.append(f"{len(dead)} machines ended by themselves")
    scene.stop()
    judge(seen, take(scene.state), **details)
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            sound = cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if not sound:
            seen.broken.append("the database file is damaged")
    return seen
