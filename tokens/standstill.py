"""What members are told on every page of a workspace while a part of the work stands still, or their own part waits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import Tenant
from notifications.models import OutboxMessage
from notifications.outages import open_words
from tokens.services import heartbeat
from tokens.watch import CHECKS, IMPLIES, MAILS, TOKENS, WORK, late_checks, late_renewals

# The name of each part, and what follows for members where they might not think of it.
PARTS = {
    heartbeat.SWEEP: ("Renewals", ""),
    heartbeat.CHECK: ("Checks", "An account that has ended meanwhile may still show as active."),
    heartbeat.DELIVERY: ("Mail deliveries", "Nobody is told of accounts that end, and no link is sent."),
}
WAITING = {
    MAILS: "Mails of this workspace have waited for more than an hour.",
    TOKENS: "Renewals of this workspace are late by more than an hour.",
    CHECKS: "Checks of this workspace are late: an account that has ended meanwhile may still show as active.",
}


@dataclass(frozen=True, slots=True)
class StandingPart:
    """One part: what is wrong with it, since when (None: never ran, or it does not matter), and what follows."""

    what: str
    since: dt.datetime | None = None
    so: str = ""


def notes(request: HttpRequest) -> dict[str, Any]:
    """The template context of the banner: asked for only where a whole page of a workspace is shown."""
    tenant = getattr(request, "tenant", None)
    return {"standstill": SimpleLazyObject(lambda: standstill(tenant, timezone.now()) if tenant else [])}


def standstill(tenant: Tenant, now: dt.datetime) -> list[StandingPart]:
    """What stands still, and what of this workspace waits; empty where all is done.

    While the watch has seen nothing it costs two queries: looking through a large workspace's rows would take longer.
    """
    silent = heartbeat.silent(now)
    found = [_silent_part(name, last) for name, last in silent.items()]
    follows = {word for name in silent for word in IMPLIES.get(name, ())}
    seen = [word for word in open_words(WORK) if word in WAITING and word not in follows]
    return found + [StandingPart(WAITING[word]) for word in seen if _waits_here(word, tenant, now)]


def _silent_part(name: str, last: dt.datetime | None) -> StandingPart:
    what, so = PARTS[name]
    return StandingPart(f"{what} have not run since" if last else f"{what} have not run yet.", last, so)


def _waits_here(word: str, tenant: Tenant, now: dt.datetime) -> bool:
    """Only of this workspace: what keeps another one waiting may be that one's own Meta app."""
    rows = {MAILS: OutboxMessage.objects.held_up, TOKENS: late_renewals, CHECKS: late_checks}
    return rows[word](now).filter(tenant=tenant).exists()
