"""The read model of who is mailed about a connection, and of what did not reach them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from notifications.models import OutboxMessage, State
from notifications.silence import silenced_among
from notifications.unsubscribing import unsubscribed_among
from tokens.mails_page import MailLine, lines_of
from tokens.models import Connection
from tokens.services import recipients

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Contact:
    """Whose mails are off, each with since when; which contact address takes none; the last mails that did not go."""

    off: dict[str, dt.datetime]
    silenced: list[str]
    unsent: list[MailLine]


def contact_of(connection: Connection) -> Contact:
    """What stands on the connection's page."""
    addresses = recipients.of_connection(connection)
    rows = OutboxMessage.objects.filter(tenant=connection.tenant, topic_id=connection.pk)
    ended = rows.filter(state__in=[State.DROPPED, State.REFUSED, State.HELD]).order_by("-created_at")
    found = list(ended.exclude(last_error="obsolete")[:SHOWN])
    return Contact(
        off=unsubscribed_among(addresses, connection.pk),
        silenced=silenced_among([connection.contact_email], tenant_id=connection.tenant_id)
        if connection.contact_email
        else [],
        unsent=lines_of(connection.tenant, found) if found else [],
    )
