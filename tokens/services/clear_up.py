"""Forgets what has had its time: counters, and secrets that waited for somebody to finish connecting."""

from __future__ import annotations

import datetime as dt

from tokens.models import ConnectAttempt
from tokens.services import brake

KEEP_ATTEMPTS = dt.timedelta(days=2)


def clear_up(now: dt.datetime) -> None:
    """Erases pending codes and tokens after their time, and attempts and counters that nothing asks for any more."""
    ConnectAttempt.objects.filter(pending_until__lte=now).exclude(pending="").update(
        pending="", pending_secret=None, pending_facts={}
    )
    ConnectAttempt.objects.filter(created_at__lt=now - KEEP_ATTEMPTS).delete()
    brake.prune(now)
