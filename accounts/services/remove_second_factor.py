"""Takes an account's second factor off, for somebody who has lost it and its recovery codes."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from notifications.sending import send_now


def remove_second_factor(*, user: User) -> int:
    """Removes all of it and ends every session: whoever set it up may have been somebody else.

    Returns:
        how many apps and passkeys there were.
    """
    with transaction.atomic():
        found = Authenticator.objects.filter(user=user)
        removed = int(found.exclude(type=Authenticator.Type.RECOVERY_CODES).count())
        found.delete()
        for session in UserSession.objects.filter(user=user):
            session.end()
    return removed


def mail_removal(*, user: User) -> None:
    """Tells the account's owner at once.

    Raises:
        OSError, smtplib.SMTPException: the mail server refused it or did not answer.
    """
    context = {"user": user, "url": settings.SITE_URL + reverse("mfa_index")}
    send_now("second_factor_removed", user.email, context)
