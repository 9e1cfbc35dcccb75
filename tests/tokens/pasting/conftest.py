from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Tenant, User
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State
from tests.flows.hiding_places import Browser
from tests.tokens.pasting.paster import Paster


@pytest.fixture
def paster(tenant: Tenant, signed_in: Client, emulator: EmulatorServer) -> Paster:
    return Paster(tenant, signed_in, emulator)


@pytest.fixture
def state(emulator: EmulatorServer) -> State:
    """With somebody whose tokens may be pasted."""
    emulator.state.add_person("creator")
    return emulator.state


@pytest.fixture
def browser(alice: User, tenant: Tenant) -> Browser:
    """Alice's, which keeps all that it is shown. A page that fails is shown, not raised."""
    made = Browser(raise_request_exception=False)
    made.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    return made
