"""Who was here is not kept for longer than it is of use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.rate_limits import FORMS, SECRETS
from accounts.services.forget_visits import forget_visits
from tests.accounts.people import is_signed_in, sign_in
from tests.conftest import PASSWORD
from tokens.services.clear_up import clear_up

pytestmark = pytest.mark.django_db
LONG = dt.timedelta(days=60)


@pytest.fixture
def signed_in_twice(alice: User, travel: Callable[[dt.datetime], Any]) -> Client:
    """Alice once in a browser that she forgot, and today in another one."""
    today = timezone.now()
    travel(today - LONG)
    sign_in(Client(), alice.email, PASSWORD)
    travel(today)
    browser = Client()
    sign_in(browser, alice.email, PASSWORD)
    browser.get("/accounts/data/")
    return browser


def test_sessions_that_are_over_go_and_living_ones_stay(signed_in_twice: Client) -> None:
    alice = UserSession.objects.get().user
    UserSession.objects.create(user=alice, ip="198.51.100.1", session_key="of a session that is gone", user_agent="x")
    assert (Session.objects.count(), UserSession.objects.count()) == (2, 2)
    forget_visits(timezone.now())
    assert (Session.objects.count(), UserSession.objects.count()) == (1, 1)
    assert is_signed_in(signed_in_twice)


def test_it_looks_once_an_hour(signed_in_twice: Client) -> None:
    assert cache.add("visits_forgotten", True, 3600)
    forget_visits(timezone.now())
    assert Session.objects.count() == 2


def test_every_sweep_ends_with_it(signed_in_twice: Client) -> None:
    clear_up(timezone.now())
    assert Session.objects.count() == 1


# The database keeps what is over until somebody erases it; in Redis each counter is written with its own end.
@pytest.mark.skipif(bool(settings.CACHE_URL), reason="Redis forgets by itself")
def test_network_addresses_that_were_counted_are_erased(travel: Callable[[dt.datetime], Any]) -> None:
    def kept() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key FROM perennial_cache")
            return [key for (key,) in cursor.fetchall() if "198.51.100" in key]

    now = timezone.now()
    travel(now - dt.timedelta(hours=1))
    FORMS.take("198.51.100.1")
    travel(now)
    SECRETS.take("198.51.100.2")
    assert len(kept()) == 2
    forget_visits(now)
    assert [key.rpartition(":")[2] for key in kept()] == ["198.51.100.2"]
