"""Tells somebody that their account is deleted, at once: there is nobody left whom the outbox could owe it."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def mail_goodbye(*, email: str, gone: list[str]) -> None:
    """Sends the mail; a mail server that fails is noted in the log, since what was deleted stays deleted.

    Args:
        email: the address that the account had.
        gone: names of the workspaces that were deleted with it.
    """
    context = {"email": email, "gone": gone, "site_url": settings.SITE_URL}
    try:
        send_mail(
            subject="Your Perennial account is deleted",
            message=render_to_string("emails/account_deleted.txt", context),
            from_email=None,
            recipient_list=[email],
            html_message=render_to_string("emails/account_deleted.html", context),
        )
    except (OSError, smtplib.SMTPException) as error:
        logger.error("A goodbye was not mailed: %s", type(error).__name__)
