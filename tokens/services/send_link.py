"""Mails a reconnect link by hand: a member's button, or "send me a new link" on a link that no longer opens."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Event
from accounts.querysets import EventQuerySet
from notifications.unsubscribing import unsubscribed_among
from tokens.models import Connection, Link, Status
from tokens.services import recipients
from tokens.services.link_account import ACTORS
from tokens.services.mail_link import mail_reconnect_link, what_became_of_it

# By hand, again and again, at most so many in an hour to one connection's people.
LINKS_AN_HOUR = 3
# And so many in a day where whoever holds a link asks, who may be anybody that a mail was passed on to.
VISITORS_LINKS_A_DAY = 3
VISITOR = ACTORS[Link.Kind.RECONNECT]
SENT = "link_sent"


def send_link(connection: Connection, *, actor: str, to_unsubscribed: bool = True) -> list[str]:
    """Puts a mail with a fresh link into the outbox; older links of the connection stop working.

    Args:
        connection: one that is not disconnected.
        actor: a member's address, or who asked for it.
        to_unsubscribed: False where another than the reader asks: then whoever unsubscribed is passed over.

    Returns:
        The addresses that it goes to; empty where the hour's mails are used up or nobody can be told.
    """
    now = timezone.now()
    with transaction.atomic():
        locked = lock_connected(connection)
        if locked is None or used_up(connection, now):
            return []
        told = recipients.of_connection(locked)
        if not to_unsubscribed and (off := unsubscribed_among(told, connection.pk)):
            told = [address for address in told if address not in off]
            if not told:
                return []
        return mail_and_note(locked, told, actor=actor, now=now)


def lock_connected(connection: Connection) -> Connection | None:
    """The connection as it is now, locked in the caller's transaction; None where it is disconnected or erased."""
    rows = Connection.objects.select_for_update(no_key=True).exclude(status=Status.DISCONNECTED)
    return rows.filter(pk=connection.pk).first()


def mail_and_note(
    connection: Connection, told: list[str], *, actor: str, now: dt.datetime, occasion: str = ""
) -> list[str]:
    """Owes `told` the mail, and writes the line of history that it is counted by; in the caller's transaction.

    Args:
        connection: locked.
        told: the addresses.
        actor: as of `send_link`.
        now: the instant.
        occasion: where an open link that is good for a while longer will do, as of `mail_reconnect_link`.

    Returns:
        The addresses.
    """
    addresses = mail_reconnect_link(connection, kind="reconnect_link", now=now, addresses=told, occasion=occasion)
    if addresses:
        outcome = what_became_of_it(connection, addresses)
        events.record(
            tenant=connection.tenant_id,
            kind=SENT,
            text=f"{outcome[0].upper()}{outcome[1:]}.",
            subject_id=connection.pk,
            actor=actor,
            at=now,
        )
    return addresses


def used_up(connection: Connection, now: dt.datetime) -> bool:
    """Whether the connection's links of this hour have all been mailed; those that visitors asked for count apart."""
    return _sent_since(connection, now - dt.timedelta(hours=1)).exclude(actor=VISITOR).count() >= LINKS_AN_HOUR


def used_up_by_visitors(connection: Connection, now: dt.datetime) -> bool:
    """As `used_up`, of those that visitors asked for within a day."""
    sent = _sent_since(connection, now - dt.timedelta(days=1)).filter(actor=VISITOR)
    return sent.count() >= VISITORS_LINKS_A_DAY


def _sent_since(connection: Connection, since: dt.datetime) -> EventQuerySet:
    rows: EventQuerySet = Event.objects.filter(tenant_id=connection.tenant_id)
    return rows.filter(subject_id=connection.pk, kind=SENT, at__gt=since)
