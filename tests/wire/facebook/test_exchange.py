"""Codes and tokens exchanged for others, and tokens revoked."""

from typing import Any

import pytest

from tests.emulator.facebook.records import FacebookPerson, FacebookToken
from tests.emulator.facebook.world import Facebook
from tests.emulator.records import DAY

from .calls import APP_TOKEN, CALLBACK, CLIENT, SECRET, Graph, proof_of

SCOPES = ("instagram_basic", "pages_show_list")


@pytest.fixture
def code(world: Facebook, lena: FacebookPerson) -> str:
    world.consent(lena.id, world.app().id, SCOPES, SCOPES, lena.roles)
    return world.issue_code(lena, world.app().id, CALLBACK, SCOPES).value


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/v26.0/oauth/access_token", "/oauth/access_token"])
def test_a_code_buys_a_short_lived_token(graph: Graph, world: Facebook, code: str, method: str, path: str) -> None:
    told = graph.ask(method, path, **CLIENT, redirect_uri=CALLBACK, code=code).json
    assert set(told) == {"access_token", "token_type", "expires_in"}
    assert (told["token_type"], told["expires_in"]) == ("bearer", 4172)
    assert told["access_token"].startswith("EAA") and told["access_token"].isalnum()
    assert 180 <= len(told["access_token"]) <= 220
    token = world.tokens[told["access_token"]]
    assert (token.kind, token.granted) == ("short", SCOPES)
    assert token.expires_at == pytest.approx(world.now() + 4172, abs=5)


def test_the_end_may_be_untold(graph: Graph, world: Facebook, code: str) -> None:
    world.switches.change({"facebook_code_expires_in": None, "facebook_exchange_expires_in": None})
    short = graph.redeem(code).json
    assert set(short) == {"access_token", "token_type"}
    long = graph.exchange(short["access_token"]).json
    assert set(long) == {"access_token", "token_type"}
    assert world.tokens[long["access_token"]].expires_at == pytest.approx(world.now() + 60 * DAY, abs=5)


@pytest.mark.parametrize(
    ("changes", "codes", "words"),
    [
        ({"client_secret": "wrong"}, (400, 1, None), "Error validating client secret."),
        ({"client_id": "1"}, (400, 101, None), "Error validating application."),
        ({"redirect_uri": CALLBACK + "/"}, (400, 100, 36008), "redirect_uri is identical"),
        ({"code": "unknown"}, (400, 100, None), "Invalid verification code format."),
        ({"code": ""}, (400, 100, None), "code is required"),
        ({"grant_type": "password"}, (400, 100, None), "grant_type"),
    ],
)
def test_a_wrong_exchange_is_refused(graph: Graph, code: str, changes: dict[str, str], codes: Any, words: str) -> None:
    said = graph.redeem(code, **changes)
    assert said.codes == codes
    assert words in said.error["message"]
    assert graph.redeem(code).status == 200, "a refusal uses up nothing"


def test_a_code_is_good_once_and_for_an_hour(graph: Graph, world: Facebook, lena: FacebookPerson, code: str) -> None:
    graph.redeem(code)
    said = graph.redeem(code)
    assert (said.codes, said.error["message"]) == ((400, 100, 36009), "This authorization code has been used.")
    late = world.issue_code(lena, world.app().id, CALLBACK, SCOPES)
    late.issued_at -= 3601
    assert graph.redeem(late.value).codes == (400, 100, 36007)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_short_token_is_lengthened_and_lives_on(graph: Graph, world: Facebook, code: str, method: str) -> None:
    short = graph.redeem(code).json["access_token"]
    query = {**CLIENT, "grant_type": "fb_exchange_token", "fb_exchange_token": short}
    told = graph.ask(method, "/v26.0/oauth/access_token", **query).json
    assert told["expires_in"] == 5_183_944
    assert told["access_token"] != short
    assert world.tokens[told["access_token"]].kind == "long"
    assert graph.get("/me", short).status == graph.get("/me", told["access_token"]).status == 200


def test_a_long_token_sent_again_gets_sixty_days_more(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    world.age(token.holder.id, 30)
    told = graph.exchange(token).json
    assert told["access_token"] != token.access_token
    assert told["expires_in"] == 5_183_944
    assert world._state.refreshes(token.holder.id) == 1


def test_a_long_token_may_get_another_string_of_the_same_date(
    graph: Graph, world: Facebook, token: FacebookToken
) -> None:
    world.switches.change({"facebook_long_to_exchange": "same_date"})
    world.age(token.holder.id, 30)
    told = graph.exchange(token).json
    assert told["expires_in"] == pytest.approx(30 * DAY, abs=5)
    assert world.tokens[told["access_token"]].expires_at == pytest.approx(token.expires_at)


def test_a_long_token_may_be_refused(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    world.switches.change({"facebook_long_to_exchange": "refuse"})
    assert graph.exchange(token).codes == (400, 100, None)
    assert graph.get("/me", token).status == 200


def test_expired_foreign_and_pages_tokens_are_not_exchanged(
    graph: Graph, world: Facebook, lena: FacebookPerson, token: FacebookToken
) -> None:
    page = world.issue_token(lena.id, "page", page=next(iter(lena.roles)))
    assert graph.exchange(page).codes == (400, 100, None)
    world.add_app("77", "other-secret")
    assert graph.exchange(token, client_id="77", client_secret="other-secret").codes == (400, 100, None)
    assert graph.exchange("IGAAunknown").codes == (400, 190, None)
    world.expire(lena.id)
    assert graph.exchange(token).codes == (400, 190, 463)


def test_revoking_ends_a_token_and_the_pages_tokens_told_to_it(
    graph: Graph, world: Facebook, token: FacebookToken
) -> None:
    page = graph.get("/me/accounts", token).data[0]["access_token"]
    other = world.issue_token(token.holder.id)
    query = {**CLIENT, "revoke_token": token.access_token}
    assert graph.get("/oauth/revoke", other, **{**query, "client_secret": "x"}).error["code"] == 1
    assert graph.get("/oauth/revoke", **query).codes == (400, 104, None)
    assert graph.get("/oauth/revoke", other, **query, appsecret_proof="0").error["code"] == 100
    assert graph.get("/me", token).status == 200
    said = graph.get("/oauth/revoke", other, **query, appsecret_proof=proof_of(other.access_token))
    assert said.json == {"success": True}
    for dead in (token.access_token, page):
        assert graph.get("/me", dead).codes == (400, 190, 466)
    assert graph.get("/me", other).status == 200
    assert graph.get("/oauth/revoke", APP_TOKEN, **{**query, "revoke_token": other.access_token}).status == 200
    assert SECRET not in said.text
