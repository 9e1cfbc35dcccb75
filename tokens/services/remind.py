"""Tells again that a connection is still broken, and ahead that one will end unless somebody renews it.

Which step was told stands on the row. Mail and step are one transaction under the connection's lock, so that any number
of workers tell each step once; after a standstill the nearest step alone is told.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from notifications.models import OutboxMessage, State
from tokens.models import Brake, Connection, Credential, Status
from tokens.querysets import ConnectionQuerySet, CredentialQuerySet
from tokens.remedies import OUR_WORDS
from tokens.reminders import next_end
from tokens.services import brake
from tokens.services.mail_link import mail_reconnect_link

BATCH = 100
DAY = dt.timedelta(days=1)
# So many days after its end, and then no more.
REMINDERS = ((1, 2), (2, 5), (3, 12))
# Of an end that is longer ago nobody is told out of the blue: after an update, or a long standstill.
TOO_LATE = dt.timedelta(days=19)
# So many days before an end that no renewal of ours puts off.
WARNINGS = (10, 5, 2)
# What fails for so long is no passing fault.
FAILS_FOR = 2 * DAY
REMINDED, WARNED, LATER, DONE = "reminded", "warned", "later", "done"


def remind(*, go_on: Callable[[], bool]) -> Counter[str]:
    """Writes what is due by now. Returns how many ended with which word.

    Args:
        go_on: asked before each; False ends it.
    """
    results: Counter[str] = Counter()
    for tell, keys in ((_remind, _each(to_remind)), (_warn, _each(to_warn))):
        for key in keys:
            if not go_on():
                return results
            results[tell(key, timezone.now())] += 1
    return results


def to_remind(now: dt.datetime) -> ConnectionQuerySet[Connection]:
    """The connections whose next reminder is due, apart from those whose Meta app is braked."""
    due = Q()
    for number, days in REMINDERS:
        due |= Q(status_changed_at__lte=now - days * DAY, reminded__lt=number)
    rows = Connection.objects.filter(due, status=Status.INACTIVE, status_changed_at__gt=now - TOO_LATE)
    return rows.filter(tenant__deleted_at__isnull=True).exclude(meta_app__in=_braked())


def to_warn(now: dt.datetime) -> CredentialQuerySet[Any]:
    """The credentials of which somebody is to be warned, apart from those whose Meta app is braked."""
    ends = Least(Coalesce("expires_at", "renew_by"), Coalesce("renew_by", "expires_at"))
    # What fails by our own fault no creator can mend, and what was held is asked about before anybody is mailed.
    failing = Q(refresh_failing_since__lte=now - FAILS_FOR, held_since__isnull=True) & ~Q(last_failure__in=OUR_WORDS)
    step = Q()
    for days in WARNINGS:
        told = Q(warned_of__isnull=False, warned_of=F("end"), warned_days__lte=days)
        step |= Q(end__lte=now + days * DAY) & ~told
    rows = Credential.objects.filter(Q(renew_by__lte=now + max(WARNINGS) * DAY) | failing).annotate(end=ends)
    rows = rows.filter(step, end__gt=now, connection__status=Status.ACTIVE)
    return rows.filter(tenant__deleted_at__isnull=True).exclude(connection__meta_app__in=_braked())


def _braked() -> Any:
    return Brake.objects.filter(lifted_at__isnull=True).values("meta_app")


def _each(rows_at: Callable[[dt.datetime], Any]) -> Iterator[uuid.UUID]:
    """The keys of what is due, each once, some at a time: what waits for another day must not be asked for again."""
    last = uuid.UUID(int=0)
    while keys := list(rows_at(timezone.now()).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield from keys
        last = keys[-1]


def _remind(connection_id: uuid.UUID, now: dt.datetime) -> str:
    """Reminds of one, unless that has lost its point meanwhile. Returns what became of it, one word."""
    with transaction.atomic():
        connection = _locked(connection_id)
        if connection is None or not to_remind(now).filter(pk=connection_id).exists():
            return DONE  # by another worker, or by the creator
        if _told_lately(connection, now):
            return LATER
        number = max(each for each, days in REMINDERS if connection.status_changed_at <= now - days * DAY)
        Connection.objects.filter(pk=connection_id).update(reminded=number)
        occasion = f"reminder:{connection_id}:{connection.status_changed_at.isoformat()}:{number}"
        mail_reconnect_link(connection, kind=f"reconnect_reminder_{number}", now=now, occasion=occasion)
    return REMINDED


def _warn(connection_id: uuid.UUID, now: dt.datetime) -> str:
    """Warns of one, unless that has lost its point meanwhile. Returns what became of it, one word."""
    with transaction.atomic():
        connection = _locked(connection_id)
        if connection is None or not to_warn(now).filter(pk=connection_id).exists():
            return DONE
        if _told_lately(connection, now):
            return LATER
        credential = Credential.objects.without_token().get(pk=connection_id)
        end = next_end(credential)
        if end is None:
            return DONE
        days = min((each for each in WARNINGS if end <= now + each * DAY), default=None)
        if days is None:
            return DONE  # renewed in this very moment
        Credential.objects.filter(pk=connection_id).update(warned_of=end, warned_days=days)
        occasion = f"expires:{connection_id}:{end.isoformat()}:{days}"
        mail_reconnect_link(connection, kind="expires_soon", now=now, occasion=occasion)
    return WARNED


def _locked(connection_id: uuid.UUID) -> Connection | None:
    rows = Connection.objects.select_for_update(no_key=True)
    connection = rows.filter(pk=connection_id).first()
    if connection is None or brake.holding(connection.meta_app_id) is not None:
        return None
    return connection


def _told_lately(connection: Connection, now: dt.datetime) -> bool:
    """Whether a mail about it is still on its way, or came within a day: nobody gets two of them at once."""
    rows = OutboxMessage.objects.filter(topic_id=connection.pk)
    if rows.filter(state__in=[State.PENDING, State.HELD]).exists():
        return True
    last = rows.aggregate(last=Max("sent_at"))["last"]
    return last is not None and last > now - DAY
