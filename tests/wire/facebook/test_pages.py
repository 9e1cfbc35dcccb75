"""Pages, their tokens, and the Instagram accounts linked to them."""

import pytest

from tests.emulator.facebook.records import FacebookPerson, FacebookToken, Page
from tests.emulator.facebook.world import Facebook

from .calls import BASIC, PAGE_LIST, READ_PAGES, Graph

FIELDS = "id,name,access_token,tasks,instagram_business_account{id,username}"


def test_the_shared_pages_are_told_with_what_is_asked_for(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page
) -> None:
    told = graph.get("/me/accounts", token, fields=FIELDS)
    assert [each["name"] for each in told.data] == ["Hana", "Flora", "Brandt"]
    first = told.data[0]
    assert list(first) == ["id", "name", "access_token", "tasks", "instagram_business_account"]
    assert (first["id"], first["tasks"]) == (hana.id, ["MANAGE", "ANALYZE"])
    assert first["instagram_business_account"] == {"id": hana.instagram_id, "username": "hana"}
    assert "instagram_business_account" not in told.data[2]
    assert set(told.json["paging"]) == {"cursors"}
    assert set(graph.get("/me/accounts", token).data[0]) == {"access_token", "name", "id", "tasks"}
    assert set(graph.get("/me/accounts", token, fields="name").data[0]) == {"name", "id"}
    assert graph.get("/me/accounts", token, fields="id,instagram_business_account").data[0] == {
        "id": hana.id, "instagram_business_account": {"id": hana.instagram_id},
    }  # fmt: skip


def test_only_what_was_shared_is_told(graph: Graph, world: Facebook, token: FacebookToken, hana: Page) -> None:
    world.share(token.holder.id, [hana.id])
    assert [each["name"] for each in graph.get("/me/accounts", token).data] == ["Hana"]
    others = [each for each in world.pages if each != hana.id]
    assert graph.get(f"/{others[0]}", token).codes == (400, 100, 33)


@pytest.mark.parametrize(("fields", "code"), [("id,shoe", 100), ("id{", 2500), ("id}", 2500), ("a{b", 2500)])
def test_fields_that_are_none_fail_the_call(graph: Graph, token: FacebookToken, fields: str, code: int) -> None:
    assert graph.get("/me/accounts", token, fields=fields).codes == (400, code, None)
    assert graph.get("/me/accounts", token, fields="instagram_business_account{shoe}").error["code"] == 100


def test_many_pages_come_in_pages_of_results(graph: Graph, world: Facebook) -> None:
    person = world.add_person("Chen Wei")
    for number in range(60):
        world.add_page(f"Branch {number}", person.id)
    token = world.issue_token(person.id)
    first = graph.get("/me/accounts", token, fields="id,name")
    assert len(first.data) == 25
    assert token.access_token in first.json["paging"]["next"], "the address holds the token"
    second = graph.follow(first.json["paging"]["next"])
    third = graph.get("/me/accounts", token, fields="id,name", after=second.json["paging"]["cursors"]["after"])
    assert [each["name"] for said in (first, second, third) for each in said.data] == [f"Branch {n}" for n in range(60)]
    assert "next" not in third.json["paging"]
    assert graph.follow(third.json["paging"]["previous"]).data == second.data
    assert len(graph.get("/me/accounts", token, limit="7").data) == 7
    assert len(graph.get("/me/accounts", token, limit="500").data) == 60
    world.switches.change({"page_of_results": 3})
    assert len(graph.get("/me/accounts", token).data) == 3
    for wrong in ({"after": "x"}, {"after": "QVFI"}, {"limit": "none"}):
        assert graph.get("/me/accounts", token, **wrong).error["code"] == 100


def test_somebody_without_pages_has_an_empty_list(graph: Graph, world: Facebook) -> None:
    token = world.issue_token(world.add_person("Noor").id)
    assert graph.get("/me/accounts", token).json == {"data": []}


def test_without_the_permission_the_list_is_empty_or_refused(
    graph: Graph, world: Facebook, token: FacebookToken
) -> None:
    world.revoke(token.holder.id, PAGE_LIST)
    assert graph.get("/me/accounts", token).json == {"data": []}
    world.switches.change({"no_page_list": "code_10"})
    assert graph.get("/me/accounts", token).codes == (400, 10, None)


def test_one_page_tells_its_token_and_account(graph: Graph, world: Facebook, token: FacebookToken, hana: Page) -> None:
    fields = "access_token,instagram_business_account{id,username},name"
    told = graph.get(f"/{hana.id}", token, fields=fields).json
    assert told["access_token"] == graph.get("/me/accounts", token).data[0]["access_token"]
    assert told["instagram_business_account"]["username"] == "hana"
    world.unlink(hana.id)
    assert set(graph.get(f"/{hana.id}", token, fields=fields).json) == {"access_token", "name", "id"}
    for each in (PAGE_LIST, READ_PAGES):
        world.revoke(token.holder.id, each)
    assert graph.get(f"/{hana.id}", token).codes == (400, 10, None)


def test_a_pages_token_ends_by_date_with_a_short_one_alone(
    graph: Graph, world: Facebook, lena: FacebookPerson, token: FacebookToken
) -> None:
    short = world.issue_token(lena.id, "short")
    of_short = world.tokens[graph.get("/me/accounts", short).data[0]["access_token"]]
    of_long = world.tokens[graph.get("/me/accounts", token).data[0]["access_token"]]
    assert of_short.expires_at == pytest.approx(short.expires_at)
    assert of_long.expires_at is None
    world.expire(lena.id)
    assert graph.get("/me", of_short).codes == (400, 190, 463)
    assert graph.get("/me", of_long).json == {"id": of_long.page_id, "name": "Hana"}


def test_an_account_is_read_by_the_persons_token_or_the_pages(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page
) -> None:
    page = graph.get(f"/{hana.id}", token, fields="access_token").json["access_token"]
    for reader in (token.access_token, page):
        said = graph.get(f"/{hana.instagram_id}", reader, fields="id,username,name,profile_picture_url")
        assert said.json["username"] == "hana"
        assert set(said.json) == {"id", "username", "name", "profile_picture_url"}
        assert graph.get(f"/{hana.instagram_id}", reader).json == {"id": hana.instagram_id}
    flora = world._state.person("flora").user_id
    assert graph.get(f"/{flora}", page).codes == (400, 100, 33), "another Page's"
    assert graph.get(f"/{flora}", token, fields="shoe").error["code"] == 100


def test_an_account_is_lost_by_permission_link_kind_or_role(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page
) -> None:
    path = f"/{hana.instagram_id}"
    world.revoke(token.holder.id, BASIC)
    assert graph.get(path, token).codes == (400, 10, None)
    assert "instagram_business_account" not in graph.get("/me/accounts", token, fields=FIELDS).data[0]
    world.grant(token.holder.id, BASIC)
    world.unlink(hana.id)
    assert graph.get(path, token).codes == (400, 100, 33)
    world.link(hana.id, "hana")
    assert graph.get(path, token).status == 200
    world._state.set_account_type("hana", "Personal")
    assert graph.get(path, token).codes == (400, 100, 33)
    world._state.set_account_type("hana", "Business")
    world.lose_role(token.holder.id, hana.id)
    assert graph.get(path, token).codes == (400, 100, 33)


def test_a_renamed_account_is_told_by_its_new_name(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page
) -> None:
    world._state.rename("hana", "hana.h")
    assert graph.get(f"/{hana.instagram_id}", token, fields="username").json["username"] == "hana.h"


def test_a_link_moves(world: Facebook, lena: FacebookPerson) -> None:
    first, second, third = (world.pages[each] for each in lena.roles)
    world.link(third.id, "hana")
    assert first.instagram_id is None
    assert third.instagram_id == world._state.person("hana").user_id
    assert second.instagram_id is not None


def test_what_is_not_there_is_told_so(graph: Graph, token: FacebookToken, hana: Page) -> None:
    page = graph.get(f"/{hana.id}", token, fields="access_token").json["access_token"]
    for path in ("/nix", "", "/nix/accounts", f"/{hana.id}/accounts"):
        assert graph.get(path, token).codes == (400, 100, 33)
    for path in ("/me/shoes", "/me/accounts/more"):
        assert graph.get(path, token).codes == (400, 2500, None)
    for path in ("/me/accounts", "/me/adaccounts", "/me/permissions"):
        assert graph.get(path, page).error["code"] == 100
    assert graph.ask("POST", "/v26.0/me", access_token=token.access_token).codes == (400, 100, 33)
    assert graph.get("/me").codes == (400, 2500, None)
    assert graph.get(f"/{hana.id}").codes == (400, 104, None)
