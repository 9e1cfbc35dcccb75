"""Connects, renewals, checks, callbacks, reconnects, disconnects, deletions, faults and clock steps in any order.

Whatever Meta answers and calls: no state outside the model, no wrong mail, no key kept after it was to be erased. Quick
here and the same each time. LIVES=2000 plays so many games, other ones each time.
"""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from accounts import rate_limits
from tests.lives import ground
from tests.lives.machine import START, Lives

pytestmark = pytest.mark.django_db(transaction=True)

GAMES = os.environ.get("LIVES", "")


def test_whatever_happens_connections_are_what_the_rules_say(monkeypatch, settings_of_lives):
    world = SimpleNamespace(now=START)
    monkeypatch.setattr(timezone, "now", lambda: world.now)
    # Forged calls are limited by the minute, and here a year passes in one.
    monkeypatch.setattr(rate_limits.Limit, "take", lambda limit, whom: 0)
    Lives.world, Lives.ground = world, ground.lay(settings_of_lives.INSTAGRAM_APP_SECRET)
    profile = settings(
        max_examples=int(GAMES or 25),
        stateful_step_count=30,
        derandomize=not GAMES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Lives, settings=profile)


@pytest.fixture
def settings_of_lives(settings):
    # Deaths and faults are many here, and what a brake does is another test's business.
    settings.BRAKE_MIN_DEATHS = 10**6
    return settings
