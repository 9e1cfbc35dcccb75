from collections.abc import Callable, Iterator

import pytest
import responses

from tokens.meta import InstagramClient, MetaError

from .calls import Case, build_client
from .mock import mocked
from .servers import Handler, ScriptedServer


@pytest.fixture
def client() -> Iterator[InstagramClient]:
    client = build_client()
    yield client
    client.close()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with mocked() as wire:
        yield wire


@pytest.fixture
def error_of(client: InstagramClient, wire: responses.RequestsMock) -> Callable[..., MetaError]:
    """What `case` raises when it is answered so."""

    def error_of(case: Case, **answer) -> MetaError:
        wire.add(case.method, case.url, **{"status": 400, **answer})
        with pytest.raises(MetaError) as caught:
            case.run(client)
        return caught.value

    return error_of


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], ScriptedServer]]:
    """Starts real servers, and ends them with the test."""
    servers: list[ScriptedServer] = []

    def serve(handler: Handler) -> ScriptedServer:
        servers.append(ScriptedServer(handler))
        return servers[-1]

    yield serve
    for server in servers:
        server.stop()


@pytest.fixture
def connect() -> Iterator[Callable[..., InstagramClient]]:
    """Builds clients, and closes them with the test."""
    clients: list[InstagramClient] = []

    def connect(base: str, **options: float) -> InstagramClient:
        clients.append(build_client(base, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()
