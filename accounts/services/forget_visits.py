"""Forgets who was here: sessions that are over, and the network addresses that limits were counted for."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import Exists, OuterRef

from accounts.hourly import my_turn


def forget_visits(now: dt.datetime) -> None:
    """Erases all that has had its time, once an hour, whichever process comes first."""
    if not my_turn("visits_forgotten"):
        return
    Session.objects.filter(expire_date__lt=now).delete()
    living = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(living)).delete()
    # Both of our caches can do it; Django's have no such method.
    cast(Any, cache).forget_expired(now)
