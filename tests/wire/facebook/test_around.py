"""What holds for Facebook's hosts as for Instagram's: faults, limits, log, versions, kept state, browser."""

import json
from urllib.parse import urlencode

import pytest

from tests.emulator.addresses import addresses
from tests.emulator.browser import ConsentRefused, facebook_consent
from tests.emulator.facebook.cast import add_cast
from tests.emulator.facebook.records import FacebookPerson, FacebookToken, SystemUser
from tests.emulator.facebook.world import Facebook
from tests.emulator.mishaps import switch_on
from tests.emulator.records import fingerprint
from tests.emulator.server import EmulatorServer
from tests.emulator.snapshot import Damaged, restore, snapshot
from tests.emulator.state import State
from tests.emulator.wire import Request
from tests.wire.client import Client, came_back

from .calls import APP_ID, BASIC, CALLBACK, DIALOG, Graph

# faults, limits, log, versions


def test_a_fault_strikes_by_path_token_and_person(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    state, other = world._state, world.issue_token(world.add_person("Mia").id)
    state.add_fault("password_changed", path="/facebook-graph/me", username=token.holder.id, times=1)
    assert graph.get("/me", other).status == 200
    assert graph.get("/me", token).codes == (400, 190, 460), "with its subcode, as ever on this host"
    state.add_fault("http_500", token=token.access_token, times=1)
    assert graph.exchange(token).status == 500
    state.add_fault("190", path="/me")
    assert graph.get("/me", token).status == 200, "Instagram's /me is another"
    state.add_fault("checkpoint", path="/facebook-graph/debug_token", times=1)
    assert "www.facebook.com" in graph.inspect(token).error["message"]


@pytest.mark.parametrize("name", ["outage", "rate-limit"])
def test_mishaps_strike_here_too(graph: Graph, world: Facebook, token: FacebookToken, name: str) -> None:
    switch_on(world._state, name)
    assert graph.get("/me", token).status in (500, 400)


def test_an_apps_limit_is_told_and_kept(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    world._state.limit_app(APP_ID, per_hour=2, minutes=7)
    first = graph.get("/me", token)
    assert json.loads(first.answer.header("X-App-Usage") or "")["call_count"] == 50
    assert graph.inspect(token).status == 200
    said = graph.exchange(token)
    assert said.error["code"] == 4
    assert "regain_access" in (said.answer.header("X-Business-Use-Case-Usage") or "")


def test_requests_are_written_down_counted_and_masked_for_people(
    graph: Graph, world: Facebook, token: FacebookToken
) -> None:
    graph.exchange(token)
    [entry] = world._state.requests("/facebook-graph/oauth/access_token")
    assert (entry["username"], entry["path"]) == (token.holder.id, "/facebook-graph/v26.0/oauth/access_token")
    assert world._state.counts(token.access_token)["token"] == 1
    graph.inspect(token)
    graph.get("/me/accounts", token, fields="id,access_token")
    page = board(graph)
    assert "Lena Brandt · grant_type=fb_exchange_token" in page
    assert f"token •{fingerprint(token.access_token)}" in page
    for secret in world._state.secrets():
        assert secret not in page


def board(graph: Graph) -> str:
    return graph.send(Request("GET", "/")).text


def test_versions_are_served_as_on_instagrams_host(graph: Graph, world: Facebook, token: FacebookToken) -> None:
    assert graph.get("/me", token).answer.header("facebook-api-version") == "v26.0"
    world.switches.change({"oldest_version": "v25.0"})
    for path in ("/me", "/v20.0/me"):
        said = graph.ask("GET", path, access_token=token.access_token)
        assert (said.status, said.answer.header("facebook-api-version")) == (200, "v25.0")
    said = graph.ask("GET", "/v99.0/me", access_token=token.access_token)
    assert (said.error["code"], said.error["message"]) == (2500, "Unknown path components: /me")


# the kept state


def test_all_of_it_is_the_same_after_writing_and_reading(
    graph: Graph, world: Facebook, token: FacebookToken, reporter: SystemUser
) -> None:
    world.page_token(token, next(iter(token.holder.roles)))
    world.issue_code(world.person(token.holder.id), APP_ID, CALLBACK, (BASIC,)).used = True
    world.generate_token(reporter.id, "never")
    world.change_password(token.holder.id)
    world.checkpoint(token.holder.id)
    world.delete_system_user(reporter.id)
    world.add_app("77", "other", configs={"5": [BASIC]})
    world.break_app("disabled", "77")
    world.switches.change({"proof": "required"})
    before, after = world._state, State()
    restore(after, json.loads(json.dumps(snapshot(before))))
    assert snapshot(after) == snapshot(before)
    assert after.facebook.as_json() == world.as_json()
    assert set(after.secrets()) == set(before.secrets())
    assert after.facebook.switches is after.switches
    assert Graph(after).get("/me", token.access_token).error["code"] == 190
    assert after.facebook.add_person("New").id == world.add_person("New").id


def test_a_file_of_before_there_was_facebook_is_read(world: Facebook) -> None:
    told = snapshot(world._state)
    del told["facebook"]
    after = State()
    restore(after, told)
    assert list(after.facebook.apps) == [APP_ID]


def test_a_damaged_one_changes_nothing(world: Facebook, lena: FacebookPerson) -> None:
    told = snapshot(world._state)
    told["facebook"]["persons"] = []
    told["facebook"]["tokens"] = [{"holder": "1"}]
    with pytest.raises(Damaged):
        restore(world._state, told)
    assert lena.id in world.persons


# over real HTTP


def dialog_url(server: EmulatorServer, **changes: str) -> str:
    return f"{server.facebook_dialog_url}/v26.0/dialog/oauth?{urlencode({**DIALOG, **changes})}"


def test_a_browser_goes_through_both_steps(server: EmulatorServer, state: State) -> None:
    lena = str(add_cast(state, 0)["persons"][0]["id"])  # type: ignore[index]
    page = next(iter(state.facebook.person(lena).roles))
    assert set(came_back(facebook_consent(dialog_url(server), lena))) == {"code", "state"}
    assert len(state.facebook.person(lena).shared(APP_ID)) == 3
    facebook_consent(dialog_url(server), lena, permissions=[BASIC], pages=[page])
    assert state.facebook.person(lena).shared(APP_ID) == [page]
    assert state.facebook.person(lena).grants[APP_ID].granted == (BASIC,)
    assert came_back(facebook_consent(dialog_url(server), lena, decision="cancel"))["error"] == "access_denied"
    state.facebook.checkpoint(lena)
    for wrong in ({"url": dialog_url(server), "person": lena}, {"url": dialog_url(server, scope="x"), "person": lena}):
        with pytest.raises(ConsentRefused):
            facebook_consent(wrong["url"], wrong["person"])


def test_the_addresses_lead_to_all_hosts(server: EmulatorServer, client: Client) -> None:
    told = addresses(server.url)
    assert (told["FACEBOOK_DIALOG_URL"], told["FACEBOOK_GRAPH_URL"]) == (
        server.facebook_dialog_url, server.facebook_graph_url,
    )  # fmt: skip
    assert addresses("http://a", "http://b")["FACEBOOK_DIALOG_URL"] == "http://b/facebook"
    assert client.get("/facebook-graph/v26.0/me").error["code"] == 2500
    assert client.get("/facebook/dialog/oauth").status == 400
