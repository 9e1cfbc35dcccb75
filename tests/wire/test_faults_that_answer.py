"""Every kind of fault that still answers: status, code, shape, headers."""

import json
from typing import Any

import pytest

from tests.emulator.errors import SPECS
from tests.emulator.kinds import KINDS
from tests.emulator.records import Token
from tests.emulator.state import State

from .client import Client

# kind: (status, code, subcode) in the Graph envelope
GRAPH = {
    "http_500": (500, 1, None),
    "http_503": (503, 2, None),
    "code_3": (400, 3, None),
    "rate_4": (400, 4, 1349210),
    "rate_17": (400, 17, None),
    "rate_32": (400, 32, None),
    "rate_341": (400, 341, None),
    "rate_613": (400, 613, 1996),
    "rate_80002": (400, 80002, None),
    "permission_10": (400, 10, None),
    "permission_200": (400, 200, None),
    "permission_299": (400, 299, None),
    "object_missing": (400, 100, 33),
    "unsupported_request": (400, 100, None),
    "code_100": (400, 100, None),
    "code_101": (400, 101, None),
    "app_disabled": (400, 200, None),
    "app_deleted": (400, 190, None),
    "code_102": (400, 102, None),
    "code_104": (400, 104, None),
    "code_452": (400, 452, None),
    "code_2500": (400, 2500, None),
    "client_secret": (400, 1, None),
    "policy_368": (400, 368, None),
    "spam_2207051": (403, 4, 2207051),
    "unknown_code": (400, 99999, None),
    "transient_true": (400, 960, None),
    "190": (400, 190, None),
    "invalid_190": (400, 190, None),
    "cannot_parse": (400, 190, None),
    "malformed": (400, 190, None),
    "could_not_decrypt": (400, 190, None),
}
# kind: (status, body)
BODIES: dict[str, tuple[int, bytes]] = {
    "http_500_empty": (500, b""),
    "http_429_empty": (429, b""),
    "empty_200": (200, b""),
    "list_200": (200, b"[]"),
    "bad_json": (200, b'{"access_token": "IG'),
}
WIRES = {"reset", "reset_after_request", "hang", "slow", "drip", "truncated"}
SHOWN_ELSEWHERE = {
    "html_200",
    "html_403",
    "html_502",
    "null_token_200",
    "missing_token_200",
    "number_token_200",
    "redirect",
    "huge",
    "raw",
    "invalid_platform_app",
    "legacy_meta_shape",
}


def struck(client: Client, state: State, lea: Token, kind: str, **params: Any) -> Any:
    state.add_fault(kind, times=1, **params)
    return client.refresh(lea.access_token)


@pytest.mark.parametrize("kind", GRAPH)
def test_an_error_of_the_graph_envelope(client: Client, state: State, lea: Token, kind: str) -> None:
    reply = struck(client, state, lea, kind)
    status, code, subcode = GRAPH[kind]
    assert (reply.status, reply.error["code"], reply.error.get("error_subcode")) == (status, code, subcode)
    assert reply.error["fbtrace_id"]
    assert ("WWW-Authenticate" in reply.headers) == (status < 500)
    assert ("invalid_token" in reply.headers.get("WWW-Authenticate", "")) == (code == 190)
    assert client.refresh(lea.access_token).status == 200


@pytest.mark.parametrize("kind", BODIES)
def test_an_answer_without_sense(client: Client, state: State, lea: Token, kind: str) -> None:
    reply = struck(client, state, lea, kind)
    assert (reply.status, reply.body) == BODIES[kind]


@pytest.mark.parametrize(("kind", "status"), [("html_200", 200), ("html_403", 403), ("html_502", 502)])
def test_a_page_instead_of_json(client: Client, state: State, lea: Token, kind: str, status: int) -> None:
    reply = struck(client, state, lea, kind)
    assert reply.status == status
    assert reply.body.startswith(b"<!DOCTYPE html>")
    assert reply.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("kind", "token"), [("null_token_200", None), ("number_token_200", 12345), ("missing_token_200", "-")]
)
def test_a_success_without_a_token(client: Client, state: State, lea: Token, kind: str, token: object) -> None:
    reply = struck(client, state, lea, kind)
    assert reply.status == 200
    assert reply.json.get("access_token", "-") == token


@pytest.mark.parametrize("kind", sorted(set(SPECS) - set(GRAPH)))
def test_every_other_error_is_a_kind_too(client: Client, state: State, lea: Token, kind: str) -> None:
    reply = struck(client, state, lea, kind)
    assert reply.status == 400
    assert "{" not in SPECS[kind].message or "{" not in reply.json.get("error", {}).get("message", "")


def test_the_flat_shape(client: Client, state: State, lea: Token) -> None:
    assert struck(client, state, lea, "invalid_platform_app").json == {
        "error_type": "OAuthException",
        "code": 400,
        "error_message": "Invalid platform app",
    }


def test_the_legacy_shape(client: Client, state: State, lea: Token) -> None:
    assert struck(client, state, lea, "legacy_meta_shape").json["meta"]["code"] == 400


def test_transient_is_told(client: Client, state: State, lea: Token) -> None:
    assert struck(client, state, lea, "transient_true").error["is_transient"] is True
    assert struck(client, state, lea, "permission_10", transient=True).error["is_transient"] is True


def test_malformed_repeats_the_token_as_meta_does(client: Client, state: State, lea: Token) -> None:
    assert lea.access_token in struck(client, state, lea, "malformed").error["message"]


def test_a_190_in_any_words(client: Client, state: State, lea: Token) -> None:
    reply = struck(client, state, lea, "190", message="Nobody knows.", subcode=492, status=401)
    assert (reply.status, reply.error["message"], reply.error["error_subcode"]) == (401, "Nobody knows.", 492)


@pytest.mark.parametrize("switched", [True, False])
@pytest.mark.parametrize(("kind", "own"), [("password_changed", 460), ("rate_613", 1996), ("invalid_190", None)])
def test_a_fault_says_for_itself_whether_its_subcode_is_told(
    client: Client, state: State, lea: Token, kind: str, own: int | None, switched: bool
) -> None:
    state.configure(subcodes=switched)
    assert struck(client, state, lea, kind, subcode=True).error.get("error_subcode") == own
    assert "error_subcode" not in struck(client, state, lea, kind, subcode=False).error


def test_a_limit_tells_percent_minutes_and_seconds(client: Client, state: State, lea: Token) -> None:
    reply = struck(client, state, lea, "rate_80002", minutes=7, retry_after=420, app_usage=95, status=429)
    assert reply.status == 429
    assert json.loads(reply.headers["X-App-Usage"])["call_count"] == 95
    usage = json.loads(reply.headers["X-Business-Use-Case-Usage"])
    assert usage[lea.user_id][0]["estimated_time_to_regain_access"] == 7
    assert usage[lea.user_id][0]["type"] == "instagram"
    assert reply.headers["Retry-After"] == "420"


def test_a_limit_may_tell_nothing(client: Client, state: State, lea: Token) -> None:
    reply = struck(client, state, lea, "rate_4", app_usage=None)
    for name in ("X-App-Usage", "X-Business-Use-Case-Usage", "Retry-After"):
        assert reply.headers[name] is None


def test_an_empty_429_may_tell_when_to_come_back(client: Client, state: State, lea: Token) -> None:
    moment = "Wed, 21 Oct 2026 07:28:00 GMT"
    assert struck(client, state, lea, "http_429_empty", retry_after=moment).headers["Retry-After"] == moment


def test_a_redirect_leads_to_a_page(client: Client, state: State, lea: Token) -> None:
    reply = struck(client, state, lea, "redirect")
    assert (reply.status, reply.headers["Location"]) == (302, "/accounts/login/")
    assert "Log in" in client.get("/accounts/login/").text


def test_a_huge_body_is_five_megabytes_of_json(client: Client, state: State, lea: Token) -> None:
    reply = struck(client, state, lea, "huge")
    assert len(reply.body) == 5 * 1024 * 1024
    assert set(reply.json) == {"padding"}


@pytest.mark.parametrize("body", ["plain", {"a": 1}, [1], None])
def test_a_raw_answer_is_sent_as_given(client: Client, state: State, lea: Token, body: Any) -> None:
    headers = {"Content-Type": "text/odd", "X-Odd": "1"}
    reply = struck(client, state, lea, "raw", status=418, headers=headers, body=body)
    assert (reply.status, reply.headers["X-Odd"], reply.headers["Content-Type"]) == (418, "1", "text/odd")
    assert reply.text == (body if isinstance(body, str) else json.dumps(body))


def test_no_kind_is_untested() -> None:
    assert set(KINDS) == {*SPECS, *GRAPH, *BODIES, *WIRES, *SHOWN_ELSEWHERE}
