"""Facebook by the JSON control: everything its part of the state can do, and mistakes told, never a 500."""

from typing import Any

import pytest

from tests.emulator.facebook.control import ACTS, PAGE_ACTS, SYSTEM_USER_ACTS
from tests.emulator.state import State
from tests.wire.client import Client
from tests.wire.receiver import receiving, signed_with

from .calls import APP_ID, APP_TOKEN

BODIES: dict[str, dict[str, Any]] = {
    "age": {"days": 3},
    "permission": {"permission": "instagram_basic", "status": "expired"},
    "revoke": {"permission": "instagram_basic"},
    "grant": {"permission": "instagram_basic", "app_id": APP_ID},
    "share": {"pages": []},
    "consented": {"days": 91},
    "kill": {"cause": "user_gone", "subcode": True},
    "checkpoint": {"wording": "blocked"},
    "generate-token": {"expires": "never", "scopes": ["ads_read"]},
    "link": {"username": "hana"},
}


@pytest.fixture
def cast(client: Client) -> dict[str, Any]:
    told: dict[str, Any] = client.control("POST", "facebook/cast", many=4).json
    return told


def test_the_cast(client: Client, state: State) -> None:
    state.add_person("hana.paints")
    told = client.control("POST", "facebook/cast").json
    assert [(each["name"], len(each["roles"])) for each in told["persons"]] == [
        ("Lena Brandt", 3), ("Tom Luna", 1), ("Noor Alvi", 0), ("Chen Wei", 60),
    ]  # fmt: skip
    linked = [each["instagram_id"] for each in client.control("GET", "facebook").json["pages"]]
    assert [bool(each) for each in linked[:4]] == [True, True, False, True]
    assert linked[0] == state.person("hana.paints").user_id
    assert sum(map(bool, linked[4:])) == 4
    assert len(told["system_users"][0]["ad_accounts"]) == 2
    assert client.control("POST", "facebook/cast", many=501).status == 400


@pytest.mark.parametrize("act", [each for each in ACTS if each not in ("deauthorize", "request-deletion")])
def test_every_act_answers_with_the_person(client: Client, cast: dict[str, Any], act: str) -> None:
    lena = cast["persons"][0]["id"]
    page = next(iter(cast["persons"][0]["roles"]))
    token = client.control("POST", "facebook/tokens", person=lena, age_days=1).json
    assert token["kind"] == "long"
    body = {"page": page} if act == "give-role" else BODIES.get(act, {})
    reply = client.control("POST", f"facebook/persons/{lena}/{act}", **body)
    assert reply.status == 200, reply.text
    assert reply.json == client.control("GET", f"facebook/persons/{lena}").json
    assert reply.json["tokens"][0]["access_token"] == token["access_token"]


@pytest.mark.parametrize("act", SYSTEM_USER_ACTS)
def test_every_act_on_a_system_user(client: Client, cast: dict[str, Any], act: str) -> None:
    user = cast["system_users"][0]["id"]
    page = client.control("GET", "facebook").json["pages"][0]["id"]
    body = {"page": page} if act == "give-role" else BODIES.get(act, {})
    reply = client.control("POST", f"facebook/system-users/{user}/{act}", **body)
    assert reply.status == 200, reply.text
    if act == "generate-token":
        reply = client.get(
            "/facebook-graph/debug_token", input_token=reply.json["access_token"], access_token=APP_TOKEN
        )
        assert reply.json["data"]["scopes"] == ["ads_read"]
    assert client.control("GET", f"facebook/system-users/{user}").json["id"] == user


@pytest.mark.parametrize("act", PAGE_ACTS)
def test_every_act_on_a_page(client: Client, cast: dict[str, Any], state: State, act: str) -> None:
    state.add_person("hana")
    page = next(iter(cast["persons"][0]["roles"]))
    told = client.control("POST", f"facebook/pages/{page}/{act}", **BODIES.get(act, {})).json
    assert told["instagram_id"] == (state.person("hana").user_id if act == "link" else None)


def test_apps_are_added_broken_and_mended(client: Client) -> None:
    told = client.control("POST", "facebook/apps", id="77", secret="s", configs={"5": ["ads_read"]}).json
    assert told["configs"] == {"5": ["ads_read"]}
    assert [each["id"] for each in client.control("GET", "facebook/apps").json["apps"]] == [APP_ID, "77"]
    assert client.control("POST", "facebook/apps/77/break", how="disabled").json["broken"] == "disabled"
    assert client.control("POST", "facebook/apps/77/mend").json["broken"] is None
    assert len(client.control("GET", "apps").json["apps"]) == 1, "Instagram's are others"


def test_pages_persons_and_system_users_are_made(client: Client, state: State) -> None:
    state.add_person("hana")
    person = client.control("POST", "facebook/persons", name="Mia", id="42").json
    page = client.control("POST", "facebook/pages", name="P", person="42", instagram="hana", tasks=["MANAGE"]).json
    assert (person["id"], page["instagram_id"]) == ("42", state.person("hana").user_id)
    assert client.control("GET", "facebook/persons/42").json["roles"] == {page["id"]: ["MANAGE"]}
    token = client.control("POST", "facebook/tokens", person="42", kind="page", page=page["id"]).json
    assert (token["page_id"], token["expires_at"]) == (page["id"], None)
    assert client.control("GET", "state").json["facebook"]["tokens"][0]["trouble"] is None
    assert token["access_token"] in client.control("GET", "secrets").json["secrets"]
    client.control("POST", "reset")
    assert client.control("GET", "facebook").json["persons"] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("facebook/persons", {}, 400),
        ("facebook/persons", {"name": "x", "age": 3}, 400),
        ("facebook/persons/1/age", {"days": 3}, 404),
        ("facebook/persons/1/sleep", {}, 404),
        ("facebook/pages", {"name": "x", "person": "1"}, 404),
        ("facebook/pages", {"name": "x", "instagram": "nobody"}, 404),
        ("facebook/pages/1/link", {"username": "x"}, 404),
        ("facebook/system-users/1/delete", {}, 404),
        ("facebook/tokens", {"person": "1"}, 404),
        ("facebook/apps", {"id": "77"}, 400),
        ("facebook/apps", {"id": "77", "secret": "s", "configs": {"5": 5}}, 400),
        ("facebook/apps", {"id": "77", "secret": "s", "meta_secret": "m"}, 400),
        ("facebook/nothing", {}, 404),
        ("config", {"proof": "perhaps"}, 400),
        ("config", {"data_access_days": -1}, 400),
        ("config", {"page_of_results": 0}, 400),
        ("config", {"developers": [1]}, 400),
    ],
)
def test_mistakes_are_told(client: Client, path: str, body: dict[str, Any], status: int) -> None:
    reply = client.control("POST", path, **body)
    assert reply.status == status
    assert reply.json["error"].endswith(".")


@pytest.mark.parametrize(("act", "kind"), [("deauthorize", "deauthorize"), ("request-deletion", "deletion")])
def test_the_app_is_told_with_facebooks_secret_and_the_id_it_knows(
    client: Client, state: State, cast: dict[str, Any], act: str, kind: str
) -> None:
    lena = state.facebook.person(cast["persons"][0]["id"])
    token = state.facebook.issue_token(lena.id)
    with receiving() as receiver:
        urls = {"deauthorize_url": f"{receiver.url}/a", "deletion_url": f"{receiver.url}/d"}
        client.control("POST", "facebook/apps", id=APP_ID, **urls)
        told = client.control("POST", f"facebook/persons/{lena.id}/{act}").json
        assert signed_with(receiver.signed_requests[-1], "emulator-facebook-secret")
        assert receiver.payload["user_id"] == lena.scoped_id(APP_ID)
    assert (told["kind"], told["secret"], told["ended"], told["status"]) == (kind, "facebook", 1, 200)
    assert token.cause == "app_removed"
    assert client.control("GET", "callbacks").json["callbacks"][0]["username"] == lena.id
    assert "Lena Brandt · " in client.get("/").text
