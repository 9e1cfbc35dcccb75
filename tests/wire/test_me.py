"""`/me`: fields, ids, shapes, versions, and the two ways to bring a token."""

import json

import pytest

from tests.emulator.records import Token
from tests.emulator.state import State

from .client import Client

DOCUMENTED = (
    "user_id,username,name,account_type,profile_picture_url,biography,website,followers_count,follows_count,media_count"
)


def test_the_token_may_come_in_the_query_or_the_header(client: Client, lea: Token) -> None:
    by_query = client.me(lea.access_token).json
    headers = {"Authorization": f"Bearer {lea.access_token}"}
    assert client.get("/v26.0/me", headers, fields="user_id,username").json == by_query


def test_it_answers_the_fields_asked_for_and_the_id_unasked(client: Client, lea: Token) -> None:
    assert client.me(lea.access_token, "user_id,username").json == {
        "user_id": lea.user_id,
        "username": "lea",
        "id": lea.id,
    }


def test_the_id_may_stay_away_unless_asked(client: Client, state: State, lea: Token) -> None:
    state.configure(me_id_unasked=False)
    assert "id" not in client.me(lea.access_token, "username").json
    assert client.me(lea.access_token, "id,username").json["id"] == lea.id
    assert client.get("/me", access_token=lea.access_token).json == {"id": lea.id}


def test_every_documented_field_can_be_asked(client: Client, lea: Token) -> None:
    told = client.me(lea.access_token, DOCUMENTED).json
    assert set(told) == {*DOCUMENTED.split(","), "id"}
    assert told["name"] == "Lea Lindt"
    assert told["account_type"] == "Business"


def test_an_unknown_field_fails_the_whole_call(client: Client, lea: Token) -> None:
    reply = client.me(lea.access_token, "username,shoe_size")
    assert reply.status == 400
    assert reply.error["code"] == 100
    assert "shoe_size" in reply.error["message"]


def test_a_field_may_be_missing(client: Client, state: State, lea: Token) -> None:
    state.configure(me_missing=["profile_picture_url"])
    assert "profile_picture_url" not in client.me(lea.access_token, DOCUMENTED).json


def test_the_answer_may_be_wrapped(client: Client, state: State, lea: Token) -> None:
    state.configure(me_shape="data")
    assert client.me(lea.access_token).json["data"][0]["username"] == "lea"


def test_user_id_is_one_and_id_differs_per_app(client: Client, state: State, lea: Token) -> None:
    state.add_app("77", "other-secret")
    here = client.me(lea.access_token).json
    there = client.me(state.issue_token("lea", "77").access_token).json
    assert here["user_id"] == there["user_id"]
    assert here["user_id"].startswith("17841")
    assert here["id"] != there["id"]


def test_a_new_name_keeps_the_id(client: Client, state: State, lea: Token) -> None:
    state.rename("lea", "lea.lindt")
    told = client.me(lea.access_token).json
    assert (told["username"], told["user_id"]) == ("lea.lindt", lea.user_id)


@pytest.mark.parametrize("kind", ["Media_Creator", "BUSINESS", "PERSONAL"])
def test_the_account_type_is_told_as_it_is(client: Client, state: State, lea: Token, kind: str) -> None:
    state.set_account_type("lea", kind)
    assert client.me(lea.access_token, "account_type").json["account_type"] == kind


def test_a_personal_account_may_be_unsupported(client: Client, state: State, lea: Token) -> None:
    state.set_account_type("lea", "Personal")
    state.configure(personal_me="unsupported")
    error = client.me(lea.access_token).error
    assert (error["code"], error["type"]) == (100, "IGApiException")
    assert error["message"] == "Unsupported request - method type: get"


def test_without_a_token_the_code_is_2500(client: Client) -> None:
    assert client.get("/me").error["code"] == 2500


@pytest.mark.parametrize("token", ["EAAB123", "IGAAunknown", "x y", "\u00e9"])
def test_a_strange_token_cannot_be_parsed(client: Client, token: str) -> None:
    error = client.me(token).error
    assert error["code"] == 190
    assert error["message"] == "Invalid OAuth access token - Cannot parse access token"


def test_post_is_unsupported(client: Client) -> None:
    assert client.post("/me").error["message"] == "Unsupported request - method type: post"


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("/v26.0", "v26.0"),
        ("/v25.0", "v25.0"),
        ("/v21.0", "v21.0"),
        ("/v20.0", "v21.0"),
        ("/v2.12", "v21.0"),
        ("", "v21.0"),
    ],
)
def test_an_ended_version_is_served_by_the_oldest_usable_one(
    client: Client, lea: Token, asked: str, served: str
) -> None:
    reply = client.get(f"{asked}/me", access_token=lea.access_token)
    assert reply.status == 200
    assert reply.headers["facebook-api-version"] == served


def test_the_floor_can_be_raised(client: Client, state: State, lea: Token) -> None:
    state.configure(oldest_version="v25.0")
    reply = client.get("/v24.0/me", access_token=lea.access_token)
    assert reply.headers["facebook-api-version"] == "v25.0"


@pytest.mark.parametrize("version", ["v27.0", "v26.1", "v2.13", "v0.1", "v99.0"])
def test_a_version_that_never_was_is_an_unknown_path(client: Client, lea: Token, version: str) -> None:
    reply = client.get(f"/{version}/me", access_token=lea.access_token)
    assert reply.error["code"] == 2500
    assert reply.error["message"] == "Unknown path components: /me"


def test_other_paths_are_unknown(client: Client) -> None:
    assert client.get("/v26.0/nothing").error["message"] == "Unknown path components: /nothing"


def test_use_may_be_told_in_percent(client: Client, state: State, lea: Token) -> None:
    assert client.me(lea.access_token).headers["X-App-Usage"] is None
    state.configure(app_usage=28)
    assert json.loads(client.me(lea.access_token).headers["X-App-Usage"])["call_count"] == 28
