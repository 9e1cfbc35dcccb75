"""Sets in which language and time zone mails to a person come."""

from __future__ import annotations

from accounts.models import User


def choose_place(user: User, *, language: str, time_zone: str) -> None:
    """Stores what a person chose for themselves; it is nobody else's business and stands in no history.

    Args:
        user: who chose.
        language: a known one, or empty for each workspace's own.
        time_zone: likewise.
    """
    User.objects.filter(pk=user.pk).update(language=language, time_zone=time_zone)
