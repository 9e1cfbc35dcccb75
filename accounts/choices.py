"""The language and time zone that people chose for the mails to them."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.conf import settings

from notifications.places import Chosen


def choice_of(email: str) -> Chosen | None:
    """What whoever has the address chose; None where nobody has it.

    An address counts once it is confirmed: else anybody could sign up with a creator's and choose for them.

    Args:
        email: in lower case.
    """
    rows = EmailAddress.objects.filter(email=email)
    if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
        rows = rows.filter(verified=True)
    found = rows.order_by("-verified", "pk").values_list("user__time_zone", "user__language").first()
    return Chosen(*found) if found else None
