"""`debug_token`: the shapes that were seen of it, and who may ask."""

from typing import Any

import pytest

from tests.emulator.facebook.records import FacebookPerson, FacebookToken, Page, SystemUser
from tests.emulator.facebook.world import Facebook
from tests.emulator.records import DAY
from tests.emulator.wire import Request

from .calls import APP_ID, APP_TOKEN, Graph


def test_a_persons_token(graph: Graph, world: Facebook, token: FacebookToken, hana: Page) -> None:
    told = graph.inspect(token).data
    assert list(told) == [
        "app_id", "type", "application", "data_access_expires_at", "expires_at", "is_valid", "issued_at", "scopes",
        "granular_scopes", "user_id",
    ]  # fmt: skip
    assert (told["app_id"], told["type"], told["application"]) == (APP_ID, "USER", "Perennial Demo")
    assert told["is_valid"] is True
    assert told["expires_at"] == int(token.expires_at or 0)
    assert told["issued_at"] == int(token.issued_at)
    assert told["data_access_expires_at"] == pytest.approx(world.now() + 90 * DAY, abs=5)
    assert told["user_id"] == graph.get("/me", token).json["id"] != token.holder.id
    assert told["scopes"] == list(token.granted)
    targets = {each["scope"]: each.get("target_ids") for each in told["granular_scopes"]}
    assert targets["instagram_basic"] == [world._state.person(name).user_id for name in ("hana", "flora")]
    assert targets["pages_show_list"] is None
    world.share(token.holder.id, [hana.id])
    assert {"scope": "pages_show_list", "target_ids": [hana.id]} in graph.inspect(token).data["granular_scopes"]


def test_a_short_lived_token_tells_no_issue(graph: Graph, world: Facebook, lena: FacebookPerson) -> None:
    assert "issued_at" not in graph.inspect(world.issue_token(lena.id, "short")).data


def test_a_pages_token(graph: Graph, world: Facebook, token: FacebookToken, hana: Page) -> None:
    page = world.page_token(token, hana.id)
    told = graph.inspect(page).data
    assert (told["type"], told["profile_id"], told["user_id"]) == ("PAGE", hana.id, token.user_id)
    assert told["expires_at"] == 0
    assert told["data_access_expires_at"] > 0
    world.switches.change({"page_profile_id": False})
    assert "profile_id" not in graph.inspect(page).data


def test_a_system_users_token(graph: Graph, world: Facebook, reporter: SystemUser) -> None:
    token = world.generate_token(reporter.id, "never", scopes=["ads_read", "business_management"])
    told = graph.inspect(token).data
    assert (told["type"], told["expires_at"], told["data_access_expires_at"]) == ("SYSTEM_USER", 0, 0)
    assert told["user_id"] == reporter.id
    assert told["granular_scopes"] == [
        {"scope": "ads_read", "target_ids": list(reporter.ad_accounts)},
        {"scope": "business_management"},
    ]
    assert graph.inspect(world.generate_token(reporter.id)).data["expires_at"] > world.now()


def test_an_apps_own_token(graph: Graph) -> None:
    told = graph.inspect(APP_TOKEN).data
    assert (told["type"], told["is_valid"], told["app_id"]) == ("APP", True, APP_ID)


def test_a_dead_token_is_told_with_200_and_the_key_subcode(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    world.expire(token.holder.id)
    said = graph.inspect(token)
    assert said.status == 200
    assert list(said.data) == ["app_id", "type", "application", "error", "expires_at", "is_valid", "scopes"]
    error = said.data["error"]
    assert set(error) == {"code", "message", "subcode"}
    assert (error["code"], error["subcode"]) == (190, 463)
    assert error["message"].startswith("Error validating access token: Session has expired on ")
    assert (said.data["is_valid"], said.data["scopes"]) == (False, [])
    assert said.data["expires_at"] == int(token.expires_at or 0) > 0


@pytest.mark.parametrize("string", ["x", "IGAAQ" + "x" * 170, "987654321012345|wrong"])
def test_what_is_no_token_of_this_host_cannot_be_parsed(graph: Graph, string: str) -> None:
    said = graph.inspect(string)
    assert (said.status, said.data) == (200, {
        "error": {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"},
        "is_valid": False, "scopes": [],
    })  # fmt: skip


def test_instagrams_tokens_cannot_be_parsed_here_nor_these_there(graph: Graph, world: Facebook) -> None:
    state = world._state
    state.add_person("lea")
    ig = state.issue_token("lea").access_token
    assert graph.inspect(ig).data["is_valid"] is False
    assert graph.get("/me", ig).codes == (400, 190, None)
    eaa = world.issue_token(world.add_person("Lea").id)
    there = graph.emulator.answer(Request("GET", "/v26.0/me", {"access_token": eaa.access_token}))
    assert (there.status, b"Cannot parse access token" in there.body) == (400, True)


@pytest.mark.parametrize(
    ("switch", "value", "holds"),
    [
        ("invalid_expires_at_zero", True, lambda told: told["expires_at"] == 0),
        ("invalid_error", False, lambda told: "error" not in told),
        ("inspection_missing", ["app_id", "type"], lambda told: not {"app_id", "type"} & set(told)),
    ],
)
def test_odd_shapes(graph: Graph, world: Facebook, token: FacebookToken, switch: str, value: Any, holds: Any) -> None:
    world.kill(token.holder.id)
    assert not holds(graph.inspect(token).data)
    world.switches.change({switch: value})
    assert holds(graph.inspect(token).data)
    assert graph.inspect(token).data["is_valid"] is False


def test_the_caller_may_come_in_the_header(graph: Graph, token: FacebookToken) -> None:
    said = graph.by_header("/v26.0/debug_token", APP_TOKEN, input_token=token.access_token)
    assert said.data["is_valid"] is True


def test_only_the_app_and_its_developers_may_ask(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    wrong = ["", "x", f"{APP_ID}|x", "1|x", token.access_token]
    for caller in wrong:
        said = graph.inspect(token, caller)
        assert said.codes == (400, 100, None)
        assert said.error["message"].startswith("(#100) You must provide an app access token, or a user access token")
    world.switches.change({"developers": [token.holder.id]})
    assert graph.inspect(token, token.access_token).data["is_valid"] is True


def test_another_apps_token_is_not_told(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    world.add_app("77", "other-secret")
    said = graph.inspect(token, "77|other-secret")
    assert said.codes == (400, 100, None)
    assert said.error["message"] == "(#100) The App_id in the input_token did not match the Viewing App"
    assert graph.get("/debug_token", APP_TOKEN).error["code"] == 100, "nothing to inspect"
