"""A token goes to nobody who can't show a certificate that a known authority has signed."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tokens.meta import InstagramClient, MetaTransient, Secret

from .calls import ALL_CASES, TOKEN, Case
from .servers import OK, Handler, ScriptedServer


@pytest.fixture
def heard() -> list[bytes]:
    """What the server understood."""
    return []


@pytest.fixture
def server(
    certificate: Path, heard: list[bytes], serve: Callable[[Handler], ScriptedServer]
) -> Iterator[ScriptedServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    body = b'{"access_token": "IGAAnew", "token_type": "bearer", "expires_in": 5183944}'

    def answer(connection: socket.socket, over: threading.Event) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
            heard.append(tls.recv(65536))
            tls.sendall(OK % (len(body), body))

    yield serve(answer)


@pytest.fixture
def client(server: ScriptedServer, connect: Callable[..., InstagramClient]) -> InstagramClient:
    return connect(server.url.replace("http://", "https://"))


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: case.name)
def test_whoever_shows_a_certificate_of_his_own_making_hears_nothing(
    case: Case, server: ScriptedServer, connect: Callable[..., Any], heard: list[bytes]
) -> None:
    with pytest.raises(MetaTransient) as caught:
        case.run(connect(server.url.replace("http://", "https://"), case.build))
    assert caught.value.kind == "connection"
    assert heard == []


def test_the_same_certificate_does_once_an_authority_vouches_for_it(
    client: InstagramClient, heard: list[bytes], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    assert client.refresh(Secret(TOKEN)).token == Secret("IGAAnew")
    assert heard[0].startswith(b"GET /refresh_access_token?")
