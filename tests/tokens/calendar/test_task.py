"""The queue smooths the calendar once an hour, for a bounded time."""

from __future__ import annotations

import pytest
from django_q.models import Schedule

from tests import queue
from tests.tokens.calendar.nights import crowd, on_nights
from tokens import tasks
from tokens.services.sync_schedules import sync_schedules
from tokens.tasks import smooth

pytestmark = pytest.mark.django_db


def test_it_returns_the_numbers_and_rings_for_nobody():
    crowd(25, 30)
    assert smooth() == {"moved": 15, "moved_on": 0, "crowded": 0}
    assert on_nights() == {30: 10, 29: 10, 28: 5}
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 0}
    assert queue.waiting() == []


def test_out_of_time_it_rings_for_itself(monkeypatch):
    monkeypatch.setattr(tasks, "SMOOTH_SECONDS", 0.0)
    crowd(25, 30)
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 1}
    assert [task["func"] for task in queue.waiting()] == ["tokens.tasks.smooth"]


def test_told_to_stop_it_leaves_the_rest_to_the_next_hour(monkeypatch):
    monkeypatch.setattr(tasks, "asked_to_stop", lambda: True)
    crowd(25, 30)
    assert smooth() == {"moved": 0, "moved_on": 0, "crowded": 1}
    assert queue.waiting() == []


def test_it_is_scheduled_each_hour():
    sync_schedules()
    assert Schedule.objects.get(name="smooth").minutes == 60
