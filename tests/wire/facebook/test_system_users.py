"""System users of a business: their tokens, how these are renewed, and what ends them."""

from typing import Any

import pytest

from tests.emulator.facebook.records import FacebookToken, SystemUser
from tests.emulator.facebook.world import Facebook
from tests.emulator.records import DAY
from tests.emulator.refusals import Wrong

from .calls import Graph, proof_of

SIXTY = {"set_token_expires_in_60_days": "true"}


@pytest.fixture
def expiring(world: Facebook, reporter: SystemUser) -> FacebookToken:
    return world.generate_token(reporter.id, "sixty_days", age_days=50)


@pytest.fixture
def lasting(world: Facebook, reporter: SystemUser) -> FacebookToken:
    return world.generate_token(reporter.id, "never")


def test_it_says_who_it_is_and_which_ad_accounts_it_has(
    graph: Graph, reporter: SystemUser, lasting: FacebookToken
) -> None:
    assert graph.get("/me", lasting, fields="id,name").json == {"id": reporter.id, "name": "Reporter"}
    told = graph.get("/me/adaccounts", lasting, fields="id,name").data
    assert told == [{"id": f"act_{number}", "name": name} for number, name in reporter.ad_accounts.items()]
    first = graph.get("/me/adaccounts", lasting, limit="1")
    assert graph.follow(first.json["paging"]["next"]).data[0]["id"] == told[1]["id"]
    assert graph.get("/me/adaccounts", lasting, fields="shoe").error["code"] == 100
    assert {each["permission"] for each in graph.get("/me/permissions", lasting).data} == set(lasting.granted)
    assert graph.delete("/me/permissions", lasting).codes == (400, 100, 33)


def test_without_the_permission_no_ad_account_is_told(graph: Graph, world: Facebook, reporter: SystemUser) -> None:
    token = world.generate_token(reporter.id, scopes=["instagram_basic"])
    assert graph.get("/me/adaccounts", token).codes == (400, 200, None)


def test_pages_of_the_business_are_reached(graph: Graph, world: Facebook, reporter: SystemUser) -> None:
    world._state.add_person("hana")
    page = world.add_page("Hana", reporter.id, instagram="hana")
    token = world.generate_token(reporter.id, "never")
    [told] = graph.get("/me/accounts", token, fields="id,access_token").data
    assert told["id"] == page.id
    assert graph.get(f"/{page.instagram_id}", told["access_token"], fields="username").json["username"] == "hana"


def test_the_expiring_kind_is_renewed_and_the_old_one_lives_on_until_its_date(
    graph: Graph, world: Facebook, expiring: FacebookToken
) -> None:
    end = expiring.expires_at
    told = graph.exchange(expiring, **SIXTY).json
    assert (told["token_type"], told["expires_in"]) == ("bearer", 5_183_944)
    fresh = world.tokens[told["access_token"]]
    assert fresh.expires_at == pytest.approx(world.now() + 60 * DAY, abs=100)
    assert (fresh.kind, fresh.granted) == ("system_user", expiring.granted)
    assert expiring.expires_at == end
    assert graph.get("/me", expiring).status == graph.get("/me", fresh).status == 200
    assert world._state.refreshes(expiring.holder.id) == 1
    world._state.set_clock(offset_seconds=11 * DAY)
    assert graph.exchange(expiring, **SIXTY).codes == (400, 190, 463)
    assert graph.get("/me", fresh).status == 200


def test_without_the_parameter_it_is_refused_unless_switched(
    graph: Graph, world: Facebook, expiring: FacebookToken
) -> None:
    assert graph.exchange(expiring).codes == (400, 100, None)
    world.switches.change({"exchange_without_sixty_days": "allow"})
    assert graph.exchange(expiring).json["expires_in"] == 5_183_944


@pytest.mark.parametrize(
    ("position", "keys"),
    [
        ("sixty_days", {"access_token", "token_type", "expires_in"}),
        ("never", {"access_token", "token_type"}),
        ("refuse", {"error"}),
    ],
)
def test_the_lasting_kind_is_exchanged_as_switched(
    graph: Graph, world: Facebook, lasting: FacebookToken, position: str, keys: set[str]
) -> None:
    world.switches.change({"never_expiring_exchange": position})
    told = graph.exchange(lasting, **SIXTY).json
    assert set(told) == keys
    if position == "never":
        assert world.tokens[told["access_token"]].expires_at is None
    assert graph.get("/me", lasting).status == 200


@pytest.mark.parametrize(
    ("end", "subcode", "words"),
    [
        (Facebook.revoke_tokens, 466, "The session was invalidated explicitly using an API call"),
        (Facebook.delete_system_user, 465, "The user is invalid."),
        (Facebook.remove_app_from_business, 458, "has not authorized application"),
        (lambda world, _: world.break_app("secret_reset"), None, "cannot be used any more"),
        (Facebook.expire, 463, "Session has expired on"),
    ],
)
def test_what_ends_it(
    graph: Graph, world: Facebook, expiring: FacebookToken, end: Any, subcode: int | None, words: str
) -> None:
    end(world, expiring.holder.id)
    said = graph.get("/me", expiring)
    assert said.codes == (400, 190, subcode)
    assert words in said.error["message"]


def test_a_lasting_token_does_not_expire(graph: Graph, world: Facebook, lasting: FacebookToken) -> None:
    assert world.expire(lasting.holder.id) == 0
    world._state.set_clock(offset_seconds=4000 * DAY)
    assert graph.get("/me", lasting).status == 200


def test_a_deleted_one_may_be_told_as_a_missing_object(
    graph: Graph, world: Facebook, reporter: SystemUser, lasting: FacebookToken
) -> None:
    world.switches.change({"deleted_system_user": "object_missing"})
    world.delete_system_user(reporter.id)
    said = graph.get("/me", lasting)
    assert said.codes == (400, 100, 33)
    assert f"Object with ID '{reporter.id}' does not exist" in said.error["message"]
    inspected = graph.inspect(lasting)
    assert (inspected.status, inspected.data["is_valid"]) == (200, False)
    with pytest.raises(Wrong):
        world.generate_token(reporter.id)


def test_a_secret_reset_ends_system_users_tokens_and_makes_old_proofs_wrong(
    graph: Graph, world: Facebook, lasting: FacebookToken
) -> None:
    person = world.issue_token(world.add_person("Lena").id)
    world.break_app("secret_reset")
    assert graph.get("/me", person).status == 200
    said = graph.get("/me", person, appsecret_proof=proof_of(person.access_token))
    assert "Invalid appsecret_proof" in said.error["message"]
    world.mend_app()
    assert graph.get("/me", lasting).status == 400, "a mended app does not bring it back"


def test_mistakes_are_told(world: Facebook, reporter: SystemUser) -> None:
    for wrong in (
        lambda: world.add_system_user(""),
        lambda: world.add_system_user("x", id=reporter.id),
        lambda: world.generate_token(reporter.id, "soon"),
        lambda: world.generate_token(reporter.id, scopes=["shoes"]),
    ):
        with pytest.raises(Wrong):
            wrong()
