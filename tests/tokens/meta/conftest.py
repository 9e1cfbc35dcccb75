import datetime as dt
import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tokens.meta import FacebookClient, InstagramClient, MetaError

from .calls import Case, build_client, build_facebook
from .mock import mocked
from .servers import Handler, ScriptedServer


@pytest.fixture
def client() -> Iterator[InstagramClient]:
    client = build_client()
    yield client
    client.close()


@pytest.fixture
def facebook() -> Iterator[FacebookClient]:
    client = build_facebook()
    yield client
    client.close()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with mocked() as wire:
        yield wire


@pytest.fixture
def error_of(
    client: InstagramClient, facebook: FacebookClient, wire: responses.RequestsMock
) -> Callable[..., MetaError]:
    """What `case` raises when it is answered so."""

    def error_of(case: Case, **answer) -> MetaError:
        wire.add(case.method, case.url, **{"status": 400, **answer})
        with pytest.raises(MetaError) as caught:
            case.run(facebook if case.build is build_facebook else client)
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
def connect() -> Iterator[Callable[..., Any]]:
    """Builds clients, of Instagram unless told otherwise, and closes them with the test."""
    clients: list[InstagramClient | FacebookClient] = []

    def connect(base: str, build: Callable[..., Any] = build_client, **options: float) -> Any:
        clients.append(build(base, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself; its key stands in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + private)
    return path
