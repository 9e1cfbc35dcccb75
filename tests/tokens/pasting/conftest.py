from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Tenant
from tests.emulator.server import EmulatorServer
from tests.tokens.pasting.paster import Paster


@pytest.fixture
def paster(tenant: Tenant, signed_in: Client, emulator: EmulatorServer) -> Paster:
    return Paster(tenant, signed_in, emulator)
