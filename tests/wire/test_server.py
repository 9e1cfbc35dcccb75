"""The server itself: kept-alive connections, clumsy clients, many at once, and the program."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from tests.emulator.records import Token
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State

from .client import Client


@pytest.fixture
def wire(server: EmulatorServer, state: State) -> Iterator[socket.socket]:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as opened:
        yield opened


def first_line(wire: socket.socket) -> bytes:
    with wire.makefile("rb") as stream:
        return stream.readline()


def everything(wire: socket.socket) -> bytes:
    with wire.makefile("rb") as stream:
        return stream.read()


def test_a_connection_is_kept_alive(client: Client, state: State, lea: Token) -> None:
    for _ in range(5):
        client.me(lea.access_token)
        client.refresh("dead")
        client.exchange("dead")
    assert len({entry["client"] for entry in state.requests()}) == 1


def test_each_client_has_its_own_connection(client: Client, state: State, lea: Token) -> None:
    other = Client(client.url)
    client.me(lea.access_token)
    other.me(lea.access_token)
    other.close()
    assert len({entry["client"] for entry in state.requests()}) == 2


def test_a_connection_ends_when_the_client_says_so(wire: socket.socket) -> None:
    wire.sendall(b"GET /me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"Connection: close" in everything(wire)


def test_http_1_0_is_answered_and_closed(wire: socket.socket) -> None:
    wire.sendall(b"GET /me HTTP/1.0\r\n\r\n")
    assert everything(wire).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_two_requests_may_be_sent_at_once(wire: socket.socket) -> None:
    once = b"GET /me HTTP/1.1\r\nHost: x\r\n\r\n"
    wire.sendall(once + once.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert everything(wire).count(b"HTTP/1.1 400") == 2


def test_head_is_answered_without_a_body(wire: socket.socket) -> None:
    wire.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = everything(wire)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


def test_a_client_that_asks_first_is_told_to_go_on(wire: socket.socket) -> None:
    wire.sendall(b"POST /oauth/access_token HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert first_line(wire) == b"HTTP/1.1 100 Continue\r\n"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 101 + b"\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(wire: socket.socket, nonsense: bytes) -> None:
    wire.sendall(nonsense)
    assert first_line(wire).startswith(b"HTTP/1.1 400 ")


def test_many_clients_at_once_are_all_served(client: Client, state: State) -> None:
    tokens = [each.access_token for each in state.issue_tokens(40, "x", age_days=2)]

    def refresh(token: str) -> int:
        alone = Client(client.url)
        try:
            return alone.refresh(token).status
        finally:
            alone.close()

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(refresh, tokens)) == [200] * 40
    assert len(state.counts()["refreshes"]) == 40


def test_a_closed_server_leaves_its_port() -> None:
    first = EmulatorServer()
    kept = Client(first.url)
    assert kept.get("/").status == 200
    first.close()
    kept.close()
    with EmulatorServer(first.port) as second:
        again = Client(second.url)
        assert again.get("/").status == 200
        again.close()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_program_says_when_it_is_ready_and_ends_when_told(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", "--person", "lea"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout and program.stderr
        ready = program.stdout.readline().strip()
        assert ready.startswith("emulator ready on http://127.0.0.1:")
        with urlopen(f"{ready.split()[-1]}/_control/persons/lea") as reply:
            assert reply.status == 200
        program.send_signal(ending)
        assert program.wait(5) == 0
        assert program.stderr.read() == ""
