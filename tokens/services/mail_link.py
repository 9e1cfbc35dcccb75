"""Owes the people of a connection a mail whose link brings it back."""

from __future__ import annotations

import datetime as dt

from notifications.services import notify
from notifications.silence import silenced_among
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


def what_became_of_it(connection: Connection, addresses: list[str]) -> str:
    """For the history: to whom a link was mailed, and who takes no mail. `addresses` are whom it was meant for."""
    silenced = set(silenced_among(addresses, tenant_id=connection.tenant_id))
    reached = [address for address in addresses if address not in silenced]
    parts = [f"a reconnect link was mailed to {', '.join(reached)}"] if reached else []
    if silenced:
        parts.append(f"no mail is sent to {', '.join(sorted(silenced))}, where an earlier one was refused")
    return "; ".join(parts) or "there is nobody to mail"
