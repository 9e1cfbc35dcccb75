"""Forgets what has had its time: counters, and secrets that waited for somebody to finish connecting."""

from __future__ import annotations

import datetime as dt

from accounts.services.forget_visits import forget_visits
from tokens.models import ConnectAttempt
from tokens.services import brake
from tokens.services.cancel_import import forget_previews

KEEP_ATTEMPTS = dt.timedelta(days=2)


def clear_up(now: dt.datetime) -> None:
    """Erases pending codes and tokens after their time, and attempts, counters and sessions that nobody needs."""
    ConnectAttempt.objects.filter(pending_until__lte=now).exclude(pending="").update(
        pending="", pending_secret=None, pending_facts={}
    )
    ConnectAttempt.objects.filter(created_at__lt=now - KEEP_ATTEMPTS).delete()
    forget_previews(now)
    brake.prune(now)
    forget_visits(now)
