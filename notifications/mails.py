"""From an outbox row to the mail itself."""

from __future__ import annotations

import datetime as dt
from email.message import Message
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone

from notifications import registry, unsubscribing
from notifications.audience import rule_of
from notifications.localisation import localised
from notifications.models import OutboxMessage
from notifications.places import place_of
from notifications.registry import Audience, DigestItem, Kind
from notifications.senders import answers_to, sender
from notifications.writing import write

# What is held is told the next morning, and no sooner.
HELD_LONGEST = dt.timedelta(hours=36)


class Pointless(Exception):
    """The mail should not be sent: it is `too_old`, `obsolete` as its producer says, or its reader is not to get it."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class _Mail(EmailMultiAlternatives):
    """One that is the same to the last byte however often it is written."""

    boundary = ""

    def message(self, **options: Any) -> Any:
        written: Message = super().message(**options)
        # By default it is another one each time.
        written.set_boundary(self.boundary)
        return written


def compose(message: OutboxMessage) -> EmailMultiAlternatives:
    """The mail that `message` stands for, in its reader's language and time zone; staff's in English and UTC.

    Raises Pointless, UnknownKind, and whatever the producer's context function or the templates raise.
    """
    kind = registry.find(message.kind)
    staff = kind.audience is Audience.STAFF
    with localised(None if staff else place_of(message.recipient, message.tenant)):
        return _compose(message, kind)


def _compose(message: OutboxMessage, kind: Kind) -> EmailMultiAlternatives:
    values = {"recipient": message.recipient, **_values(message, kind), **_ways_out(message)}
    words = write(kind.templates, values)
    workspace = None if kind.audience is Audience.STAFF else message.tenant
    mail = _Mail(
        subject=words.subject,
        body=words.text,
        from_email=sender(workspace),
        to=[message.recipient],
        reply_to=answers_to(workspace),
        headers={
            "Message-ID": message_id(message),
            # When it was written, not when it travels: a repeated mail is the same mail.
            "Date": format_datetime(message.created_at),
            "Auto-Submitted": "auto-generated",
            **unsubscribing.headers_of(message),
        },
    )
    mail.boundary = f"=_{message.pk}"
    mail.attach_alternative(words.html, "text/html")
    # What can't be written as a mail fails here, where it is this message's fault, not in the conversation.
    mail.message()
    return mail


def message_id(message: OutboxMessage) -> str:
    """Follows from the row's id: a repeated mail bears the same one, and mail programs show it once."""
    return f"<{message.pk}@{urlsplit(settings.SITE_URL).hostname}>"


def line_of(message: OutboxMessage) -> DigestItem | None:
    """The mail that `message` stands for as one line of a digest, in the language that is active.

    Returns None where its kind is never told in one. Raises as `compose` does.
    """
    kind = registry.find(message.kind)
    values = _values(message, kind, waited=HELD_LONGEST)
    return kind.line(values) if kind.line else None


def _ways_out(message: OutboxMessage) -> dict[str, str]:
    """Where its reader ends such mails, and where a member chooses among them."""
    found = {"unsubscribe_url": unsubscribing.url_of(message)}
    rule = rule_of(message.kind)
    if rule is not None and rule.switchable and message.tenant is not None:
        found["settings_url"] = settings.SITE_URL + reverse("notifications", args=[message.tenant.slug])
    return found


def _values(message: OutboxMessage, kind: Kind, *, waited: dt.timedelta = dt.timedelta(0)) -> dict[str, Any]:
    if kind.max_age is not None and timezone.now() - message.created_at > kind.max_age + waited:
        raise Pointless("too_old")
    values = kind.context(message)
    if values is None:
        raise Pointless("obsolete")
    return values
