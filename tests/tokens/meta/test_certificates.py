"""A token goes to nobody who can't show a certificate that a known authority has signed."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tokens.meta import InstagramClient, MetaTransient, Secret

from .calls import CASES, TOKEN, Case
from .servers import OK, Handler, ScriptedServer


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


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whoever_shows_a_certificate_of_his_own_making_hears_nothing(
    case: Case, client: InstagramClient, heard: list[bytes]
) -> None:
    with pytest.raises(MetaTransient) as caught:
        case.run(client)
    assert caught.value.kind == "connection"
    assert heard == []


def test_the_same_certificate_does_once_an_authority_vouches_for_it(
    client: InstagramClient, heard: list[bytes], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    assert client.refresh(Secret(TOKEN)).token == Secret("IGAAnew")
    assert heard[0].startswith(b"GET /refresh_access_token?")
