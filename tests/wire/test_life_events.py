"""What happens to persons, and how their tokens answer afterwards."""

from collections.abc import Callable

import pytest

from tests.emulator.browser import consent
from tests.emulator.records import Token
from tests.emulator.refusals import Missing, Wrong
from tests.emulator.state import State

from .client import APP_ID, BASIC, PUBLISH, Client, came_back

Event = Callable[[State], object]
EVENTS: dict[str, tuple[Event, int | None, str]] = {
    "password": (
        lambda state: state.change_password("lea"),
        460,
        "the user changed their password or Facebook has changed the session for security reasons",
    ),
    "app removed": (
        lambda state: state.remove_app("lea"),
        458,
        f"The user has not authorized application {APP_ID}.",
    ),
    "checkpoint": (
        lambda state: state.checkpoint("lea"),
        459,
        "You cannot access the app till you log in to",
    ),
    "checkpoint, other words": (
        lambda state: state.checkpoint("lea", "blocked"),
        459,
        "blocked, logged-in checkpoint",
    ),
    "unconfirmed": (lambda state: state.unconfirm("lea"), 464, "not a confirmed user"),
    "logout": (lambda state: state.logout("lea"), 467, "the user logged out"),
    "logout, other words": (
        lambda state: state.logout("lea", "mismatch"),
        467,
        "Session does not match current stored session",
    ),
    "killed": (lambda state: state.kill_session("lea"), 466, "invalidated explicitly using an API call"),
    "expired": (lambda state: state.expire("lea"), 463, "Session has expired on"),
    "invalid": (lambda state: state.invalidate("lea"), None, "Invalid OAuth access token."),
    "generic": (lambda state: state.kill("lea"), None, "This session cannot be used any more."),
}


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_ends_tokens_in_its_own_words(client: Client, state: State, lea: Token, name: str) -> None:
    happen, _, words = EVENTS[name]
    happen(state)
    for reply in (client.me(lea.access_token), client.refresh(lea.access_token)):
        assert reply.status == 400
        assert reply.error["code"] == 190
        assert words in reply.error["message"]


@pytest.mark.parametrize("name", EVENTS)
def test_no_subcode_is_told_unless_switched_on(client: Client, state: State, lea: Token, name: str) -> None:
    happen, subcode, _ = EVENTS[name]
    happen(state)
    assert "error_subcode" not in client.me(lea.access_token).error
    state.configure(subcodes=True)
    assert client.me(lea.access_token).error.get("error_subcode") == subcode


def test_a_dead_token_answers_with_the_challenge_and_a_trace(client: Client, state: State, lea: Token) -> None:
    state.change_password("lea")
    reply = client.me(lea.access_token)
    expected = f'OAuth "Facebook Platform" "invalid_token" "{reply.error["message"]}"'
    assert reply.headers["WWW-Authenticate"] == expected
    assert reply.error["fbtrace_id"].startswith("A")


def test_the_status_of_a_190_can_be_switched(client: Client, state: State, lea: Token) -> None:
    state.configure(status_190=401)
    state.change_password("lea")
    assert client.me(lea.access_token).status == 401


def test_other_persons_live_on(client: Client, state: State, lea: Token) -> None:
    state.add_person("mia")
    mias = state.issue_token("mia")
    state.change_password("lea")
    assert client.me(mias.access_token).status == 200


def test_consent_after_a_password_change_gives_a_living_token(client: Client, state: State, lea: Token) -> None:
    state.change_password("lea")
    code = came_back(consent(client.authorize_url(), "lea"))["code"]
    short = client.exchange(code).json["data"][0]["access_token"]
    fresh = client.lengthen(short).json["access_token"]
    assert client.me(fresh).status == 200
    assert client.me(lea.access_token).error["code"] == 190


def test_removing_one_app_leaves_the_other(client: Client, state: State, lea: Token) -> None:
    state.add_app("77", "other-secret")
    there = state.issue_token("lea", "77")
    state.remove_app("lea", "77")
    assert "application 77." in client.me(there.access_token).error["message"]
    assert client.me(lea.access_token).status == 200


def test_a_cleared_checkpoint_revives_the_tokens(client: Client, state: State, lea: Token) -> None:
    state.checkpoint("lea")
    state.clear_checkpoint("lea")
    assert client.me(lea.access_token).status == 200


def test_confirming_revives_the_tokens(client: Client, state: State, lea: Token) -> None:
    state.unconfirm("lea")
    state.confirm("lea")
    assert client.me(lea.access_token).status == 200


def test_the_first_cause_of_death_stays(client: Client, state: State, lea: Token) -> None:
    assert state.change_password("lea") == 1
    assert state.kill_session("lea") == 0
    assert "changed their password" in client.me(lea.access_token).error["message"]


def test_one_token_of_several_can_end(client: Client, state: State, lea: Token) -> None:
    other = state.issue_token("lea")
    state.kill("lea", "killed", lea.access_token)
    assert client.me(lea.access_token).error["code"] == 190
    assert client.me(other.access_token).status == 200


@pytest.mark.parametrize("switched", [True, False])
@pytest.mark.parametrize("subcode", [True, False])
def test_a_kill_says_for_itself_whether_its_subcode_is_told(
    client: Client, state: State, lea: Token, subcode: bool, switched: bool
) -> None:
    state.configure(subcodes=switched)
    state.kill("lea", "password_changed", subcode=subcode)
    assert client.me(lea.access_token).error.get("error_subcode") == (460 if subcode else None)
    assert client.refresh(lea.access_token).error.get("error_subcode") == (460 if subcode else None)


def test_a_revoked_permission_is_gone_from_living_tokens_and_may_be_granted_back(
    client: Client, state: State, lea: Token
) -> None:
    before = lea.granted
    state.revoke("lea", BASIC)
    assert client.me(lea.access_token).error["code"] == 10
    state.grant("lea", BASIC)
    assert client.me(lea.access_token).status == 200
    assert lea.granted == before


def test_a_grant_gives_a_token_nothing_that_it_never_had(state: State, lea: Token) -> None:
    narrow = state.issue_token("lea", permissions=[BASIC])
    state.grant("lea", PUBLISH)
    assert narrow.granted == (BASIC,)
    assert lea.granted == (BASIC, PUBLISH)


def test_one_app_of_several_loses_a_permission(state: State, lea: Token) -> None:
    state.add_app("77", "other-secret")
    there = state.issue_token("lea", "77")
    state.revoke("lea", PUBLISH, "77")
    assert PUBLISH not in there.granted
    assert PUBLISH in lea.granted
    state.revoke("lea", PUBLISH)
    assert PUBLISH not in lea.granted
    state.grant("lea", PUBLISH)
    assert PUBLISH in lea.granted and PUBLISH in there.granted


def test_an_app_that_was_removed_is_granted_nothing(state: State, lea: Token) -> None:
    state.remove_app("lea")
    for verb in (state.revoke, state.grant):
        with pytest.raises(Wrong):
            verb("lea", BASIC)


def test_taking_the_basic_permission_makes_calls_answer_code_10(client: Client, state: State, lea: Token) -> None:
    state.set_permissions("lea", [])
    assert client.me(lea.access_token).error["code"] == 10
    state.set_permissions("lea", ["instagram_business_basic"])
    assert client.me(lea.access_token).status == 200


def test_taking_the_basic_permission_may_make_calls_unsupported(client: Client, state: State, lea: Token) -> None:
    state.configure(no_basic="unsupported")
    state.set_permissions("lea", [])
    assert client.me(lea.access_token).error["type"] == "IGApiException"


def test_a_narrower_consent_narrows_older_tokens(client: Client, state: State, lea: Token) -> None:
    consent(client.authorize_url(), "lea", permissions=[])
    assert client.me(lea.access_token).error["code"] == 10


def test_mistakes_are_told(state: State, lea: Token) -> None:
    with pytest.raises(Missing):
        state.change_password("nobody")
    with pytest.raises(Missing):
        state.kill("lea", "killed", "no-such-token")
    with pytest.raises(Wrong):
        state.kill("lea", "rate_4")
    with pytest.raises(Wrong):
        state.checkpoint("lea", "loudly")
