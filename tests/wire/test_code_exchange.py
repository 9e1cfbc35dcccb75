"""A code becomes a short-lived token: three shapes of success, flat refusals."""

import pytest

from tests.emulator.browser import consent
from tests.emulator.records import PERMISSIONS
from tests.emulator.state import State

from .client import APP_ID, BASIC, CALLBACK, PUBLISH, SECRET, Client, Reply, came_back, exchange_form

NOT_FOUND = "Matching code was not found or was already used"


@pytest.fixture
def code(client: Client, state: State) -> str:
    state.add_person("lea")
    return came_back(consent(client.authorize_url(), "lea"))["code"]


def refused(reply: Reply, message: str) -> bool:
    flat = {"error_type": "OAuthException", "code": 400, "error_message": message}
    return reply.status == 400 and reply.json == flat


def test_a_code_becomes_a_token_that_lives_an_hour(client: Client, state: State, code: str) -> None:
    [told] = client.exchange(code).json["data"]
    token = state.tokens[told["access_token"]]
    assert token.kind == "short"
    assert token.expires_at - token.issued_at == 3600
    assert client.me(told["access_token"]).json["username"] == "lea"


def test_a_code_works_once(client: Client, code: str) -> None:
    assert client.exchange(code).status == 200
    assert refused(client.exchange(code), NOT_FOUND)


def test_a_code_lasts_an_hour(client: Client, state: State, code: str) -> None:
    state.set_clock(offset_seconds=3601)
    assert refused(client.exchange(code), NOT_FOUND)


def test_an_unknown_code_is_not_found(client: Client, code: str) -> None:
    assert refused(client.exchange(code + "#_"), NOT_FOUND)


def test_a_code_belongs_to_its_app(client: Client, state: State, code: str) -> None:
    state.add_app("77", "other-secret")
    assert refused(client.exchange(code, client_id="77", client_secret="other-secret"), NOT_FOUND)


def test_removing_the_app_ends_codes_too(client: Client, state: State, code: str) -> None:
    state.remove_app("lea")
    assert refused(client.exchange(code), NOT_FOUND)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client_id": "1"}, "Invalid platform app"),
        ({"client_secret": "wrong"}, "Error validating client secret."),
        ({"redirect_uri": CALLBACK + "/"}, "Redirect URI does not match the one the code was requested with"),
        ({"grant_type": "password"}, "Invalid grant_type"),
        ({"code": ""}, "Missing required field code"),
    ],
)
def test_a_wrong_exchange_is_refused_and_leaves_the_code_whole(
    client: Client, code: str, changes: dict[str, str], message: str
) -> None:
    assert refused(client.exchange(**{"code": code, **changes}), message)
    assert client.exchange(code).status == 200


def test_a_wrong_secret_may_be_told_as_a_wrong_app(client: Client, state: State, code: str) -> None:
    state.configure(wrong_secret="platform_app")
    assert refused(client.exchange(code, client_secret="wrong"), "Invalid platform app")


def test_an_address_that_the_app_did_not_register_may_be_refused_before_the_code_is_looked_at(
    client: Client, state: State, code: str
) -> None:
    state.add_app(APP_ID, SECRET, redirect_uris=[CALLBACK])
    elsewhere = "https://elsewhere.test/callback"
    assert refused(client.exchange("no-code", redirect_uri=elsewhere), "Invalid redirect_uri")
    assert refused(client.exchange("no-code"), NOT_FOUND)
    state.configure(unregistered_redirect="ignore")
    assert refused(client.exchange("no-code", redirect_uri=elsewhere), NOT_FOUND)
    assert client.exchange(code).status == 200


def test_the_form_may_be_multipart(client: Client, code: str) -> None:
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in exchange_form(code).items()
    ]
    body = "".join(parts) + "--edge--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    assert client.send("POST", "/oauth/access_token", body, headers).status == 200


def test_a_json_body_is_not_read(client: Client, code: str) -> None:
    reply = client.send("POST", "/oauth/access_token", "{}", {"Content-Type": "application/json"})
    assert refused(reply, "Missing required field client_id")


def test_only_post_exchanges(client: Client) -> None:
    assert client.get("/oauth/access_token").error["message"] == "Unsupported request - method type: get"


def test_the_documented_shape_wraps_strings(client: Client, code: str) -> None:
    [told] = client.exchange(code).json["data"]
    assert told["permissions"] == f"{BASIC},{PUBLISH}"
    assert isinstance(told["user_id"], str)


def test_the_flat_shape_may_carry_a_number_and_no_permissions(client: Client, state: State, code: str) -> None:
    state.configure(code_shape="flat_number")
    told = client.exchange(code).json
    assert set(told) == {"access_token", "user_id"}
    assert isinstance(told["user_id"], int)


@pytest.mark.parametrize(
    ("shape", "permissions"), [("flat_list", [BASIC, PUBLISH]), ("flat_string", f"{BASIC},{PUBLISH}")]
)
def test_the_flat_shape_may_carry_permissions(
    client: Client, state: State, code: str, shape: str, permissions: object
) -> None:
    state.configure(code_shape=shape)
    told = client.exchange(code).json
    assert told["permissions"] == permissions
    assert isinstance(told["user_id"], str)


def test_nothing_granted_is_an_empty_list(client: Client, state: State, code: str) -> None:
    state.configure(code_shape="flat_list")
    second = came_back(consent(client.authorize_url(), "lea", permissions=[]))["code"]
    assert client.exchange(second).json["permissions"] == []


@pytest.mark.parametrize("alias", ["scoped", "professional", "other"])
def test_the_id_told_is_one_of_three_aliases(client: Client, state: State, code: str, alias: str) -> None:
    state.configure(code_user_id=alias)
    person = state.person("lea")
    expected = {
        "scoped": person.scoped_id(APP_ID),
        "professional": person.user_id,
        "other": person.other_id(APP_ID),
    }
    assert client.exchange(code).json["data"][0]["user_id"] == expected[alias]
    assert len(set(expected.values())) == 3


def test_every_permission_can_be_asked_for(client: Client, state: State, code: str) -> None:
    location = consent(client.authorize_url(scope=" ".join(PERMISSIONS)), "lea")
    [told] = client.exchange(came_back(location)["code"]).json["data"]
    assert told["permissions"] == ",".join(PERMISSIONS)
