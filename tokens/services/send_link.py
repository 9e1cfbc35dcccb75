"""Mails a reconnect link by hand: a member's button, or "send me a new link" on a link that no longer opens."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts import events
from notifications.unsubscribing import unsubscribed_among
from tokens.models import Connection, Link, Status
from tokens.services import recipients
from tokens.services.mail_link import mail_reconnect_link, what_became_of_it

# By hand, again and again, at most so many in an hour to one connection's people.
LINKS_AN_HOUR = 3


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
        locked = Connection.objects.select_for_update(no_key=True).exclude(status=Status.DISCONNECTED)
        connection_now = locked.filter(pk=connection.pk).first()
        if connection_now is None or used_up(connection, now):
            return []
        told = recipients.of_connection(connection_now)
        if not to_unsubscribed and (off := unsubscribed_among(told, connection.pk)):
            told = [address for address in told if address not in off]
            if not told:
                return []
        addresses = mail_reconnect_link(connection_now, kind="reconnect_link", now=now, addresses=told)
        if addresses:
            outcome = what_became_of_it(connection_now, addresses)
            events.record(
                tenant=connection.tenant_id,
                kind="link_sent",
                text=f"{outcome[0].upper()}{outcome[1:]}.",
                subject_id=connection.pk,
                actor=actor,
                at=now,
            )
    return addresses


def used_up(connection: Connection, now: dt.datetime) -> bool:
    """Whether the connection's links of this hour have all been mailed."""
    recent = Link.objects.filter(connection=connection, created_at__gt=now - dt.timedelta(hours=1))
    # One that was mailed to nobody led straight to Instagram.
    return recent.exclude(recipients=[]).count() >= LINKS_AN_HOUR
