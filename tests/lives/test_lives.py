"""Connects, renewals, checks, callbacks, reconnects, disconnects, deletions, faults and clock steps in any order.

Whatever Meta answers and calls: no state outside the model, no wrong mail, no key kept after it was to be erased. Quick
here and the same each time. LIVES=2000 plays so many games, other ones each time.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts import rate_limits
from tests.games import play
from tests.lives import ground
from tests.lives.machine import START, Lives

pytestmark = pytest.mark.django_db(transaction=True)


def test_whatever_happens_connections_are_what_the_rules_say(monkeypatch, settings_of_lives):
    world = SimpleNamespace(now=START)
    monkeypatch.setattr(timezone, "now", lambda: world.now)
    # Forged calls are limited by the minute, and here a year passes in one.
    monkeypatch.setattr(rate_limits.Limit, "take", lambda limit, whom: 0)
    Lives.world, Lives.ground = world, ground.lay(settings_of_lives.INSTAGRAM_APP_SECRET)
    play(Lives, variable="LIVES", games=25)


@pytest.fixture
def settings_of_lives(settings):
    # Deaths and faults are many here, and what a brake does is another test's business.
    settings.BRAKE_MIN_DEATHS = 10**6
    return settings
