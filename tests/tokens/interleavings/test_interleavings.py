"""Claims, answers, lapses, reconnects, disconnects and sweeps at once, in random orders: nothing is lost or doubled.

Quick here and the same each time. INTERLEAVINGS=2000 plays so many games, other ones each time.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.factories import make_tenant, make_user
from tests.games import play
from tests.tokens.interleavings.ground import World
from tests.tokens.interleavings.machine import Interleavings
from tokens.services import claims
from tokens.services import sweep as sweeping

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_interleaving_loses_doubles_or_blocks_anything(monkeypatch):
    world = World()
    monkeypatch.setattr(timezone, "now", world.time)
    monkeypatch.setattr(claims, "owner_name", world.owner)
    # Longer than anything here takes: a sweep looks up when it is answered, and so at the same places each time.
    monkeypatch.setattr(sweeping, "TICK", 120.0)
    owner = make_user()
    Interleavings.tenant, Interleavings.user = make_tenant(owner=owner), owner
    Interleavings.world = world
    play(Interleavings, variable="INTERLEAVINGS", games=25)
