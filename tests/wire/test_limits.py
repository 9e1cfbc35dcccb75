"""Limits of apps: figures that the control sets, and an honest counter that refuses beyond its hour's number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.records import HOUR, Token
from tests.emulator.snapshot import restore, snapshot
from tests.emulator.state import State

from .client import Client, Reply


def told(reply: Reply) -> float | None:
    header = reply.headers["X-App-Usage"]
    return None if header is None else json.loads(header)["call_count"]


def test_a_fixed_figure_comes_with_every_answer_of_that_app_alone(client: Client, state: State, lea: Token) -> None:
    state.add_app("77", "other-secret")
    other = state.issue_token("lea", "77", age_days=2)
    client.control("POST", "limits", percent=81.5)
    state.change_password("lea")
    for reply in (client.me(lea.access_token), client.refresh(lea.access_token), client.lengthen(lea.access_token)):
        assert (reply.error["code"], told(reply)) == (190, 81.5)
    assert told(client.me(other.access_token)) is None


def test_a_counter_rises_with_each_call_and_refuses_beyond_its_limit(client: Client, state: State, lea: Token) -> None:
    assert client.control("POST", "limits", per_hour=4).json["told"] == 0
    assert [told(client.me(lea.access_token)) for _ in range(4)] == [25, 50, 75, 100]
    reply = client.me(lea.access_token)
    assert (reply.status, reply.error["code"], told(reply)) == (400, 4, 125)
    assert client.refresh(lea.access_token).error["code"] == 4
    assert state.refreshes("lea") == 0


def test_calls_are_forgotten_after_their_hour(client: Client, state: State, lea: Token) -> None:
    state.limit_app(per_hour=2)
    client.me(lea.access_token)
    state.set_clock(offset_seconds=HOUR / 2)
    client.me(lea.access_token)
    assert client.me(lea.access_token).error["code"] == 4
    state.set_clock(offset_seconds=HOUR + 1)
    assert client.me(lea.access_token).error["code"] == 4
    state.set_clock(offset_seconds=2 * HOUR + 2)
    reply = client.me(lea.access_token)
    assert (reply.status, told(reply)) == (200, 50)


@pytest.mark.parametrize(
    ("kind", "code", "status"), [("rate_4", 4, 403), ("rate_341", 341, 400), ("http_429_empty", None, 429)]
)
def test_a_refusal_tells_what_it_was_told_to(
    kind: str, code: int | None, status: int, client: Client, state: State, lea: Token
) -> None:
    state.limit_app(per_hour=0, kind=kind, status=status, retry_after=90, minutes=7)
    reply = client.me(lea.access_token)
    assert (reply.status, told(reply), reply.headers["Retry-After"]) == (status, 100, "90")
    assert (json.loads(reply.body)["error"]["code"] if reply.body else None) == code
    usage = json.loads(reply.headers["X-Business-Use-Case-Usage"])
    assert usage[lea.user_id][0]["estimated_time_to_regain_access"] == 7


def test_a_fixed_figure_may_lie_about_a_counter(client: Client, state: State, lea: Token) -> None:
    state.limit_app(per_hour=1, percent=10)
    assert told(client.me(lea.access_token)) == 10
    assert client.me(lea.access_token).error["code"] == 4


def test_limits_are_shown_replaced_and_taken_away(client: Client, state: State, lea: Token) -> None:
    state.limit_app(per_hour=1)
    client.me(lea.access_token)
    [shown] = client.control("GET", "limits").json["limits"]
    assert (shown["app_id"], shown["per_hour"], shown["calls"], shown["told"]) == (lea.app_id, 1, 1, 100)
    assert client.control("POST", "limits", per_hour=5).json["calls"] == 0
    assert len(client.control("GET", "state").json["limits"]) == 1
    client.control("DELETE", "limits")
    assert client.control("GET", "limits").json == {"limits": []}
    assert told(client.me(lea.access_token)) is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"percent": "80"},
        {"per_hour": -1},
        {"per_hour": 1.5},
        {"per_hour": 1, "kind": "rate_17"},
        {"per_hour": 1, "status": 99},
        {"per_hour": 1, "surprise": 1},
        {"per_hour": 1, "calls": []},
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(body: dict[str, Any], client: Client, state: State) -> None:
    assert client.control("POST", "limits", **body).status == 400
    assert state.limits == {}


def test_a_limit_of_an_app_that_is_not_there_is_refused(client: Client) -> None:
    assert client.control("POST", "limits", app_id="nobody", per_hour=1).status in (400, 404)


def test_limits_and_what_was_counted_are_kept(client: Client, state: State, lea: Token) -> None:
    state.limit_app(per_hour=4)
    client.me(lea.access_token)
    kept, after = json.loads(json.dumps(snapshot(state))), State()
    restore(after, kept)
    assert after.told_limits()[0]["calls"] == 1
    del kept["limits"]
    restore(after, kept)
    assert after.told_limits() == []


@pytest.mark.parametrize(
    ("kind", "percent"),
    [
        ("rate_4", 100),
        ("rate_341", 100),
        ("rate_17", None),
        ("rate_32", None),
        ("rate_613", None),
        ("rate_80002", None),
    ],
)
def test_a_fault_that_limits_an_account_tells_nothing_of_the_app(
    kind: str, percent: int | None, client: Client, state: State, lea: Token
) -> None:
    state.add_fault(kind, times=1)
    assert told(client.me(lea.access_token)) == percent
