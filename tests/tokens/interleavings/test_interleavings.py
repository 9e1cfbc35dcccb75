"""Claims, answers, lapses, reconnects, disconnects and sweeps at once, in random orders: nothing is lost or doubled.

Quick here and the same each time. INTERLEAVINGS=2000 plays so many games, other ones each time.
"""

from __future__ import annotations

import os

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.factories import make_tenant, make_user
from tests.tokens.interleavings.ground import World
from tests.tokens.interleavings.machine import Interleavings
from tokens.services import claims
from tokens.services import sweep as sweeping

pytestmark = pytest.mark.django_db(transaction=True)

GAMES = os.environ.get("INTERLEAVINGS", "")


def test_no_interleaving_loses_doubles_or_blocks_anything(monkeypatch):
    world = World()
    monkeypatch.setattr(timezone, "now", world.time)
    monkeypatch.setattr(claims, "owner_name", world.owner)
    # Longer than anything here takes: a sweep looks up when it is answered, and so at the same places each time.
    monkeypatch.setattr(sweeping, "TICK", 120.0)
    owner = make_user()
    Interleavings.tenant, Interleavings.user = make_tenant(owner=owner), owner
    Interleavings.world = world
    profile = settings(
        max_examples=int(GAMES or 25),
        stateful_step_count=30,
        derandomize=not GAMES,
        deadline=None,
        database=None,
        # To explain a failure hypothesis traces every line, which takes minutes here.
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Interleavings, settings=profile)
