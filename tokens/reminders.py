"""What is told again or ahead: that a connection is still broken, and that one will end unless somebody renews it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from notifications.localisation import day
from tokens import flags
from tokens.mail_values import about_connection, page_of
from tokens.models import Connection, Credential, Link, Status
from tokens.services import links
from tokens.wording import allowed_by

if TYPE_CHECKING:
    from notifications.models import OutboxMessage

PERSON, REFUSED, FAILING = "person", "refused", "failing"


def reminder_values(connection: Connection, recipient: str, *, url: str, expires_at: dt.datetime) -> dict[str, Any]:
    """The values of a reminder: since when it is broken, and what cannot be done meanwhile."""
    return {
        **about_connection(connection, recipient, url=url, expires_at=expires_at),
        "since": connection.status_changed_at,
        "stopped": allowed_by(connection.permissions or []),
    }


def expires_soon(message: OutboxMessage, connection: Connection | None, link: Link | None) -> dict[str, Any] | None:
    """The values of the mail about an end that is near; None where by now it is over, far off, or nobody's business.

    Args:
        message: the mail.
        connection: what it is about.
        link: an open one that brings a later end; without one the mail leads to the connection's page.
    """
    if connection is None or connection.status != Status.ACTIVE:
        return None
    url, until = (links.url_of(link), link.expires_at) if link else (page_of(connection), None)
    return expiry_values(connection, message.recipient, timezone.now(), url=url, expires_at=until)


def expiry_values(
    connection: Connection, recipient: str, now: dt.datetime, *, url: str, expires_at: dt.datetime | None
) -> dict[str, Any] | None:
    """As `expires_soon`, at `now`."""
    end, cause = next_end(connection.credential), why_not_by_itself(connection.credential, now)
    if end is None or not cause or not now < end <= now + flags.RENEW_SOON:
        return None
    return {
        **about_connection(connection, recipient, url=url, expires_at=expires_at),
        "end": end,
        "day": day(end),
        # As people count: nights until then, not spans of 24 hours.
        "days": (timezone.localtime(end).date() - timezone.localtime(now).date()).days,
        "cause": cause,
        "failing_since": connection.credential.refresh_failing_since,
    }


def next_end(credential: Credential) -> dt.datetime | None:
    """When it ends or somebody must have renewed it, whichever comes first; None where neither is known."""
    return min((end for end in (credential.expires_at, credential.renew_by) if end is not None), default=None)


def why_not_by_itself(credential: Credential, now: dt.datetime) -> str:
    """Why no renewal of ours brings a later end: one stable word, or empty where one may well do."""
    due_by_person = credential.renew_by is not None and credential.renew_by <= now + flags.RENEW_SOON
    if due_by_person or not credential.renewable:
        return PERSON
    if credential.cannot_refresh_since is not None:
        return REFUSED
    return FAILING if credential.refresh_failing_since is not None else ""
