"""Forgets what has had its time: counters, and secrets that waited for somebody to finish connecting."""

from __future__ import annotations

import datetime as dt

from accounts.hourly import my_turn
from accounts.services.forget_visits import forget_visits
from tokens.models import ConnectAttempt, SweepRun
from tokens.services import brake
from tokens.services.cancel_import import forget_previews
from tokens.services.reconnect_requests import forget_old_requests

KEEP_ATTEMPTS = dt.timedelta(days=2)
KEEP_SWEEPS = dt.timedelta(days=30)


def clear_up(now: dt.datetime) -> None:
    """Erases what has had its time.

    With each sweep, pending codes and tokens and the previews that hold some; once an hour, whichever process comes
    first, attempts, requests, counters, sessions and records of sweeps that nobody needs any more.
    """
    ConnectAttempt.objects.filter(pending_until__lte=now).exclude(pending="").update(
        pending="", pending_secret=None, pending_facts={}
    )
    forget_previews(now)
    forget_visits(now)
    if my_turn("cleared_up"):
        ConnectAttempt.objects.filter(created_at__lt=now - KEEP_ATTEMPTS).delete()
        SweepRun.objects.filter(started_at__lt=now - KEEP_SWEEPS).delete()
        forget_old_requests(now)
        brake.prune(now)
