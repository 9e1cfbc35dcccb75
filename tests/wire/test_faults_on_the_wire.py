"""Faults below HTTP: connections reset, cut off, hanging, slow, dripping."""

import http.client
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.emulator.records import Token
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State

from .client import Client, Reply, until


@pytest.fixture
def aside(server: EmulatorServer, state: State) -> Iterator[ThreadPoolExecutor]:
    """Somewhere to wait for answers that take their time; nothing hangs on after the test."""
    with ThreadPoolExecutor(8) as pool:
        yield pool
        state.release()


def refresh_aside(aside: ThreadPoolExecutor, url: str, token: Token) -> Future[Reply]:
    def refresh() -> Reply:
        client = Client(url)
        try:
            return client.refresh(token.access_token)
        finally:
            client.close()

    return aside.submit(refresh)


def test_a_reset_comes_before_anything_is_done(client: Client, state: State, lea: Token) -> None:
    state.add_fault("reset", times=1)
    with pytest.raises(ConnectionResetError):
        client.refresh(lea.access_token)
    assert state.refreshes("lea") == 0
    assert client.refresh(lea.access_token).status == 200


def test_an_answer_may_be_lost_after_the_work_was_done(client: Client, state: State, lea: Token) -> None:
    state.add_fault("reset_after_request", path="/refresh_access_token", times=1)
    with pytest.raises(ConnectionResetError):
        client.refresh(lea.access_token)
    assert state.refreshes("lea") == 1
    assert len(state.tokens_of("lea")) == 2
    assert state.requests("/refresh_access_token")[-1]["status"] == 0


def test_a_truncated_answer_promises_more_than_it_sends(client: Client, state: State, lea: Token) -> None:
    state.add_fault("truncated", times=1)
    with pytest.raises(http.client.IncompleteRead) as cut:
        client.refresh(lea.access_token)
    assert cut.value.partial.startswith(b'{"access_token": "IGAA')
    assert state.refreshes("lea") == 1


def test_a_hanging_request_outlasts_the_clients_patience(state: State, lea: Token, client: Client) -> None:
    state.add_fault("hang", times=1)
    impatient = Client(client.url, timeout=0.1)
    with pytest.raises(TimeoutError):
        impatient.refresh(lea.access_token)
    state.release()
    until(lambda: state.requests()[-1]["status"] == 0)
    assert state.refreshes("lea") == 0, "nothing is performed for a client that has gone"


def test_hanging_requests_go_on_when_released(
    client: Client, state: State, lea: Token, aside: ThreadPoolExecutor
) -> None:
    state.add_fault("hang", path="/refresh_access_token")
    waiting = [refresh_aside(aside, client.url, lea) for _ in range(3)]
    assert state.gate.wait_for_waiting(3)
    assert state.refreshes("lea") == 0
    assert client.control("POST", "release").json == {"released": 3}
    assert [each.result(5).status for each in waiting] == [200, 200, 200]


def test_a_released_gate_closes_again(client: Client, state: State, lea: Token, aside: ThreadPoolExecutor) -> None:
    state.add_fault("hang", path="/refresh_access_token", times=2)
    for _ in range(2):
        waiting = refresh_aside(aside, client.url, lea)
        assert state.gate.wait_for_waiting(1)
        state.release()
        assert waiting.result(5).status == 200
        until(lambda: not state.gate.waiting)


def test_a_hang_may_end_by_itself(client: Client, state: State, lea: Token) -> None:
    state.add_fault("hang", seconds=0.01, times=1)
    assert client.refresh(lea.access_token).status == 200


def test_a_slow_answer_is_the_right_one(client: Client, state: State, lea: Token) -> None:
    state.add_fault("slow", seconds=0.3, times=1)
    assert client.refresh(lea.access_token).status == 200
    assert state.requests()[-1]["fault"] == "slow"


def test_slow_requests_do_not_hold_up_others(
    client: Client, state: State, lea: Token, aside: ThreadPoolExecutor
) -> None:
    state.add_fault("hang", path="/refresh_access_token")
    refresh_aside(aside, client.url, lea)
    assert state.gate.wait_for_waiting(1)
    assert client.me(lea.access_token).status == 200


def test_a_dripping_answer_arrives_byte_by_byte(client: Client, state: State, lea: Token) -> None:
    state.add_fault("drip", seconds=0.0, times=1)
    assert client.me(lea.access_token).json["username"] == "lea"


def test_a_dripping_answer_outlasts_the_clients_patience(client: Client, state: State, lea: Token) -> None:
    state.add_fault("drip", seconds=30, times=1)
    impatient = Client(client.url, timeout=0.1)
    with pytest.raises(TimeoutError):
        impatient.me(lea.access_token)


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_closing_the_server_is_quick_while_requests_take_forever(kind: str, aside: ThreadPoolExecutor) -> None:
    server = EmulatorServer()
    server.state.add_person("lea")
    token = server.state.issue_token("lea", age_days=2)
    server.state.add_fault(kind, seconds=600)
    waiting = refresh_aside(aside, server.url, token)
    until(server.state.requests)
    server.close()
    with pytest.raises((OSError, http.client.HTTPException)):
        waiting.result(2)
    server.close()
