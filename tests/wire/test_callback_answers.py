"""What comes of a callback: the receiver's answer, what is kept of it, and calls that are refused."""

import socket
from typing import Any

import pytest

from tests.emulator import callbacks
from tests.emulator.records import Token
from tests.emulator.refusals import Wrong
from tests.emulator.state import State

from .client import META_SECRET, Client
from .receiver import PATHS, Receiver, tell

verbs = pytest.mark.parametrize("verb", PATHS)


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
