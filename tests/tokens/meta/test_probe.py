"""Looking whether a host answers: every trouble is a value with a name, and the Date header tells how our clock is."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests

from tests.notifications.post_office import closed_port
from tokens.meta.probe import Seen, look

from .servers import Handler, ScriptedServer, dripping, hanging, read_request, resetting, saying

Serve = Callable[[Handler], ScriptedServer]


def answer(date: str = "", status: str = "404 Not Found", more: str = "") -> bytes:
    told = f"Date: {date}\r\n" if date else ""
    return f"HTTP/1.1 {status}\r\n{told}{more}Content-Length: 0\r\n\r\n".encode()


def http_date(**ago: float) -> str:
    return format_datetime(dt.datetime.now(dt.UTC) - dt.timedelta(**ago), usegmt=True)


@pytest.mark.parametrize("status", ["200 OK", "301 Moved", "400 Bad Request", "404 Not Found", "503 Busy"])
def test_any_answer_is_one(status: str, serve: Serve) -> None:
    seen = look(serve(saying(answer(status=status))).url)
    assert (seen.trouble, seen.status) == ("", int(status[:3]))
    assert 0 < seen.seconds < 5


def test_no_redirect_is_followed(serve: Serve) -> None:
    elsewhere = serve(saying(answer()))
    look(serve(saying(answer(status="302 Found", more=f"Location: {elsewhere.url}\r\n"))).url)
    assert elsewhere.connections == 0


def test_it_is_one_request_without_anything_to_keep(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:c4n4ry@127.0.0.1:9")
    heard: list[bytes] = []

    def listen(connection: socket.socket, over: threading.Event) -> None:
        heard.append(read_request(connection))
        connection.sendall(answer())

    server = serve(listen)
    assert look(f"{server.url}/oauth/authorize").trouble == ""
    [request] = heard
    assert request.startswith(b"HEAD /oauth/authorize HTTP/1.1\r\n")
    for word in (b"Cookie", b"Authorization", b"c4n4ry"):
        assert word not in request


def test_a_port_where_nobody_listens() -> None:
    with closed_port() as port:
        assert look(f"http://127.0.0.1:{port}") == Seen("connection")


def test_a_name_that_does_not_exist() -> None:
    assert look("https://nobody.invalid") == Seen("name")


@pytest.mark.parametrize("handler", [hanging, dripping(b"HTTP/1.1 200 OK\r\n", b"X", 0.05)], ids=["silent", "dripping"])
def test_it_is_back_in_time(handler: Handler, serve: Serve) -> None:
    server = serve(handler)
    started = time.monotonic()
    assert look(server.url, seconds=0.4).trouble == "timeout"
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("handler", [resetting, saying(b"SSH-2.0-OpenSSH_9.6\r\n")], ids=["reset", "no HTTP"])
def test_what_is_no_answer_is_no_connection(handler: Handler, serve: Serve) -> None:
    assert look(serve(handler).url).trouble == "connection"


@pytest.fixture
def with_certificate(certificate: Path, serve: Serve) -> ScriptedServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def speak(connection: socket.socket, over: threading.Event) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(answer())

    return serve(speak)


def test_a_certificate_that_nobody_vouches_for(with_certificate: ScriptedServer) -> None:
    assert look(with_certificate.url.replace("http:", "https:")) == Seen("certificate")


def test_the_same_once_an_authority_does(
    with_certificate: ScriptedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    assert look(with_certificate.url.replace("http:", "https:")).trouble == ""


def test_https_spoken_to_plain_http_is_no_connection(serve: Serve) -> None:
    def at_once(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(1)
        connection.sendall(answer())

    assert look(serve(at_once).url.replace("http:", "https:")) == Seen("connection")


# The clock


@pytest.mark.parametrize(("offset", "ahead"), [(0, 0), (90, 90), (-90, -90), (7200, 7200)])
def test_the_date_tells_how_far_our_clock_is_ahead(offset: int, ahead: int, serve: Serve) -> None:
    seen = look(serve(saying(answer(http_date(seconds=offset)))).url)
    assert seen.ahead is not None
    assert abs(seen.ahead - ahead) <= seen.doubt + 0.1
    assert seen.doubt < 2


def test_a_slow_answer_makes_it_doubtful(serve: Serve) -> None:
    def slowly(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        date = http_date()
        over.wait(0.6)
        connection.sendall(answer(date))

    seen = look(serve(slowly).url)
    assert seen.ahead is not None
    assert seen.doubt >= 0.8
    assert abs(seen.ahead) <= seen.doubt + 0.1


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 25:61:00 GMT", "0"])
def test_no_date_or_nonsense_tells_nothing(date: str, serve: Serve) -> None:
    assert look(serve(saying(answer(date))).url).ahead is None


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://[::1", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_no_connection(url: str) -> None:
    assert look(url) == Seen("connection")


def test_no_error_of_the_library_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise requests.exceptions.ChunkedEncodingError("c4n4ry")

    monkeypatch.setattr("tokens.meta.probe.DeadlineAdapter.send", fail)
    assert look("http://127.0.0.1:9") == Seen("connection")
