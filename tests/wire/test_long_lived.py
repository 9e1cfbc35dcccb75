"""A short-lived token becomes a long-lived one."""

import pytest

from tests.emulator.records import Token
from tests.emulator.state import State

from .client import Client


@pytest.fixture
def short(state: State) -> str:
    state.add_person("lea")
    return state.issue_token("lea", kind="short").access_token


def test_the_exchange_answers_the_documented_three_fields(client: Client, short: str) -> None:
    told = client.lengthen(short).json
    assert set(told) == {"access_token", "token_type", "expires_in"}
    assert told["token_type"] == "bearer"
    assert told["expires_in"] == 5_184_000
    assert told["access_token"].startswith("IGAA")


def test_the_new_token_lives_sixty_days(client: Client, state: State, short: str) -> None:
    token = state.tokens[client.lengthen(short).json["access_token"]]
    assert token.kind == "long"
    assert token.expires_at - token.issued_at == 5_184_000


def test_the_short_token_lives_on_until_its_hour_is_over(client: Client, state: State, short: str) -> None:
    client.lengthen(short)
    assert client.me(short).status == 200
    state.set_clock(offset_seconds=3601)
    assert client.me(short).error["code"] == 190


def test_an_expired_short_token_is_refused_without_a_subcode(client: Client, state: State, short: str) -> None:
    state.set_clock(offset_seconds=3601)
    reply = client.lengthen(short)
    assert reply.status == 400
    assert set(reply.error) == {"message", "type", "code", "fbtrace_id"}
    assert reply.error["code"] == 190
    assert reply.error["message"].startswith("Error validating access token: Session has expired on ")


def test_a_wrong_secret_is_code_1(client: Client, short: str) -> None:
    reply = client.lengthen(short, client_secret="wrong")
    assert reply.status == 400
    assert reply.error["code"] == 1
    assert reply.error["message"] == "Error validating client secret."


def test_the_secret_must_be_that_of_the_tokens_app(client: Client, state: State, short: str) -> None:
    state.add_app("77", "other-secret")
    assert client.lengthen(short, client_secret="other-secret").error["code"] == 1


def test_the_secret_is_needed(client: Client, short: str) -> None:
    assert client.lengthen(short, client_secret="").error["code"] == 100


def test_the_token_is_judged_before_the_secret(client: Client) -> None:
    assert client.lengthen("IGAAgarbage", client_secret="wrong").error["code"] == 190


def test_a_token_is_needed(client: Client) -> None:
    assert client.lengthen("").error["code"] == 104


def test_an_extra_client_id_does_no_harm(client: Client, short: str) -> None:
    assert client.lengthen(short, client_id="1234567890").status == 200


def test_another_grant_type_is_unsupported(client: Client, short: str) -> None:
    reply = client.lengthen(short, grant_type="fb_exchange_token")
    assert reply.error["message"] == "Unsupported request - method type: get"


@pytest.mark.parametrize(("position", "code"), [("unsupported", 100), ("code_452", 452)])
def test_a_long_lived_token_cannot_be_exchanged(
    client: Client, state: State, lea: Token, position: str, code: int
) -> None:
    state.configure(long_to_exchange=position)
    assert client.lengthen(lea.access_token).error["code"] == code


def test_a_long_lived_token_may_be_exchanged_all_the_same(client: Client, state: State, lea: Token) -> None:
    state.configure(long_to_exchange="allow")
    assert client.lengthen(lea.access_token).status == 200


def test_expires_in_may_be_missing(client: Client, state: State, short: str) -> None:
    state.configure(exchange_expires_in=None)
    told = client.lengthen(short).json
    assert "expires_in" not in told
    assert state.tokens[told["access_token"]].expires_at > state.now() + 5_000_000


@pytest.mark.parametrize("lie", ["abc", -5, 0, 5183944.5, True, "5184000"])
def test_expires_in_may_be_nonsense(client: Client, state: State, short: str, lie: object) -> None:
    state.configure(exchange_expires_in=lie)
    told = client.lengthen(short).json
    assert told["expires_in"] == lie
    assert client.me(told["access_token"]).status == 200


def test_post_is_unsupported(client: Client, short: str) -> None:
    assert client.post("/access_token").error["message"] == "Unsupported request - method type: post"
