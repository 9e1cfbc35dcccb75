"""Looks whether the work is done, and tells staff where it is not: workers look, and so does the site.

Where no worker runs, nobody sweeps, nobody delivers, and nobody would tell: so the site looks as well, whenever it is
asked for anything, and sends that one kind of mail by itself.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Case, Min, Q, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Tenant
from notifications.delivery import deliver_due
from notifications.models import OutboxMessage
from notifications.outages import is_open, note_outage
from tokens import due_dates
from tokens.clients import AppNotSetUp, app_for
from tokens.flags import OVERDUE
from tokens.models import AppBudget, Credential, Heartbeat, ImportLine, MetaApp, TokenImport
from tokens.querysets import CredentialQuerySet
from tokens.services import brake, heartbeat

WORK = "work"
LOOK = "look"
EVERY = dt.timedelta(minutes=1)
WAITS = dt.timedelta(hours=1)
STANDSTILL, ALL_CLEAR = "standstill", "all_clear"
DELIVERING = dt.timedelta(seconds=30)
# A pause that is over ends with the first answer to a canary, which comes at once where anybody works.
PAUSE_ENDS = dt.timedelta(hours=1)
# What ends so soon is lost if the weather, or the limit, lasts: somebody must know before.
LAST_DAYS = dt.timedelta(days=2)
# Whose import it is that waits is looked at one by one.
MOST_IMPORTS = 100

SWEEP, CHECK, DELIVERY = heartbeat.SWEEP, heartbeat.CHECK, heartbeat.DELIVERY
MAILS, IMPORTS, TOKENS, CHECKS = "mails", "imports", "tokens", "checks"
SENTENCES = {
    SWEEP: "No sweep ran in the last ten minutes.",
    CHECK: "No check ran in the last twenty minutes.",
    DELIVERY: "No delivery ran in the last fifteen minutes.",
    MAILS: "Mails have waited for more than an hour.",
    IMPORTS: "Imports have waited for more than an hour.",
    TOKENS: "Renewals are overdue by more than an hour.",
    CHECKS: "Checks are overdue by more than CHECK_EVERY_HOURS.",
}
# Where no sweep runs, no worker does: all else follows from that.
IMPLIES = {SWEEP: tuple(SENTENCES), CHECK: (CHECKS,), DELIVERY: (MAILS,)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not done. `word` is stable, `sentence` too; `since`: when it was last done, where known."""

    word: str
    sentence: str
    since: dt.datetime | None


def troubles(now: dt.datetime) -> list[Trouble]:
    """What is not done as it should be; empty where all is well.

    What waits for a Meta app that bad weather brakes, or that is paused for its limit, is in no trouble here, unless a
    renewal waits that has two days left.

    Raises:
        django.db.Error: the database does not answer.
    """
    found: dict[str, dt.datetime | None] = {**heartbeat.silent(now)}
    closed = _closed_apps(now)
    others = list(MetaApp.objects.exclude(pk__in=closed).values_list("pk", flat=True)) if closed else None
    looks = {
        MAILS: _oldest_mail(now),
        IMPORTS: _oldest_import(now, closed),
        TOKENS: _oldest_of(_late(now), "due_at", others) or (_last_days_late(now) if closed else None),
        CHECKS: _oldest_of(_late_checks(now), "check_due_at", others),
    }
    found |= {word: at for word, at in looks.items() if at is not None}
    return [Trouble(word, SENTENCES[word], found[word]) for word in SENTENCES if word in found]


def _oldest_mail(now: dt.datetime) -> dt.datetime | None:
    # One that was tried, and is due again only later, has waited since it was written.
    since = Min(Case(When(attempts=0, then="due_at"), default="created_at"))
    oldest: dt.datetime | None = OutboxMessage.objects.held_up(now).aggregate(since=since)["since"]
    return oldest


def late_renewals(now: dt.datetime) -> CredentialQuerySet[Credential]:
    """What is late by an hour, in nobody's hands, and waits for nothing but a worker, or has no time left to wait."""
    return _late(now).filter(~Q(connection__meta_app__in=_closed_apps(now)) | _in_last_days(now))


def late_checks(now: dt.datetime) -> CredentialQuerySet[Credential]:
    """Whoever should have been asked twice meanwhile, as `late_renewals`."""
    return _late_checks(now).exclude(connection__meta_app__in=_closed_apps(now))


def _late(now: dt.datetime) -> CredentialQuerySet[Credential]:
    return Credential.objects.free(now).filter(due_at__lt=now - OVERDUE)


def _late_checks(now: dt.datetime) -> CredentialQuerySet[Credential]:
    return Credential.objects.free(now).filter(check_due_at__lt=now - due_dates.check_interval())


def _in_last_days(now: dt.datetime) -> Q:
    return Q(renewable=True, expires_at__lt=now + LAST_DAYS)


def _closed_apps(now: dt.datetime) -> frozenset[uuid.UUID]:
    """Meta apps that nobody is to ask just now, for no fault of ours."""
    paused = AppBudget.objects.filter(paused_until__gt=now - PAUSE_ENDS).values_list("pk", flat=True)
    return brake.stormy_apps() | frozenset(paused)


def _oldest_of(late: CredentialQuerySet[Credential], date: str, apps: list[uuid.UUID] | None) -> dt.datetime | None:
    """The earliest `date` among `late` of these Meta apps; None: of all.

    In the order of that date a closed app's come first, hundreds of thousands perhaps: where only some apps count, the
    database is to begin with their connections, if these are fewer.
    """
    if apps is None:
        return late.order_by(date).values_list(date, flat=True).first()
    oldest: dt.datetime | None = late.filter(connection__meta_app__in=apps).aggregate(oldest=Min(date))["oldest"]
    return oldest


def _last_days_late(now: dt.datetime) -> dt.datetime | None:
    """Since when the one waits that ends first, of those that have no time left to wait for their Meta app."""
    return _late(now).filter(_in_last_days(now)).order_by("expires_at").values_list("due_at", flat=True).first()


def _oldest_import(now: dt.datetime, closed: frozenset[uuid.UUID]) -> dt.datetime | None:
    """Of imports whose lines wait for a worker alone: not for their Meta app, its brake or its limit."""
    due = ImportLine.objects.free(now).values("token_import")
    running = TokenImport.objects.running().annotate(touched=Coalesce("worked_at", "confirmed_at"))
    waiting = running.filter(touched__lt=now - WAITS, pk__in=due)
    for job in waiting.select_related("tenant").order_by("touched")[:MOST_IMPORTS]:
        if _can_go_on(job.tenant, closed):
            touched: dt.datetime = job.touched
            return touched
    return None


def _can_go_on(tenant: Tenant, closed: frozenset[uuid.UUID]) -> bool:
    try:
        app = app_for(tenant)
    except AppNotSetUp:
        return False
    return brake.holding(app.pk) is None and app.pk not in closed


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
