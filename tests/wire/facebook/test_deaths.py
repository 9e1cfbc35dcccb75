"""What happens to Facebook persons, and how their tokens answer: always with the subcode."""

from collections.abc import Callable

import pytest

from tests.emulator.facebook.records import FacebookPerson, FacebookToken, Page
from tests.emulator.facebook.world import Facebook
from tests.emulator.refusals import Missing, Wrong

from .calls import APP_ID, Graph

EVENTS: dict[str, tuple[Callable[[Facebook, str], object], int | None, str]] = {
    "password": (Facebook.change_password, 460, "the user changed their password or Facebook has changed the session"),
    "app removed": (Facebook.remove_app, 458, f"The user has not authorized application {APP_ID}."),
    "checkpoint": (Facebook.checkpoint, 459, "You cannot access the app till you log in to www.facebook.com"),
    "blocked": (lambda world, who: world.checkpoint(who, "blocked"), 459, "blocked, logged-in checkpoint"),
    "unconfirmed": (Facebook.unconfirm, 464, "not a confirmed user"),
    "logout": (Facebook.logout, 467, "the user logged out"),
    "mismatch": (lambda world, who: world.logout(who, "mismatch"), 467, "does not match current stored session"),
    "killed": (Facebook.kill_session, 466, "The session was invalidated explicitly using an API call"),
    "expired": (Facebook.expire, 463, "Session has expired on"),
    "invalid": (Facebook.invalidate, None, "Invalid OAuth access token."),
}


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_ends_tokens_in_its_own_words(
    graph: Graph, world: Facebook, token: FacebookToken, name: str
) -> None:
    happen, subcode, words = EVENTS[name]
    happen(world, token.holder.id)
    for said in (graph.get("/me", token), graph.get("/me/accounts", token), graph.exchange(token)):
        assert said.codes == (400, 190, subcode)
        assert words in said.error["message"]
    inspected = graph.inspect(token).data
    assert inspected["error"].get("subcode") == subcode
    assert words in inspected["error"]["message"]


@pytest.mark.parametrize("name", [each for each in EVENTS if each != "expired"])
def test_a_pages_token_dies_along(graph: Graph, world: Facebook, token: FacebookToken, hana: Page, name: str) -> None:
    page = world.page_token(token, hana.id)
    happen, subcode, _ = EVENTS[name]
    happen(world, token.holder.id)
    assert graph.get(f"/{hana.instagram_id}", page).codes == (400, 190, subcode)


def test_losing_the_role_ends_that_pages_tokens_alone(
    graph: Graph, world: Facebook, token: FacebookToken, hana: Page
) -> None:
    page, other = (world.page_token(token, each) for each in list(token.holder.roles)[:2])
    assert world.lose_role(token.holder.id, hana.id) == 1
    assert graph.get("/me", page).codes == (400, 190, 492)
    assert "does not have an appropriate role on the Page" in graph.get("/me", page).error["message"]
    assert graph.get("/me", other).status == graph.get("/me", token).status == 200
    assert [each["name"] for each in graph.get("/me/accounts", token).data] == ["Flora", "Brandt"]
    world.give_role(token.holder.id, hana.id)
    assert graph.get("/me", page).codes == (400, 190, 492), "it stays dead"
    assert graph.get("/me/accounts", token).data[-1]["name"] == "Hana"


@pytest.mark.parametrize(("hinder", "clear"), [("checkpoint", "clear_checkpoint"), ("unconfirm", "confirm")])
def test_what_hinders_passes(graph: Graph, world: Facebook, token: FacebookToken, hinder: str, clear: str) -> None:
    getattr(world, hinder)(token.holder.id)
    assert graph.get("/me", token).status == 400
    getattr(world, clear)(token.holder.id)
    assert graph.get("/me", token).status == 200


def test_the_first_cause_stays_and_the_subcode_may_be_left_out(
    graph: Graph, world: Facebook, token: FacebookToken
) -> None:
    assert world.kill(token.holder.id, "password_changed", subcode=False) == 1
    assert world.kill_session(token.holder.id) == 0
    assert graph.get("/me", token).codes == (400, 190, None)
    assert "subcode" not in graph.inspect(token).data["error"]


def test_one_person_of_several_and_one_app_of_several(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    world.add_app("77", "other-secret")
    there = world.issue_token(token.holder.id, app_id="77")
    mia = world.issue_token(world.add_person("Mia").id)
    world.remove_app(token.holder.id, "77")
    assert graph.get("/me", there).codes == (400, 190, 458)
    assert graph.get("/me", token).status == graph.get("/me", mia).status == 200


@pytest.mark.parametrize(("how", "code"), [("disabled", 200), ("deleted", 190), ("unknown", 101)])
def test_a_broken_app_answers_everywhere(
    graph: Graph, world: Facebook, token: FacebookToken, how: str, code: int
) -> None:
    world.break_app(how)
    for said in (graph.get("/me", token), graph.inspect(token), graph.exchange(token)):
        assert said.error["code"] == code
    assert graph.open().status == 400
    world.mend_app()
    assert graph.get("/me", token).status == 200


def test_mistakes_are_told(world: Facebook, lena: FacebookPerson) -> None:
    with pytest.raises(Missing):
        world.change_password("nobody")
    with pytest.raises(Missing):
        world.kill(lena.id, "killed", "no-such-token")
    with pytest.raises(Missing):
        world.link("1", "hana")
    for wrong in (
        lambda: world.kill(lena.id, "rate_4"),
        lambda: world.add_person(" "),
        lambda: world.add_person("Mia", "abc"),
        lambda: world.add_person("Mia", lena.id),
        lambda: world.add_page("x", lena.id, tasks=["SLEEP"]),
        lambda: world.set_permission(lena.id, "instagram_basic", "lost"),
        lambda: world.revoke(lena.id, "instagram_basic"),  # allows no app anything
        lambda: world.issue_token(lena.id, "page"),
        lambda: world.issue_token(lena.id, scopes=["shoes"]),
    ):
        with pytest.raises(Wrong):
            wrong()
