from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Tenant
from tests.emulator.facebook.cast import add_cast
from tests.emulator.server import EmulatorServer
from tests.tokens.flavours.facebook import FacebookPeople


@pytest.fixture
def cast(emulator: EmulatorServer) -> dict[str, Any]:
    """Facebook persons with Pages, and a system user, by their names."""
    add_cast(emulator.state, 12)
    world = emulator.state.facebook
    return {each.name: each for each in (*world.persons.values(), *world.system_users.values())}


@pytest.fixture
def people(signed_in: Client, tenant: Tenant, cast: dict[str, Any], emulator: EmulatorServer) -> FacebookPeople:
    return FacebookPeople(signed_in, tenant, cast, emulator)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between tries, of which a person would hardly notice."""
    monkeypatch.setattr("tokens.services.connect.EXCHANGE_PAUSE", 0)
