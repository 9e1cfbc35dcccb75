"""A whole app that is broken: how each of its calls is answered, and that its tokens keep their life or death."""

from collections.abc import Callable, Iterator

import pytest

from tests.emulator.apps import BREAKAGES
from tests.emulator.browser import ConsentRefused, consent
from tests.emulator.records import Token
from tests.emulator.state import State

from .client import APP_ID, BASIC, CALLBACK, SECRET, Client, Reply

Call = Callable[[Client, str], Reply]
CALLS: dict[str, Call] = {
    "me": lambda client, token: client.me(token),
    "refresh": lambda client, token: client.refresh(token),
    "lengthen": lambda client, token: client.lengthen(token),
}
# how: (code, words) of Graph, (code, words) of the code's exchange, title of the dialog's page
TOLD = {
    "disabled": ((200, "API access deactivated."), (200, "API access deactivated."), "App not active"),
    "deleted": (
        (190, "Application has been deleted."),
        (190, "Application has been deleted."),
        "Invalid platform app",
    ),
    "unknown": ((101, "Invalid application ID."), (400, "Invalid platform app"), "Invalid platform app"),
}
broken = pytest.mark.parametrize("how", TOLD)


@pytest.fixture
def code(state: State, lea: Token) -> Iterator[str]:
    yield state.issue_code(state.person("lea"), APP_ID, CALLBACK, (BASIC,)).value


def break_app(client: Client, how: str, app_id: str = APP_ID) -> dict[str, object]:
    reply = client.control("POST", f"apps/{app_id}/break", how=how)
    assert reply.status == 200, reply.text
    told: dict[str, object] = reply.json
    return told


@broken
@pytest.mark.parametrize("call", CALLS)
def test_each_graph_call_is_refused_whether_the_token_lives_or_not(
    client: Client, state: State, lea: Token, how: str, call: str
) -> None:
    assert break_app(client, how)["broken"] == how
    (code, words), _, _ = TOLD[how]
    for _ in range(2):
        reply = CALLS[call](client, lea.access_token)
        assert (reply.status, reply.error["code"], reply.error["type"]) == (400, code, "OAuthException")
        assert words in reply.error["message"]
        assert reply.headers["facebook-api-version"]
        state.change_password("lea")


@broken
def test_the_exchange_of_a_code_is_refused_and_leaves_the_code_whole(client: Client, code: str, how: str) -> None:
    break_app(client, how)
    _, (number, words), _ = TOLD[how]
    reply = client.exchange(code, client_secret="wrong")
    told = reply.json.get("error", reply.json)
    assert told["code"] == number
    assert words in told.get("message", told.get("error_message"))
    client.control("POST", f"apps/{APP_ID}/mend")
    assert client.exchange(code).status == 200


@broken
def test_nobody_can_consent(client: Client, lea: Token, how: str) -> None:
    break_app(client, how)
    with pytest.raises(ConsentRefused) as refused:
        consent(client.authorize_url(), "lea")
    assert f"<h1>{TOLD[how][2]}</h1>" in refused.value.page


@pytest.mark.parametrize("how", BREAKAGES)
def test_mending_leaves_the_living_alive_and_the_dead_dead(client: Client, state: State, lea: Token, how: str) -> None:
    dead = state.issue_token("lea")
    state.kill("lea", "password_changed", dead.access_token)
    break_app(client, how)
    told = client.control("POST", f"apps/{APP_ID}/mend").json
    assert (told["broken"], told["secret"]) == (None, SECRET)
    assert client.me(lea.access_token).status == 200
    assert "changed their password" in client.me(dead.access_token).error["message"]


def test_a_reset_secret_makes_the_former_one_wrong(client: Client, state: State, lea: Token, code: str) -> None:
    fresh = str(break_app(client, "secret_reset")["secret"])
    assert fresh != SECRET
    assert client.exchange(code).json["error_message"] == "Error validating client secret."
    short = client.exchange(code, client_secret=fresh).json["data"][0]["access_token"]
    assert client.lengthen(short).error["message"] == "Error validating client secret."
    assert client.lengthen(short, client_secret=fresh).status == 200
    assert client.refresh(lea.access_token).status == 200
    assert {SECRET, fresh} <= set(state.secrets())


def test_a_reset_secret_signs_callbacks(state: State, lea: Token) -> None:
    before = state.signed_request("lea", issued_at=1)
    state.break_app("secret_reset")
    assert state.signed_request("lea", issued_at=1) != before
    state.mend_app()
    assert state.signed_request("lea", issued_at=1) == before


def test_a_secret_that_is_set_by_hand_ends_a_reset(state: State) -> None:
    state.break_app("secret_reset")
    app = state.add_app(APP_ID, "by hand")
    assert (app.broken, app.secret) == (None, "by hand")
    assert state.mend_app().secret == "by hand"


def test_breaking_again_breaks_in_the_new_way_alone(client: Client, lea: Token) -> None:
    first = break_app(client, "secret_reset")["secret"]
    assert break_app(client, "secret_reset")["secret"] not in (first, SECRET)
    assert break_app(client, "disabled")["secret"] == SECRET
    break_app(client, "deleted")
    assert client.me(lea.access_token).error["code"] == 190
    assert client.control("POST", f"apps/{APP_ID}/mend").json["broken"] is None
    assert client.me(lea.access_token).status == 200


def test_another_app_works_on(client: Client, state: State, lea: Token) -> None:
    state.add_app("77", "other-secret")
    there = state.issue_token("lea", "77")
    break_app(client, "deleted", "77")
    assert client.me(there.access_token).error["code"] == 190
    assert client.me(lea.access_token).status == 200


def test_a_broken_app_is_told_in_the_state_and_whole_after_a_reset(client: Client, state: State) -> None:
    break_app(client, "disabled")
    assert client.control("GET", "state").json["apps"][0]["broken"] == "disabled"
    client.control("POST", "reset")
    assert client.control("GET", "apps").json["apps"][0]["broken"] is None
