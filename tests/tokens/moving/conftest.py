from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Tenant, User
from tests.emulator.server import EmulatorServer
from tests.tokens.moving.mover import Mover


@pytest.fixture
def mover(tenant: Tenant, alice: User, signed_in: Client, emulator: EmulatorServer) -> Mover:
    return Mover(tenant, alice, signed_in, emulator)
