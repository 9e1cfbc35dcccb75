"""Owes the people of a connection a mail whose link brings it back."""

from __future__ import annotations

import datetime as dt

from notifications.models import OutboxMessage
from notifications.services import notify
from notifications.silence import silenced_among
from notifications.unsubscribing import unsubscribed_among
from tokens.models import Connection
from tokens.services import links, recipients
from tokens.services.reconnect_requests import ask_back


def mail_reconnect_link(
    connection: Connection, *, kind: str, now: dt.datetime, addresses: list[str] | None = None, occasion: str = ""
) -> list[str]:
    """Puts a mail with a link that revives the connection into the outbox, in the caller's transaction.

    Args:
        connection: what it is about.
        kind: of the mail.
        now: the instant.
        addresses: whom it goes to; by default whoever is told about the connection.
        occasion: names what is told again: an open link that is good for a while longer then does, so that the mails
            before lead somewhere, too. By default the link is a fresh one, and the occasion.

    Returns:
        The addresses.
    """
    addresses = recipients.of_connection(connection) if addresses is None else addresses
    link = links.lasting(connection, recipients=addresses, now=now) if occasion else None
    link = link or links.issue(connection, recipients=addresses, now=now)
    notify(
        kind=kind,
        recipients=addresses,
        tenant_id=connection.tenant_id,
        subject_id=link.pk,
        dedupe_key=occasion or f"link:{link.pk}",
        topic_id=connection.pk,
        now=now,
    )
    if addresses:
        ask_back(connection, now)
    return addresses


def pass_on(message: OutboxMessage, connection: Connection, now: dt.datetime) -> bool:
    """Whether a mail that is about to leave is for somebody else by now: then those get it, with the same link.

    Somebody may have named another contact since, or the member behind the connection has left.
    """
    people = recipients.of_connection(connection)
    if message.recipient in people:
        return False
    notify(
        kind=message.kind,
        recipients=people,
        tenant_id=connection.tenant_id,
        subject_id=message.subject_id,
        dedupe_key=f"passed on:{message.pk}",
        topic_id=connection.pk,
        now=now,
    )
    return True


def what_became_of_it(connection: Connection, addresses: list[str], *, asked_for: bool = True) -> str:
    """For the history: to whom a link was mailed, and who takes no mail.

    Args:
        connection: what it is about.
        addresses: whom it was meant for.
        asked_for: whether somebody pressed a button for it: then whoever unsubscribed gets it all the same.
    """
    silenced = set(silenced_among(addresses, tenant_id=connection.tenant_id))
    off = set() if asked_for else set(unsubscribed_among(addresses, connection.pk)) - silenced
    reached = [address for address in addresses if address not in silenced | off]
    parts = [f"a reconnect link was mailed to {', '.join(reached)}"] if reached else []
    if silenced:
        parts.append(f"no mail is sent to {', '.join(sorted(silenced))}, where an earlier one was refused")
    if off:
        parts.append(f"no mail is sent to {', '.join(sorted(off))}, who unsubscribed")
    return "; ".join(parts) or "there is nobody to mail"
