"""Signs of life: every sweep leaves one, whether or not anything was due."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from tokens import tasks
from tokens.services.heartbeat import last_sweep

pytestmark = pytest.mark.django_db(transaction=True)
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def test_before_the_first_sweep_there_is_none():
    assert last_sweep() is None


def test_the_minutes_task_leaves_one_though_nothing_is_due():
    with time_machine.travel(NOON, tick=False):
        tasks.sweep()
    assert last_sweep() == NOON


def test_a_sweep_by_hand_leaves_one_too():
    with time_machine.travel(NOON, tick=False):
        call_command("refresh_tokens")
    assert last_sweep() == NOON


def test_a_later_one_takes_the_place_of_an_earlier_one():
    with time_machine.travel(NOON, tick=False):
        tasks.sweep()
    tasks.sweep()
    last = last_sweep()
    assert last is not None
    assert timezone.now() - last < dt.timedelta(minutes=1)


def test_a_check_is_no_sweep():
    call_command("check_tokens")
    assert last_sweep() is None
