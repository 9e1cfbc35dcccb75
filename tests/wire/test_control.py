"""The JSON control: everything the state can do, over HTTP; mistakes are told, never a 500."""

from typing import Any

import pytest

from tests.emulator.control import ACTS, ROUTES
from tests.emulator.records import Token
from tests.emulator.state import State

from .client import BASIC, PUBLISH, SECRET, Client


def test_a_person_and_a_token_are_made_and_used(client: Client) -> None:
    person = client.control("POST", "persons", username="mia", name="Mia M", account_type="Media_Creator").json
    assert (person["username"], person["name"], person["account_type"]) == ("mia", "Mia M", "Media_Creator")
    token = client.control("POST", "tokens", username="mia", age_days=2).json
    assert {"access_token", "user_id", "id", "issued_at", "expires_at"} <= set(token)
    assert token["user_id"] == person["user_id"]
    assert client.refresh(token["access_token"]).status == 200


def test_a_token_may_be_short_narrow_and_soon_over(client: Client, state: State, lea: Token) -> None:
    token = client.control("POST", "tokens", username="lea", kind="short", permissions=[BASIC], expires_in=60).json
    assert (token["kind"], token["permissions"]) == ("short", [BASIC])
    made = state.tokens[token["access_token"]]
    assert made.expires_at - made.issued_at == 60


def test_many_tokens_are_made_at_once(client: Client, state: State) -> None:
    told = client.control("POST", "tokens", count=500, username_prefix="x", age_days=3).json["tokens"]
    assert len({each["access_token"] for each in told}) == 500
    assert [each["username"] for each in told[:2]] == ["x0", "x1"]
    assert client.refresh(told[499]["access_token"]).status == 200


def test_reset_forgets_everything(client: Client, state: State, lea: Token) -> None:
    state.configure(subcodes=True)
    state.add_fault("http_500")
    state.set_clock(offset_seconds=5)
    client.control("POST", "reset")
    told = client.control("GET", "state").json
    assert (told["persons"], told["tokens"], told["faults"], told["offset_seconds"]) == ([], [], [], 0)
    assert told["config"]["subcodes"] is False


def test_the_state_tells_what_ails_a_token(client: Client, state: State, lea: Token) -> None:
    [told] = client.control("GET", "state").json["tokens"]
    assert told["trouble"] is None
    state.change_password("lea")
    [told] = client.control("GET", "state").json["tokens"]
    assert told["trouble"] == "password_changed"


ACT_BODIES: dict[str, dict[str, Any]] = {
    "rename": {"username": "lea.l"},
    "permissions": {"granted": [BASIC]},
    "account-type": {"account_type": "PERSONAL"},
    "age": {"days": 5},
    "kill": {"cause": "killed"},
    "revoke": {"permission": BASIC},
    "grant": {"permission": PUBLISH},
    "checkpoint": {"wording": "blocked"},
    "logout": {"wording": "mismatch"},
}


@pytest.mark.parametrize("act", ACTS)
def test_every_act_answers_with_the_person(client: Client, state: State, lea: Token, act: str) -> None:
    state.revoke("lea", PUBLISH)
    reply = client.control("POST", f"persons/lea/{act}", **ACT_BODIES.get(act, {}))
    assert reply.status == 200
    assert reply.json["user_id"] == lea.user_id


def test_an_act_shows_in_the_tokens(client: Client, lea: Token) -> None:
    told = client.control("POST", "persons/lea/change-password").json
    assert told["tokens"][0]["trouble"] == "password_changed"
    assert client.me(lea.access_token).error["code"] == 190


def test_switches_are_shown_and_set(client: Client) -> None:
    assert client.control("POST", "config", refresh_string="same").json["refresh_string"] == "same"
    assert client.control("GET", "config").json["refresh_string"] == "same"


def test_one_wrong_switch_leaves_all_where_they_were(client: Client) -> None:
    assert client.control("POST", "config", subcodes=True, refresh_string="purple").status == 400
    assert client.control("GET", "config").json["subcodes"] is False


def test_apps_are_added(client: Client) -> None:
    told = client.control("POST", "apps", id="77", secret="other", redirect_uris=["https://x.test/"]).json
    assert told["redirect_uris"] == ["https://x.test/"]
    assert [app["id"] for app in client.control("GET", "apps").json["apps"]] == ["1234567890", "77"]


def test_an_app_that_is_there_is_changed_in_what_is_given(client: Client, state: State) -> None:
    before = state.app().as_json()
    told = client.control("POST", "apps", id="1234567890", deletion_url="http://localhost:8000/d/").json
    assert told == {**before, "deletion_url": "http://localhost:8000/d/"}
    told = client.control("POST", "apps", id="1234567890", meta_secret="m", deauthorize_url="http://[::1]:8/a").json
    assert told["deletion_url"] == "http://localhost:8000/d/"
    assert (told["meta_secret"], told["deauthorize_url"]) == ("m", "http://[::1]:8/a")
    assert client.control("POST", "apps", id="1234567890", deletion_url="").json["deletion_url"] == ""


def test_the_clock_is_set_and_told(client: Client) -> None:
    assert client.control("POST", "clock", offset_seconds=60).json["offset_seconds"] == 60
    assert client.control("POST", "clock", now="2030-01-01T00:00:00+00:00").json["now"].startswith("2030")
    assert client.control("GET", "clock").json["now"].startswith("2030")


def test_faults_are_added_shown_and_removed(client: Client, lea: Token) -> None:
    fault = client.control("POST", "faults", kind="190", path="/me", times=None, message="No.").json["id"]
    assert client.me(lea.access_token).error["message"] == "No."
    [shown] = client.control("GET", "faults").json["faults"]
    assert (shown["id"], shown["kind"], shown["message"]) == (fault, "190", "No.")
    assert client.control("DELETE", f"faults/{fault}").status == 200
    assert client.control("DELETE", f"faults/{fault}").status == 404
    client.control("POST", "faults", kind="reset")
    client.control("DELETE", "faults")
    assert client.me(lea.access_token).status == 200


def test_secrets_are_all_there(client: Client, state: State, lea: Token) -> None:
    fresh = client.refresh(lea.access_token).json["access_token"]
    code = state.issue_code(state.person("lea"), "1234567890", "https://x.test/", (BASIC,)).value
    state.add_app("77", "other-secret")
    secrets = client.control("GET", "secrets").json["secrets"]
    assert {SECRET, "other-secret", lea.access_token, fresh, code} <= set(secrets)


def test_a_person_is_shown_with_tokens(client: Client, lea: Token) -> None:
    told = client.control("GET", "persons/lea").json
    assert told["tokens"][0]["access_token"] == lea.access_token


def test_names_with_odd_characters_are_found(client: Client, state: State) -> None:
    state.add_person("lea lü%41")
    assert client.control("POST", "persons/lea%20l%C3%BC%2541/checkpoint").json["checkpoint"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "persons", {}, 400),
        ("POST", "persons", {"username": 5}, 400),
        ("POST", "persons", {"username": ""}, 400),
        ("POST", "persons", {"username": "a/b"}, 400),
        ("POST", "persons", {"username": "lea"}, 400),
        ("POST", "persons", {"username": "x", "shoe": 1}, 400),
        ("POST", "persons/nobody/expire", {}, 404),
        ("POST", "persons/lea/dance", {}, 404),
        ("POST", "persons/lea/age", {"days": "two"}, 400),
        ("POST", "persons/lea/age", {"days": True}, 400),
        ("POST", "persons/lea/age", {"days": 1e300}, 400),
        ("POST", "persons/lea/age", {"days": float("nan")}, 400),
        ("POST", "persons/lea/permissions", {"granted": ["fly"]}, 400),
        ("POST", "persons/lea/permissions", {"granted": [1]}, 400),
        ("POST", "persons/lea/permissions", {"granted": [BASIC], "app_id": "1"}, 404),
        ("POST", "persons/lea/kill", {"cause": "http_500"}, 400),
        ("POST", "persons/lea/kill", {"subcode": 460}, 400),
        ("POST", "persons/lea/revoke", {}, 400),
        ("POST", "persons/lea/revoke", {"permission": "fly"}, 400),
        ("POST", "persons/lea/revoke", {"permission": BASIC, "app_id": "1"}, 404),
        ("POST", "persons/lea/grant", {"permission": BASIC}, 400),
        ("POST", "persons/lea/rename", {"username": "lea"}, 400),
        ("POST", "tokens", {}, 400),
        ("POST", "tokens", {"username": "nobody"}, 404),
        ("POST", "tokens", {"username": "lea", "kind": "medium"}, 400),
        ("POST", "tokens", {"username": "lea", "username_prefix": "x"}, 400),
        ("POST", "tokens", {"username": "lea", "expires_in": 1e200}, 400),
        ("POST", "tokens", {"count": 0, "username_prefix": "x"}, 400),
        ("POST", "tokens", {"count": 10**9, "username_prefix": "x"}, 400),
        ("POST", "tokens", {"count": 3}, 400),
        ("POST", "apps", {"id": "7"}, 400),
        ("POST", "apps", {"id": "7", "secret": ""}, 400),
        ("POST", "apps", {"id": "1234567890", "secret": ""}, 400),
        ("POST", "apps", {"id": "1234567890", "deletion_url": "https://localhost/d"}, 400),
        ("POST", "apps", {"id": "1234567890", "deletion_url": "http://perennial.test/d"}, 400),
        ("POST", "apps", {"id": "1234567890", "deauthorize_url": "http://localhost:99999/d"}, 400),
        ("POST", "apps", {"id": "1234567890", "deauthorize_url": "http://localhost:0/d"}, 400),
        ("POST", "apps", {"id": "1234567890", "deauthorize_url": "http://local host/d"}, 400),
        ("POST", "apps", {"id": "1234567890", "deauthorize_url": "http://localhost@10.0.0.1/"}, 400),
        ("POST", "apps", {"id": "1234567890", "broken": "deleted"}, 400),
        ("POST", "apps/7/break", {"how": "deleted"}, 404),
        ("POST", "apps/1234567890/break", {"how": "badly"}, 400),
        ("POST", "apps/1234567890/break", {}, 400),
        ("POST", "apps/7/mend", {}, 404),
        ("POST", "apps/1234567890/dance", {}, 404),
        ("POST", "config", {"callback_id": "name"}, 400),
        ("POST", "config", {"callback_secret": "secret"}, 400),
        ("POST", "config", {"colour": 1}, 400),
        ("POST", "config", {"self": 1, "state": 2}, 400),
        ("POST", "config", {"refresh_string": ["new"]}, 400),
        ("POST", "config", {"status_190": 20}, 400),
        ("POST", "config", {"subcodes": 1}, 400),
        ("POST", "config", {"oldest_version": "newest"}, 400),
        ("POST", "config", {"me_missing": [[]]}, 400),
        ("POST", "clock", {}, 400),
        ("POST", "clock", {"now": "soon"}, 400),
        ("POST", "clock", {"offset_seconds": 1, "now": "2030-01-01"}, 400),
        ("POST", "faults", {}, 400),
        ("POST", "faults", {"kind": "quake"}, 400),
        ("POST", "faults", {"kind": "reset", "self": 1, "state": 2}, 400),
        ("DELETE", "faults/x", {}, 404),
        ("DELETE", "faults/99", {}, 404),
        ("GET", "requests?limit=x", {}, 400),
        ("GET", "requests?colour=red", {}, 400),
        ("GET", "persons/nobody", {}, 404),
        ("GET", "nothing", {}, 404),
        ("PUT", "state", {}, 404),
        ("POST", "", {}, 404),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    client: Client, lea: Token, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    reply = client.control(method, path, **body)
    assert reply.status == status
    assert set(reply.json) == {"error"}
    assert reply.json["error"].endswith(".")


@pytest.mark.parametrize("body", ["{", "[]", "5", "\udcff".encode("utf-8", "surrogateescape")])
def test_a_body_that_is_no_object_is_told(client: Client, body: str | bytes) -> None:
    assert client.send("POST", "/_control/config", body).status == 400


@pytest.mark.parametrize("route", [route for route in ROUTES if route[0] == "POST"])
def test_fields_nobody_knows_are_refused(client: Client, route: tuple[str, str]) -> None:
    assert client.control(*route, colour="red").status == 400
