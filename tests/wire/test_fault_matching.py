"""Which requests a fault strikes, and how often."""

from typing import Any

import pytest

from tests.emulator.browser import consent
from tests.emulator.records import Token
from tests.emulator.refusals import Missing, Wrong
from tests.emulator.state import State

from .client import Client, came_back


def statuses(client: Client, token: Token, times: int) -> list[int]:
    return [client.me(token.access_token).status for _ in range(times)]


def test_without_times_it_strikes_until_removed(client: Client, state: State, lea: Token) -> None:
    fault = state.add_fault("http_500")
    assert statuses(client, lea, 3) == [500, 500, 500]
    state.remove_fault(fault)
    assert statuses(client, lea, 1) == [200]


def test_after_its_times_it_is_gone(client: Client, state: State, lea: Token) -> None:
    fault = state.add_fault("http_500", times=2)
    assert statuses(client, lea, 3) == [500, 500, 200]
    with pytest.raises(Missing):
        state.remove_fault(fault)


def test_it_may_let_some_through_first(client: Client, state: State, lea: Token) -> None:
    state.add_fault("http_500", after=2, times=1)
    assert statuses(client, lea, 4) == [200, 200, 500, 200]


def test_faults_strike_in_the_order_they_came(client: Client, state: State, lea: Token) -> None:
    state.add_fault("http_500", times=1)
    state.add_fault("http_503", times=1)
    assert statuses(client, lea, 3) == [500, 503, 200]


def test_clearing_removes_all(client: Client, state: State, lea: Token) -> None:
    state.add_fault("http_500")
    state.add_fault("http_503")
    state.clear_faults()
    assert statuses(client, lea, 1) == [200]


def test_it_strikes_one_path_whatever_its_version(client: Client, state: State, lea: Token) -> None:
    state.add_fault("http_500", path="/me")
    assert client.get("/me", access_token=lea.access_token).status == 500
    assert client.get("/v26.0/me", access_token=lea.access_token).status == 500
    assert client.refresh(lea.access_token).status == 200


def test_a_prefix_ends_at_a_slash(client: Client, state: State, lea: Token) -> None:
    state.add_fault("http_500", path="/access_token")
    state.add_fault("http_503", path="/oauth")
    assert client.lengthen(lea.access_token).status == 500
    assert client.exchange("x").status == 503
    assert client.refresh(lea.access_token).status == 200


def test_it_strikes_one_token(client: Client, state: State, lea: Token) -> None:
    other = state.issue_token("lea")
    state.add_fault("http_500", token=lea.access_token)
    assert statuses(client, lea, 1) == [500]
    assert statuses(client, other, 1) == [200]


def test_it_strikes_one_person_by_token_and_by_code(client: Client, state: State, lea: Token) -> None:
    state.add_person("mia")
    mias = state.issue_token("mia")
    codes = [came_back(consent(client.authorize_url(), name))["code"] for name in ("lea", "mia")]
    state.add_fault("http_500", username="mia")
    assert statuses(client, mias, 1) == [500]
    assert statuses(client, lea, 1) == [200]
    assert [client.exchange(code).status for code in codes] == [200, 500]


def test_the_control_is_never_struck(client: Client, state: State) -> None:
    state.add_fault("http_500")
    assert client.control("GET", "state").status == 200


def test_a_struck_request_changes_nothing(client: Client, state: State, lea: Token) -> None:
    state.add_fault("http_500", times=1)
    assert client.refresh(lea.access_token).status == 500
    assert state.tokens_of("lea") == [lea]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "earthquake"},
        {"kind": "http_500", "times": 0},
        {"kind": "http_500", "after": -1},
        {"kind": "http_500", "colour": "red"},
        {"kind": "slow", "seconds": "long"},
        {"kind": "reset", "status": 500},
        {"kind": "raw", "status": 99},
    ],
)
def test_a_wrong_fault_is_refused(state: State, wrong: dict[str, Any]) -> None:
    with pytest.raises(Wrong):
        state.add_fault(**wrong)
    assert state.faults.all() == []
