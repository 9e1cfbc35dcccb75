"""Sends a mail at once, past the outbox: what somebody at a page waits for, or that nobody is left to be owed."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMultiAlternatives

from notifications.registry import default_templates
from notifications.senders import Workspace, answers_to, sender
from notifications.writing import write


def send_now(kind: str, recipient: str, values: dict[str, Any], *, workspace: Workspace | None = None) -> None:
    """Writes the mail in the language and time zone that are active, and sends it.

    Arguments:
        kind: names its templates, as for `registry.register_unqueued`.
        recipient: a mail address.
        values: the templates'.
        workspace: on whose behalf it is sent; None for the installation's own.

    Raises OSError and smtplib.SMTPException where the mail server refused it or did not answer.
    """
    words = write(default_templates(kind), {"recipient": recipient, **values})
    mail = EmailMultiAlternatives(
        subject=words.subject,
        body=words.text,
        from_email=sender(workspace),
        to=[recipient],
        reply_to=answers_to(workspace),
    )
    mail.attach_alternative(words.html, "text/html")
    mail.send()
