"""Meta's own figure of how much is used up, and what each call to Meta leaves behind."""

from __future__ import annotations

import json

import pytest
from requests.structures import CaseInsensitiveDict

from tests.tokens.meta.calls import CASES, GRAPH, TOKEN, VERSION, build_client
from tokens.meta import MetaError, Secret, observing
from tokens.meta.throttle import app_usage

REFRESH = f"{GRAPH}/refresh_access_token"
ME = f"{GRAPH}/{VERSION}/me"


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ('{"call_count":28,"total_time":25,"total_cputime":25}', 28),
        ('{"call_count":1,"total_time":77,"total_cputime":25}', 77),
        ('{"call_count":1,"total_time":2,"total_cputime":3.5}', 3.5),
        ('{"call_count":"81","total_time":null}', 81),
        ('{"call_count":true,"total_time":7}', 7),
        ('{"call_count":-5,"total_time":0}', 0),
        ('{"call_count":130}', 130),
        ('{"call_count":-5}', None),
        ('{"call_count":NaN,"total_time":Infinity}', None),
        ('{"call_count":[90]}', None),
        ('{"another_count":90}', None),
        ("{}", None),
        ("[90]", None),
        ("90", None),
        ("null", None),
        ("", None),
        ("{", None),
        ("[" * 50_000, None),
        ('{"call_count":' + "9" * 5000 + "}", None),
    ],
)
def test_the_highest_figure_counts_and_nonsense_is_no_figure(text, percent):
    assert app_usage(CaseInsensitiveDict({"x-app-usage": text})) == percent


def test_a_figure_of_an_account_is_none_of_the_apps():
    full = json.dumps({"17841400": [{"type": "instagram", "call_count": 100, "total_time": 100}]})
    headers = {"X-Business-Use-Case-Usage": full, "X-Ad-Account-Usage": '{"acc_id_util_pct": 99}'}
    assert app_usage(CaseInsensitiveDict(headers)) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_call_leaves_what_it_cost(case, wire):
    headers = {"X-App-Usage": '{"call_count":42}'}
    wire.add(case.method, case.url, json={"error": {"code": 190}}, status=400, headers=headers)
    with observing() as exchanges, pytest.raises(MetaError):
        case.run(build_client())
    [each] = exchanges
    assert (each.call, each.status, each.usage) == (case.name, 400, 42)
    assert each.seconds >= 0


def test_a_call_that_nobody_answers_is_seen_too(wire):
    wire.add("GET", REFRESH, body=ConnectionResetError())
    with observing() as exchanges, pytest.raises(MetaError):
        build_client().refresh(Secret(TOKEN))
    assert [(each.call, each.status, each.usage) for each in exchanges] == [("refresh", None, None)]


def test_what_never_goes_out_is_no_exchange():
    with observing() as exchanges, pytest.raises(MetaError):
        build_client().refresh(Secret("with\na line break"))
    assert exchanges == []


def test_each_onlooker_sees_its_own_calls_alone(wire):
    wire.add("GET", ME, json={"error": {"code": 190}}, status=400)
    client = build_client()

    def ask() -> None:
        with pytest.raises(MetaError):
            client.me(Secret(TOKEN))

    ask()
    with observing() as outer:
        ask()
        with observing() as inner:
            ask()
        ask()
    ask()
    assert (len(outer), len(inner)) == (2, 1)
