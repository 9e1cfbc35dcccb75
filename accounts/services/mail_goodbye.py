"""Tells somebody that their account is deleted, at once: there is nobody left whom the outbox could owe it."""

from __future__ import annotations

import logging
import smtplib

from django.conf import settings

from notifications.sending import send_now

logger = logging.getLogger(__name__)


def mail_goodbye(*, email: str, gone: list[str]) -> None:
    """Sends the mail; a mail server that fails is noted in the log, since what was deleted stays deleted.

    Args:
        email: the address that the account had.
        gone: names of the workspaces that were deleted with it.
    """
    context = {"email": email, "gone": gone, "site_url": settings.SITE_URL}
    try:
        send_now("account_deleted", email, context)
    except (OSError, smtplib.SMTPException) as error:
        logger.error("A goodbye was not mailed: %s", type(error).__name__)
