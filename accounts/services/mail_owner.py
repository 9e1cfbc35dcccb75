"""Mails a new owner the link that sets the password; following it verifies the address as well."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.models import Tenant, User
from notifications.sending import send_now


def mail_set_password_link(*, tenant: Tenant, user: User) -> None:
    """Sends the mail at once.

    Raises:
        OSError, smtplib.SMTPException: the mail server refused it or did not answer.
    """
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    context = {"tenant": tenant, "user": user, "url": settings.SITE_URL + path, "site_url": settings.SITE_URL}
    send_now("owner_welcome", user.email, context)
