"""How allauth behaves here."""

from __future__ import annotations

import logging
import smtplib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.models import EmailAddress
from allauth.core import context as current
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from accounts.client_address import client_ip
from accounts.devices import in_words
from accounts.forms import clean_email
from accounts.models import User

NOT_MAILED = (
    "Our mail server does not answer just now, so no mail was sent. Nothing is lost: try again in a few minutes."
)
# How allauth names the ways to confirm that it is you.
BY_PASSWORD = "reauthenticate"  # noqa: S105 - no password
ANOTHER_WAY = {"mfa_reauthenticate": "Use a code", "mfa_reauthenticate:webauthn": "Use a passkey"}

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Mailed links are built from SITE_URL, never from the host that a request claims."""

    def clean_email(self, email: str) -> str:
        # allauth's own check lets addresses pass that are longer than the column.
        return str(super().clean_email(clean_email(email)))

    def get_client_ip(self, request: HttpRequest) -> str:
        # allauth's own answers 500 to a request that came past one of the proxies.
        return client_ip(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends at once; a mail server that fails is told on the next page, and what was signed up stands."""
        rebased = {key: _on_site(value) if key.endswith("_url") else value for key, value in context.items()}
        try:
            super().send_mail(template_prefix, email, rebased)
        except (OSError, smtplib.SMTPException) as error:
            logger.error("A mail of %s was not sent: %s", template_prefix, type(error).__name__)
            # A notice of what is done already is nothing that its reader could have sent again.
            if not context.get("notice"):
                messages.error(current.request, NOT_MAILED)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tells the account's owner what was changed, from where, and what to do if it was not them."""
        device = in_words(self.get_http_user_agent(self.request))
        told = {"notice": True, "user": user, "device": device, "reset_url": reverse("account_reset_password")}
        super().send_notification_mail(template_prefix, user, {**told, **(context or {})}, email)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Who has a second factor confirms with it: a password alone must not be able to turn it off."""
        methods = [
            {**method, "description": ANOTHER_WAY.get(method["id"], method["description"])}
            for method in super().get_reauthentication_methods(user)
        ]
        second = [method for method in methods if method["id"] != BY_PASSWORD]
        if not Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists():
            # Without an app the codes are the recovery codes, and those are for when the passkey is lost.
            second.reverse()
        return second or methods


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


def tell_of_another_address(*, request: HttpRequest, email_address: EmailAddress, **kwargs: Any) -> None:
    """A further address opens the account, too: whoever reads the main one hears of it."""
    if not email_address.primary:
        context = {"new_email": email_address.email}
        get_adapter(request).send_notification_mail("account/email/address_added", email_address.user, context)
