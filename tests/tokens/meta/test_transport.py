"""Real sockets: what the network does to a call, and what the environment must not."""

import gzip
import json
import socket
import threading
import time

import pytest

from tokens.meta import MetaTransient, Profile, Refused, Secret
from tokens.meta.wire import LARGEST_BODY

from .calls import ALL_CASES, CASES
from .servers import OK, dripping, hanging, keeping_alive, read_request, resetting, saying

ME_BODY = b'{"user_id": "1", "username": "shop"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@pytest.fixture(params=ALL_CASES, ids=lambda case: case.name)
def case(request):
    return request.param


def fault_of(client, case=CASES[3]):
    with pytest.raises(MetaTransient) as caught:
        case.run(client)
    return caught.value


def test_a_refused_connection_is_transient(connect, case):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = fault_of(connect(f"http://127.0.0.1:{port}", case.build), case)
    assert (error.kind, error.status, error.call) == ("connection", None, case.call)


@pytest.mark.parametrize("base", ["http://nowhere.invalid", "http://127.0.0.1:0", f"http://{'a' * 70}.test"])
def test_a_host_that_is_not_there_is_transient(connect, base):
    assert fault_of(connect(base, connect_timeout=1)).kind == "connection"


@pytest.mark.parametrize("base", ["", "http://", "nonsense", "http://[::1", "ftp://x.test"])
def test_an_address_that_is_none_does_not_crash(connect, base):
    client = connect("http://127.0.0.1:1")
    object.__setattr__(client._endpoints, "graph_url", base)
    with pytest.raises((MetaTransient, Refused)):
        client.refresh(Secret("T"))


def test_a_reset_is_transient(connect, serve, case):
    assert fault_of(connect(serve(resetting).url, case.build), case).kind == "connection"


def test_a_server_that_hangs_is_given_up(connect, serve, case):
    error = fault_of(connect(serve(hanging).url, case.build, read_timeout=0.05), case)
    assert (error.kind, error.status) == ("timeout", None)


def test_a_body_that_stops_is_given_up(connect, serve):
    def handler(connection, over):
        read_request(connection)
        connection.sendall(HEAD + b"{")
        over.wait(30)

    assert fault_of(connect(serve(handler).url, read_timeout=0.05)).kind == "timeout"


@pytest.mark.parametrize(
    "start",
    [
        HEAD,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 ",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_a_server_that_drips_does_not_outlive_the_deadline(connect, serve, start):
    client = connect(serve(dripping(start, b"1", 0.02)).url, read_timeout=5, deadline=0.3)
    began = time.monotonic()
    assert fault_of(client).kind == "timeout"
    assert time.monotonic() - began < 2


def test_a_deadline_that_is_over_makes_no_call_last(connect, serve):
    assert fault_of(connect(serve(hanging).url, deadline=0)).kind == "timeout"


def test_the_deadline_of_one_call_is_not_that_of_the_next(connect, serve):
    client = connect(serve(keeping_alive(ME_BODY, [])).url, deadline=5)
    client.me(Secret("T"))
    client._deadline = 0
    assert fault_of(client).kind == "timeout"
    client._deadline = 5
    assert client.me(Secret("T")).user_id == "1"


def test_a_body_cut_short_is_transient(connect, serve):
    assert fault_of(connect(serve(saying(HEAD + b"{")).url)).kind == "connection"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
        b"\x00" * 100,
    ],
)
def test_what_is_no_http_is_transient(connect, serve, answer):
    assert fault_of(connect(serve(saying(answer)).url)).kind == "connection"


@pytest.mark.parametrize("length", [b"Content-Length: 9999999\r\n", b""])
def test_a_huge_body_is_not_read_to_its_end(connect, serve, length):
    head = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n"
    answer = head + b"1" * (LARGEST_BODY + 100_000)
    error = fault_of(connect(serve(saying(answer)).url))
    assert (error.kind, error.status) == ("too_large", 200)


def test_a_compressed_bomb_is_not_unpacked(connect, serve):
    bomb = gzip.compress(b"1" * (LARGEST_BODY * 20))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    assert fault_of(connect(serve(saying(head + bomb)).url)).kind == "too_large"


def test_a_body_up_to_the_limit_is_read(connect, serve):
    body = json.dumps({"user_id": "1", "name": "a"}).encode().ljust(LARGEST_BODY)
    assert connect(serve(keeping_alive(body, [])).url).me(Secret("T")).user_id == "1"


def test_a_compressed_body_is_read_though_not_asked_for(connect, serve):
    body = gzip.compress(ME_BODY)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert connect(serve(saying(head + body)).url).me(Secret("T")).user_id == "1"


def test_a_compressed_body_that_is_none_is_no_json(connect, serve):
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n12345"
    assert fault_of(connect(serve(saying(head)).url)).kind == "not_json"


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 399])
@pytest.mark.parametrize("location", [b"{url}/elsewhere", b"http://\xff[", b"https://x.test/?access_token=t"])
def test_redirects_are_not_followed(connect, serve, status, location):
    requests: list[bytes] = []
    elsewhere = serve(keeping_alive(ME_BODY, requests))
    target = location.replace(b"{url}", elsewhere.url.encode())
    answer = b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, target)
    error = fault_of(connect(serve(saying(answer)).url))
    assert (error.kind, error.status) == ("redirect", status)
    assert requests == []


def test_connections_are_kept_alive(connect, serve):
    server = serve(keeping_alive(ME_BODY, []))
    client = connect(server.url)
    for _ in range(5):
        client.me(Secret("T"))
    assert server.connections == 1


def test_a_connection_closed_meanwhile_is_replaced(connect, serve):
    server = serve(saying(OK % (len(ME_BODY), ME_BODY)))
    client = connect(server.url)
    for number in (1, 2):
        client.me(Secret("T"))
        server.settle()
        assert server.connections == number


def test_threads_share_a_client(connect, serve):
    server = serve(keeping_alive(ME_BODY, []))
    client = connect(server.url, pool_size=4)
    profiles: list[Profile] = []
    threads = [
        threading.Thread(target=lambda: profiles.extend(client.me(Secret("T")) for _ in range(10))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(profiles) == 40
    assert server.connections <= 4


def test_cookies_are_refused(connect, serve):
    requests: list[bytes] = []

    def handler(connection, over):
        while request := read_request(connection):
            requests.append(request)
            connection.sendall((OK % (len(ME_BODY), ME_BODY)).replace(b"\r\n", b"\r\nSet-Cookie: a=b; Path=/\r\n", 1))

    client = connect(serve(handler).url)
    client.me(Secret("T"))
    client.me(Secret("T"))
    assert len(requests) == 2
    assert b"cookie" not in b"".join(requests).lower()


def test_the_environment_sends_nothing_astray(connect, serve, monkeypatch, tmp_path):
    astray: list[bytes] = []
    requests: list[bytes] = []
    proxy = serve(keeping_alive(b"{}", astray))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password planted\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for case in ALL_CASES:
        case.run(connect(serve(keeping_alive(json.dumps(case.answer).encode(), requests)).url, case.build))
    assert astray == []
    assert len(requests) == len(ALL_CASES)
    assert b"Basic" not in b"".join(requests)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "\x00", "a\x7f", "\x85", "\u20ac", "\ud800"])
def test_what_cannot_be_sent_is_not(client, wire, value):
    calls = (
        lambda: client.me(Secret(value)),
        lambda: client.refresh(Secret(value)),
        lambda: client.exchange_long_lived(Secret(value)),
        lambda: client.exchange_code(code=Secret(f"a{value}b"), redirect_uri="https://x.test/"),
    )
    for call in calls:
        with pytest.raises(Refused) as caught:
            call()
        assert (caught.value.kind, caught.value.status) == ("bad_request", None)
    assert len(wire.calls) == 0


def test_a_redirect_uri_that_cannot_be_sent_is_refused(client, wire):
    with pytest.raises(Refused):
        client.exchange_code(code=Secret("c"), redirect_uri="https://x.test/\ud800")


@pytest.mark.parametrize("value", ["", "IGAA t&k=n%", "\u00e9", "'\"<>"])
def test_whatever_is_printable_is_sent(connect, serve, value):
    requests: list[bytes] = []
    client = connect(serve(keeping_alive(b'{"id": "1", "access_token": "N"}', requests)).url)
    client.me(Secret(value))
    client.refresh(Secret(value))
    assert b"Authorization: Bearer " + value.encode("latin-1") in requests[0]
    assert len(requests) == 2
