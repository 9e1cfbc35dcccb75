"""What the leak tests share: a state of the emulator with a secret of its own, a mail server, a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Tenant, User
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State
from tests.flows.facebook_life import FACEBOOK_SECRET
from tests.flows.hiding_places import Browser
from tests.flows.whole_life import APP_SECRET, BACKEND
from tests.notifications.conftest import use_server
from tests.notifications.post_office import PostOffice, open_for_business


@pytest.fixture
def state(emulator: EmulatorServer, settings: Any) -> State:
    """With app secrets that look like real ones, and that no earlier test has had."""
    settings.INSTAGRAM_APP_SECRET, settings.FACEBOOK_APP_SECRET = APP_SECRET, FACEBOOK_SECRET
    emulator.state.add_app(settings.INSTAGRAM_APP_ID, APP_SECRET)
    emulator.state.facebook.add_app(settings.FACEBOOK_APP_ID, FACEBOOK_SECRET)
    return emulator.state


@pytest.fixture
def office(settings: Any) -> Iterator[PostOffice]:
    office = PostOffice()
    with open_for_business(office) as port:
        use_server(settings, port)
        yield office


@pytest.fixture
def browser(alice: User, tenant: Tenant) -> Browser:
    """Alice's, signed in. A page that fails is shown, not raised."""
    made = Browser(raise_request_exception=False)
    made.force_login(alice, backend=BACKEND)
    return made
