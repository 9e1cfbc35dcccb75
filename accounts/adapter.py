"""How allauth behaves here."""

from __future__ import annotations

import logging
import smtplib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as current
from django.conf import settings
from django.contrib import messages

from accounts.forms import clean_email
from accounts.models import User

NOT_MAILED = (
    "Our mail server does not answer just now, so no mail was sent. Nothing is lost: try again in a few minutes."
)

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Mailed links are built from SITE_URL, never from the host that a request claims."""

    def clean_email(self, email: str) -> str:
        # allauth's own check lets addresses pass that are longer than the column.
        return str(super().clean_email(clean_email(email)))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends at once; a mail server that fails is told on the next page, and what was signed up stands."""
        rebased = {key: _on_site(value) if key.endswith("_url") else value for key, value in context.items()}
        try:
            super().send_mail(template_prefix, email, rebased)
        except (OSError, smtplib.SMTPException) as error:
            logger.error("A mail of %s was not sent: %s", template_prefix, type(error).__name__)
            messages.error(current.request, NOT_MAILED)


def _on_site(url: Any) -> Any:
    if not isinstance(url, str):
        return url
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.SITE_URL}{parts.path}{query}"


def verify_sole_address(user: User) -> None:
    """Marks the user's address as verified after a password was set by mail.

    allauth does not tell which address the link went to; where the user has just one, it can only be that.
    """
    addresses = list(EmailAddress.objects.filter(user=user)[:2])
    if len(addresses) == 1 and not addresses[0].verified:
        addresses[0].verified = True
        addresses[0].save(update_fields=["verified"])
