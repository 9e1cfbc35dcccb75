"""What a person granted, declined and took back; and the ninety days an app may read."""

import pytest

from tests.emulator.facebook.records import FacebookToken, Page
from tests.emulator.facebook.world import Facebook

from .calls import BASIC, PAGE_LIST, READ_PAGES, Graph

ACCOUNTS = "id,instagram_business_account{id}"


def test_every_permission_is_told_with_its_status(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    who = token.holder.id
    world.consent(who, token.app_id, [BASIC, PAGE_LIST, READ_PAGES], [BASIC, READ_PAGES], [])
    world.set_permission(who, READ_PAGES, "expired")
    told = {each["permission"]: each["status"] for each in graph.get("/me/permissions", token).data}
    assert (told[BASIC], told[PAGE_LIST], told[READ_PAGES]) == ("granted", "declined", "expired")
    assert READ_PAGES not in graph.inspect(token).data["scopes"]


@pytest.mark.parametrize("node", ["me", "id"])
def test_all_are_taken_back_by_delete(graph: Graph, world: Facebook, token: FacebookToken, node: str) -> None:
    path = "/me" if node == "me" else f"/{token.user_id}"
    assert graph.delete(f"{path}/permissions", token).json == {"success": True}
    assert graph.get("/me", token).codes == (400, 190, 458)


def test_one_is_taken_back_by_delete(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    assert graph.delete(f"/{token.user_id}/permissions/{BASIC}", token).json == {"success": True}
    assert BASIC not in token.granted
    assert graph.get("/me", token).status == 200
    assert graph.delete(f"/me/permissions/{BASIC}", token).error["code"] == 100
    assert graph.delete("/me", token).codes == (400, 100, 33)


def test_nobody_takes_back_what_others_granted(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    mia = world.issue_token(world.add_person("Mia").id)
    for path in (f"/{mia.user_id}/permissions", f"/{token.holder.id}/permissions"):
        assert graph.delete(path, token).codes == (400, 100, 33)
    assert graph.get("/me", mia).status == 200


def test_a_token_never_gains_what_it_did_not_have(world: Facebook, token: FacebookToken) -> None:
    narrow = world.issue_token(token.holder.id, scopes=[BASIC])
    world.grant(token.holder.id, PAGE_LIST)
    assert narrow.granted == (BASIC,)
    assert PAGE_LIST in token.granted


def test_after_ninety_days_the_token_lives_and_reads_nothing(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page
) -> None:
    page = world.page_token(token, hana.id)
    world.set_consented(token.holder.id, 89.9)
    assert graph.get(f"/{hana.instagram_id}", page).status == 200
    world.set_consented(token.holder.id, 90)
    for said in (
        graph.get(f"/{hana.instagram_id}", page),
        graph.get(f"/{hana.instagram_id}", token),
        graph.get("/me/accounts", token, fields=ACCOUNTS),
    ):
        assert said.codes == (400, 10, None)
    told = graph.inspect(page).data
    assert told["is_valid"] is True
    assert told["data_access_expires_at"] <= world.now()
    assert graph.get("/me", token).status == graph.get("/me/accounts", token).status == 200


@pytest.mark.parametrize("days", [None, 0])
def test_the_ninety_days_may_never_end(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page, days: int | None
) -> None:
    world.switches.change({"data_access_days": days})
    world.set_consented(token.holder.id, 4000)
    assert graph.get(f"/{hana.instagram_id}", token).status == 200
    assert graph.inspect(token).data["data_access_expires_at"] == 0


@pytest.mark.parametrize("resets", [False, True])
def test_an_exchange_may_begin_them_anew(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page, resets: bool
) -> None:
    world.switches.change({"exchange_resets_data_access": resets})
    world.set_consented(token.holder.id, 95)
    fresh = graph.exchange(token).json["access_token"]
    assert graph.get(f"/{hana.instagram_id}", fresh).status == (200 if resets else 400)


def test_consent_begins_them_anew(graph: Graph, world: Facebook, token: FacebookToken, hana: Page) -> None:
    world.set_consented(token.holder.id, 95)
    world.consent(token.holder.id, token.app_id, [BASIC], [BASIC], token.holder.roles)
    assert graph.get(f"/{hana.instagram_id}", token).status == 200
