"""One emulator for all tests of a run, empty at the start of each."""

from collections.abc import Iterator

import pytest

from tests.emulator.records import Token
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State

from .client import APP_ID, Client
from .receiver import PATHS, Receiver, receiving


@pytest.fixture(scope="session")
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer() as running:
        yield running


@pytest.fixture
def state(server: EmulatorServer) -> State:
    server.state.reset()
    return server.state


@pytest.fixture
def client(server: EmulatorServer, state: State) -> Iterator[Client]:
    opened = Client(server.url)
    yield opened
    opened.close()


@pytest.fixture
def lea(state: State) -> Token:
    """Lea's long-lived token, two days old."""
    state.add_person("lea", "Lea Lindt")
    return state.issue_token("lea", age_days=2)


@pytest.fixture
def receiver(state: State) -> Iterator[Receiver]:
    """Whoever gets the default app's callbacks."""
    with receiving() as opened:
        removed, deletion = (opened.url + path for path in PATHS.values())
        state.add_app(APP_ID, deauthorize_url=removed, deletion_url=deletion)
        yield opened
