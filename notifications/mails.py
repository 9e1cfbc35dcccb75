"""From an outbox row to the mail itself."""

from __future__ import annotations

import re
from email.message import Message
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.utils import timezone

from notifications import registry
from notifications.localisation import localised
from notifications.models import OutboxMessage


class Pointless(Exception):
    """The mail should not be sent: it is `too_old`, `obsolete` as its producer says, or its address is `silenced`."""

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
    """The mail that `message` stands for, in the language and with the time zone of its tenant.

    Raises Pointless, UnknownKind, and whatever the producer's context function or the templates raise.
    """
    with localised(message.tenant):
        return _compose(message)


def _compose(message: OutboxMessage) -> EmailMultiAlternatives:
    values = _values(message)
    name = f"emails/{message.kind}"
    mail = _Mail(
        subject=" ".join(_plain(f"{name}.subject.txt", values).split()),
        body=_plain(f"{name}.txt", values),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[message.recipient],
        headers={
            "Message-ID": message_id(message),
            # When it was written, not when it travels: a repeated mail is the same mail.
            "Date": format_datetime(message.created_at),
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.boundary = f"=_{message.pk}"
    mail.attach_alternative(_engine().get_template(f"{name}.html").render(Context(values)), "text/html")
    # What can't be written as a mail fails here, where it is this message's fault, not in the conversation.
    mail.message()
    return mail


def message_id(message: OutboxMessage) -> str:
    """Follows from the row's id: a repeated mail bears the same one, and mail programs show it once."""
    return f"<{message.pk}@{urlsplit(settings.SITE_URL).hostname}>"


def _values(message: OutboxMessage) -> dict[str, Any]:
    kind = registry.find(message.kind)
    if kind.max_age is not None and timezone.now() - message.created_at > kind.max_age:
        raise Pointless("too_old")
    values = kind.context(message)
    if values is None:
        raise Pointless("obsolete")
    return values


def _plain(template: str, values: dict[str, Any]) -> str:
    """The rendered text; an apostrophe stays one, and tags that leave nothing leave no gap either."""
    text = _engine().get_template(template).render(Context(values, autoescape=False))
    return re.sub(r"\n\s*\n\s*\n", "\n\n", text).strip() + "\n"


def _engine() -> Engine:
    return Engine.get_default()
