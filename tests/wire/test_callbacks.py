"""Callbacks: an app is told over real HTTP that it was removed, or is to delete, in every way a test may wish for."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator import callbacks
from tests.emulator.records import DAY, Token
from tests.emulator.refusals import Wrong
from tests.emulator.state import State

from .client import APP_ID, META_SECRET, SECRET, Client
from .receiver import Receiver, receiving, signed_with

VERBS = {"deauthorize": "/meta/deauthorize/", "request-deletion": "/meta/data-deletion/?a=1"}
verbs = pytest.mark.parametrize("verb", VERBS)


@pytest.fixture
def receiver(state: State) -> Iterator[Receiver]:
    """Whom the default app's callbacks go to."""
    with receiving() as opened:
        state.add_app(
            APP_ID,
            deauthorize_url=opened.url + VERBS["deauthorize"],
            deletion_url=opened.url + VERBS["request-deletion"],
        )
        yield opened


def tell(client: Client, verb: str = "deauthorize", **wish: Any) -> dict[str, Any]:
    reply = client.control("POST", f"persons/lea/{verb}", **wish)
    assert reply.status == 200, reply.text
    told: dict[str, Any] = reply.json
    return told


@verbs
def test_the_app_is_removed_and_told_so(
    client: Client, state: State, lea: Token, receiver: Receiver, verb: str
) -> None:
    told = tell(client, verb)
    [(path, content_type, form)] = receiver.requests
    assert (path, content_type) == (VERBS[verb], "application/x-www-form-urlencoded")
    assert set(form) == {"signed_request"}
    assert (told["status"], told["answer"], told["ended"]) == (200, {"ok": True}, 1)
    assert (told["username"], told["app_id"], told["url"]) == ("lea", APP_ID, receiver.url + VERBS[verb])
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
    tell(client, url=f"{receiver.url}/elsewhere")
    assert receiver.requests[0][0] == "/elsewhere"


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


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b"", ""),
        (400, b"Bad \xff request", "Bad \ufffd request"),
        (500, b"[" * 50_000, "[" * 50_000),
        (
            200,
            {"url": "http://localhost/d/a1", "confirmation_code": "a1"},
            {"url": "http://localhost/d/a1", "confirmation_code": "a1"},
        ),
    ],
)
def test_what_came_back_is_told(
    client: Client, lea: Token, receiver: Receiver, status: int, body: object, answer: object
) -> None:
    receiver.answers(status, body)
    told = tell(client, "request-deletion")
    assert (told["status"], told["answer"]) == (status, answer)


def test_a_redirect_is_an_answer_that_nobody_follows(client: Client, lea: Token, receiver: Receiver) -> None:
    receiver.answers(302, b"", Location=f"{receiver.url}/elsewhere")
    assert tell(client)["status"] == 302
    assert len(receiver.requests) == 1


def test_a_receiver_that_is_not_there_is_told_and_the_app_removed_all_the_same(client: Client, lea: Token) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        told = tell(client, url=f"http://127.0.0.1:{nobody.getsockname()[1]}/")
    assert (told["status"], told["answer"], told["ended"]) == (None, "Connection refused", 1)


def test_a_receiver_that_says_nothing_is_waited_for_in_bounds(
    client: Client, lea: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = tell(client, url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert (told["status"], told["answer"]) == (None, "timed out")


@verbs
def test_the_receiver_may_ask_the_emulator_before_it_answers(
    client: Client, state: State, lea: Token, receiver: Receiver, verb: str
) -> None:
    statuses: list[int] = []

    def ask() -> None:
        other = Client(client.url, timeout=5)
        statuses.append(other.me(lea.access_token).status)
        other.close()

    receiver.before_answer = ask
    assert tell(client, verb)["status"] == 200
    assert statuses == [400]


# what is kept


def test_callbacks_are_kept_without_what_was_signed(
    client: Client, state: State, lea: Token, receiver: Receiver
) -> None:
    tell(client, secret="very forged")
    tell(client, "request-deletion", id="user_id")
    reply = client.control("GET", "callbacks")
    first, second = reply.json["callbacks"]
    assert (first["kind"], first["secret"], first["user_id"]) == ("deauthorize", "another", lea.id)
    assert (second["kind"], second["secret"], second["user_id"]) == ("deletion", "instagram", lea.user_id)
    for signed in receiver.signed_requests:
        assert not any(part in reply.text for part in signed.split("."))
    assert "very forged" not in reply.text


def test_what_was_signed_counts_as_a_secret(client: Client, state: State, lea: Token, receiver: Receiver) -> None:
    tell(client, padded=True)
    [signed] = receiver.signed_requests
    assert {signed, *signed.split("."), META_SECRET} <= set(client.control("GET", "secrets").json["secrets"])


def test_callbacks_are_forgotten_when_told_and_by_a_reset(client: Client, lea: Token, receiver: Receiver) -> None:
    tell(client)
    assert client.control("DELETE", "callbacks").status == 200
    assert client.control("GET", "callbacks").json == {"callbacks": []}
    tell(client)
    client.control("POST", "reset")
    assert client.control("GET", "callbacks").json == {"callbacks": []}


# in the same process


def test_the_state_has_the_same_verbs(state: State, lea: Token, receiver: Receiver) -> None:
    callback = state.deauthorize("lea", secret="meta")
    assert callback.last and callback.last.status == 200
    assert signed_with(receiver.signed_requests[0], META_SECRET)
    assert "signed_request" not in repr(callback)
    state.request_deletion("lea")
    assert receiver.requests[1][0] == VERBS["request-deletion"]


def test_a_signed_request_is_had_without_sending_it(client: Client, state: State, lea: Token) -> None:
    signed = state.signed_request("lea", secret="meta", id="user_id")
    assert signed_with(signed, META_SECRET)
    assert signed in state.secrets()
    assert client.me(lea.access_token).status == 200
    assert state.told_callbacks() == []


# mistakes


@verbs
@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"app_id": "1"}, 404),
        ({"url": "http://perennial.test/"}, 400),
        ({"url": "http://192.0.2.1/"}, 400),
        ({"url": "https://localhost/"}, 400),
        ({"url": "ftp://localhost/"}, 400),
        ({"url": "http://localhost/\r\nHost: x"}, 400),
        ({"url": ""}, 400),
        ({"repeat": 0}, 400),
        ({"repeat": 101}, 400),
        ({"repeat": "2"}, 400),
        ({"padded": 1}, 400),
        ({"issued_at": "now"}, 400),
        ({"issued_at": True}, 400),
        ({"id": 218471}, 400),
        ({"id": "lea", "user_id_as_number": True}, 400),
        ({"id": "9" * 5000, "user_id_as_number": True}, 400),
        ({"app_id": "77", "secret": "meta"}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_a_mistake_is_told_and_nothing_happens(
    client: Client, state: State, lea: Token, receiver: Receiver, verb: str, wish: dict[str, Any], status: int
) -> None:
    state.add_app("77", "other-secret", deauthorize_url=receiver.url, deletion_url=receiver.url)
    state.issue_token("lea", "77")
    reply = client.control("POST", f"persons/lea/{verb}", **wish)
    assert (reply.status, set(reply.json)) == (status, {"error"})
    assert reply.json["error"].endswith(".")
    assert receiver.requests == []
    assert state.told_callbacks() == []
    assert all(token.cause is None for token in state.tokens_of("lea"))


@verbs
def test_an_app_without_an_address_is_told_nothing(client: Client, state: State, lea: Token, verb: str) -> None:
    reply = client.control("POST", f"persons/lea/{verb}")
    assert reply.status == 400
    assert "has no address for that" in reply.json["error"]
    assert lea.cause is None
    assert client.control("POST", f"persons/nobody/{verb}").status == 404


def test_the_state_tells_mistakes_too(state: State, lea: Token) -> None:
    with pytest.raises(Wrong):
        state.deauthorize("lea", url="http://perennial.test/")
    with pytest.raises(TypeError):
        state.deauthorize("lea", colour="red")
