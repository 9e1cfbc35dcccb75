"""How allauth behaves here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.conf import settings

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Mailed links are built from SITE_URL, never from the host that a request claims."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        rebased = {key: _on_site(value) if key.endswith("_url") else value for key, value in context.items()}
        super().send_mail(template_prefix, email, rebased)


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
