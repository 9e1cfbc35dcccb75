"""Looks whether the work is done, and tells staff where it is not: workers look, and so does the site.

Where no worker runs, nobody sweeps, nobody delivers, and nobody would tell: so the site looks as well, whenever it is
asked for anything, and sends that one kind of mail by itself.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, Min, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Tenant
from notifications.delivery import deliver_due
from notifications.models import OutboxMessage
from notifications.outages import is_open, note_outage
from tokens.clients import AppNotSetUp, app_for
from tokens.flags import OVERDUE
from tokens.models import AppBudget, Brake, Credential, Heartbeat, ImportLine, TokenImport
from tokens.querysets import CredentialQuerySet
from tokens.services import brake, heartbeat
from tokens.services.budget import paused_apps

WORK = "work"
LOOK = "look"
EVERY = dt.timedelta(minutes=1)
WAITS = dt.timedelta(hours=1)
STANDSTILL, ALL_CLEAR = "standstill", "all_clear"
DELIVERING = dt.timedelta(seconds=30)
# Whose import it is that waits is looked at one by one.
MOST_IMPORTS = 100

SWEEP, CHECK, DELIVERY = heartbeat.SWEEP, heartbeat.CHECK, heartbeat.DELIVERY
MAILS, IMPORTS, TOKENS = "mails", "imports", "tokens"
SENTENCES = {
    SWEEP: "No sweep ran in the last ten minutes.",
    CHECK: "No check ran in the last twenty minutes.",
    DELIVERY: "No delivery ran in the last fifteen minutes.",
    MAILS: "Mails have waited for more than an hour.",
    IMPORTS: "Imports have waited for more than an hour.",
    TOKENS: "Renewals are overdue by more than an hour.",
}
# Where no sweep runs, no worker does: all else follows from that.
IMPLIES = {SWEEP: tuple(SENTENCES), DELIVERY: (MAILS,)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not done. `word` is stable, `sentence` too; `since`: when it was last done, where known."""

    word: str
    sentence: str
    since: dt.datetime | None


def troubles(now: dt.datetime) -> list[Trouble]:
    """What is not done as it should be; empty where all is well.

    What waits for a Meta app that bad weather brakes, or that is paused for its limit, is in no trouble here.

    Raises:
        django.db.Error: the database does not answer.
    """
    found: dict[str, dt.datetime | None] = {**heartbeat.silent(now)}
    looks = {MAILS: _oldest_mail(now), IMPORTS: _oldest_import(now), TOKENS: _oldest_token(now)}
    found |= {word: at for word, at in looks.items() if at is not None}
    return [Trouble(word, SENTENCES[word], found[word]) for word in SENTENCES if word in found]


def _oldest_mail(now: dt.datetime) -> dt.datetime | None:
    # One that was tried, and is due again only later, has waited since it was written.
    since = Min(Case(When(attempts=0, then="due_at"), default="created_at"))
    oldest: dt.datetime | None = OutboxMessage.objects.held_up(now).aggregate(since=since)["since"]
    return oldest


def late_renewals(now: dt.datetime) -> CredentialQuerySet[Credential]:
    """What is late by an hour, in nobody's hands, and waits for nothing but a worker."""
    stormy = Brake.objects.filter(cause=Brake.Cause.WEATHER, lifted_at__isnull=True).values("meta_app")
    paused = AppBudget.objects.filter(paused_until__isnull=False).values("pk")
    late = Credential.objects.free(now).filter(due_at__lt=now - OVERDUE)
    return late.exclude(connection__meta_app__in=stormy).exclude(connection__meta_app__in=paused)


def _oldest_token(now: dt.datetime) -> dt.datetime | None:
    return late_renewals(now).order_by("due_at").values_list("due_at", flat=True).first()


def _oldest_import(now: dt.datetime) -> dt.datetime | None:
    """Of imports whose lines wait for a worker alone: not for their Meta app, its brake or its limit."""
    due = ImportLine.objects.free(now).values("token_import")
    running = TokenImport.objects.running().annotate(touched=Coalesce("worked_at", "confirmed_at"))
    waiting = running.filter(touched__lt=now - WAITS, pk__in=due)
    for job in waiting.select_related("tenant").order_by("touched")[:MOST_IMPORTS]:
        if _can_go_on(job.tenant):
            touched: dt.datetime = job.touched
            return touched
    return None


def _can_go_on(tenant: Tenant) -> bool:
    try:
        app = app_for(tenant)
    except AppNotSetUp:
        return False
    return brake.holding(app.pk) is None and app.pk not in paused_apps()


def look(now: dt.datetime) -> bool:
    """Looks, unless somebody has within the minute, and owes staff a mail where they must know.

    Of a new installation nobody is told before its parts have had time to run. Returns whether it was this one's turn.
    """
    if not _my_turn(now):
        return False
    found = troubles(now)
    if any(trouble.since is None for trouble in found) and heartbeat.is_new(now):
        found = [trouble for trouble in found if trouble.since is not None]
    words = [trouble.word for trouble in found]
    note_outage(what=WORK, found=words, implies=IMPLIES, alert=STANDSTILL, all_clear=ALL_CLEAR, now=now)
    return True


def look_and_send() -> None:
    """The same for the site, which then sends by itself what staff are owed of it: a claim keeps others off.

    Raises:
        django.db.Error: the database does not answer.
    """
    look(timezone.now())
    if is_open(WORK):
        deliver_due(kind=STANDSTILL, within=DELIVERING)


def _my_turn(now: dt.datetime) -> bool:
    """Once a minute in the whole installation. A clock that was set back holds nobody up for long."""
    rows = Heartbeat.objects.filter(name=LOOK)
    last = rows.values_list("at", flat=True).first()
    if last is None:
        return Heartbeat.objects.get_or_create(name=LOOK, defaults={"at": now})[1]
    if dt.timedelta(0) <= now - last < EVERY:
        return False
    return rows.filter(at=last).update(at=now) == 1
