"""What is done once an hour is done by one of all processes, and by some process each hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.hourly import my_turn

pytestmark = pytest.mark.django_db


def test_the_first_who_asks_has_the_turn_and_the_others_have_not() -> None:
    assert [my_turn("something"), my_turn("something"), my_turn("another_thing")] == [True, False, True]


# Redis ends an hour by its own clock, which no test can move; that it ends one at all is the library's own business.
@pytest.mark.skipif(bool(settings.CACHE_URL), reason="Redis has a clock of its own")
def test_an_hour_later_it_is_somebodys_turn_again(travel: Callable[[dt.datetime], Any]) -> None:
    now = timezone.now()
    travel(now)
    assert my_turn("something")
    travel(now + dt.timedelta(minutes=59))
    assert not my_turn("something")
    travel(now + dt.timedelta(minutes=61))
    assert my_turn("something")


# The rule is about the database's lock for writing; a cache in Redis asks the database nothing.
@pytest.mark.skipif(bool(settings.CACHE_URL), reason="Redis needs no query")
def test_who_comes_too_early_only_looks() -> None:
    my_turn("something")
    with CaptureQueriesContext(connection) as asked:
        my_turn("something")
    assert [query["sql"].split()[0] for query in asked] == ["SELECT"]
