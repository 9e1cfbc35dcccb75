"""Callbacks: an app is told over real HTTP that it was removed, or is to delete, in every way a test may wish for."""

import pytest

from tests.emulator.records import DAY, Token
from tests.emulator.state import State

from .client import APP_ID, META_SECRET, SECRET, Client
from .receiver import PATHS, Receiver, signed_with, tell

verbs = pytest.mark.parametrize("verb", PATHS)


@verbs
def test_the_app_is_removed_and_told_so(
    client: Client, state: State, lea: Token, receiver: Receiver, verb: str
) -> None:
    told = tell(client, verb)
    [(path, content_type, form)] = receiver.requests
    assert (path, content_type) == (PATHS[verb], "application/x-www-form-urlencoded")
    assert set(form) == {"signed_request"}
    assert (told["status"], told["answer"], told["ended"]) == (200, {"ok": True}, 1)
    assert (told["username"], told["app_id"], told["url"]) == ("lea", APP_ID, receiver.url + PATHS[verb])
    assert "has not authorized application" in client.me(lea.access_token).error["message"]
    assert APP_ID not in state.person("lea").grants


@verbs
def test_the_request_is_as_meta_signs_it(
    client: Client, state: State, lea: Token, receiver: Receiver, verb: str
) -> None:
    state.set_clock(offset_seconds=3 * DAY)
    before = int(state.now())
    tell(client, verb)
    [signed] = receiver.signed_requests
    assert "=" not in signed
    assert signed_with(signed, SECRET)
    assert not signed_with(signed, META_SECRET)
    issued_at = receiver.payload["issued_at"]
    assert before <= issued_at <= state.now()
    assert receiver.payload == {"algorithm": "HMAC-SHA256", "issued_at": issued_at, "user_id": lea.id}


@pytest.mark.parametrize(
    ("wish", "secret", "told"),
    [
        ({"secret": "instagram"}, SECRET, "instagram"),
        ({"secret": "meta"}, META_SECRET, "meta"),
        ({"secret": "forged"}, "forged", "another"),
        ({"secret": "\ud800ü"}, None, "another"),
    ],
)
def test_the_secret_is_chosen(
    client: Client, lea: Token, receiver: Receiver, wish: dict[str, str], secret: str | None, told: str
) -> None:
    assert tell(client, **wish)["secret"] == told
    assert signed_with(receiver.signed_requests[0], secret or "") == (secret is not None)


@pytest.mark.parametrize("name", ["id", "user_id", "other", "218471"])
def test_the_id_is_chosen(client: Client, state: State, lea: Token, receiver: Receiver, name: str) -> None:
    person = state.person("lea")
    known = {"id": lea.id, "user_id": lea.user_id, "other": person.other_id(APP_ID)}
    assert tell(client, id=name)["user_id"] == known.get(name, name)
    assert receiver.payload["user_id"] == known.get(name, name)


def test_switches_say_which_id_and_secret_are_meant_where_none_is_chosen(
    client: Client, state: State, lea: Token, receiver: Receiver
) -> None:
    state.configure(callback_id="user_id", callback_secret="meta")
    tell(client)
    assert receiver.payload["user_id"] == lea.user_id
    assert signed_with(receiver.signed_requests[0], META_SECRET)
    tell(client, id="id", secret="instagram")
    assert receiver.payload["user_id"] == lea.id
    assert signed_with(receiver.signed_requests[1], SECRET)


def test_the_payload_is_chosen(client: Client, lea: Token, receiver: Receiver) -> None:
    tell(client, algorithm="none", issued_at=5, user_id_as_number=True)
    assert receiver.payload == {"algorithm": "none", "issued_at": 5, "user_id": int(lea.id)}


def test_it_may_be_padded(client: Client, lea: Token, receiver: Receiver) -> None:
    tell(client, padded=True)
    [signed] = receiver.signed_requests
    signature, _, payload = signed.partition(".")
    assert len(signature) % 4 == len(payload) % 4 == 0
    assert signature.endswith("=")
    assert signed_with(signed, SECRET)


def test_the_very_same_request_comes_several_times(client: Client, lea: Token, receiver: Receiver) -> None:
    told = tell(client, repeat=3)
    assert len(receiver.requests) == 3
    assert len(set(receiver.signed_requests)) == 1
    assert [each["status"] for each in told["answers"]] == [200, 200, 200]
    assert len(client.control("GET", "callbacks").json["callbacks"]) == 1


def test_the_app_may_be_told_what_nobody_did(client: Client, lea: Token, receiver: Receiver) -> None:
    assert tell(client, keep_grant=True)["ended"] == 0
    assert len(receiver.requests) == 1
    assert client.me(lea.access_token).status == 200


def test_it_may_go_elsewhere(client: Client, lea: Token, receiver: Receiver) -> None:
    tell(client, url=f"{receiver.url}/elsewhere?a=1")
    assert receiver.requests[0][0] == "/elsewhere?a=1"


def test_only_the_app_that_is_meant_is_removed_and_signs(
    client: Client, state: State, lea: Token, receiver: Receiver
) -> None:
    state.add_app("77", "other-secret", deauthorize_url=f"{receiver.url}/77")
    there = state.issue_token("lea", "77")
    tell(client, app_id="77")
    assert receiver.requests[0][0] == "/77"
    assert signed_with(receiver.signed_requests[0], "other-secret")
    assert receiver.payload["user_id"] == there.id != lea.id
    assert client.me(there.access_token).error["code"] == 190
    assert client.me(lea.access_token).status == 200


# in the same process


def test_the_state_has_the_same_verbs(state: State, lea: Token, receiver: Receiver) -> None:
    callback = state.deauthorize("lea", secret="meta")
    assert callback.last and callback.last.status == 200
    assert signed_with(receiver.signed_requests[0], META_SECRET)
    assert "signed_request" not in repr(callback)
    state.request_deletion("lea")
    assert receiver.requests[1][0] == PATHS["request-deletion"]


def test_a_signed_request_is_had_without_sending_it(client: Client, state: State, lea: Token) -> None:
    signed = state.signed_request("lea", secret="meta", id="user_id")
    assert signed_with(signed, META_SECRET)
    assert signed in state.secrets()
    assert client.me(lea.access_token).status == 200
    assert state.told_callbacks() == []
