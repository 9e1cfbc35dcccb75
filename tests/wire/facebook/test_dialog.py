"""Facebook's dialog: who somebody is, what they allow, which Pages they share, and the way back."""

import pytest

from tests.emulator.facebook.records import CONFIG_ID, FacebookPerson, Page
from tests.emulator.facebook.world import Facebook

from .calls import APP_ID, BASIC, CALLBACK, PAGE_LIST, READ_PAGES, Graph, Said, came_back

ALL = (BASIC, PAGE_LIST, READ_PAGES)


def allow(graph: Graph, person: str, *ticked: str, pages: tuple[str, ...] = (), **changes: str) -> Said:
    fields = [("permission", each) for each in ticked] + [("page", each) for each in pages]
    return graph.open(("person", person), ("decision", "allow"), *fields, **changes)


def test_the_first_step_asks_who_somebody_is(graph: Graph, lena: FacebookPerson) -> None:
    page = graph.open().text
    for words in ("Emulator of Facebook — not Meta", "go on with Perennial Demo", "Lena Brandt<small>3 Pages</small>"):
        assert words in page
    said = graph.open(("person", lena.id), ("decision", "next"))
    assert said.status == 303
    assert f"person={lena.id}" in (said.answer.header("Location") or "")


def test_the_second_step_asks_for_pages_and_permissions(graph: Graph, lena: FacebookPerson, hana: Page) -> None:
    page = graph.open(person=lena.id).text
    for words in ("Instagram: @hana", "No Instagram account is linked", "See your Instagram account", "perennial.test"):
        assert words in page
    for name, value in [("page", hana.id), *(("permission", each) for each in ALL)]:
        assert f'<input type="checkbox" name="{name}" value="{value}" checked>' in page
    assert graph.open().answer.header("X-Frame-Options") == "DENY"


@pytest.mark.parametrize("path", ["/v26.0/dialog/oauth", "/dialog/oauth"])
def test_what_is_ticked_is_granted_and_shared(
    graph: Graph, world: Facebook, lena: FacebookPerson, hana: Page, path: str
) -> None:
    fields = (("person", lena.id), ("decision", "allow"), ("permission", BASIC), ("page", hana.id), ("page", "1"))
    said = graph.open(*fields, path=path)
    assert said.answer.header(
        "Location",
    ).endswith("#_=_")  # type: ignore[union-attr]
    back = came_back(said)
    assert set(back) == {"code", "state"}
    assert back["state"] == "s-1"
    grant = lena.grants[APP_ID]
    assert grant.permissions == {BASIC: "granted", PAGE_LIST: "declined", READ_PAGES: "declined"}
    assert grant.pages == (hana.id,)
    token = graph.redeem(back["code"]).json["access_token"]
    assert graph.inspect(token).data["scopes"] == [BASIC]


def test_the_apps_own_query_stays(graph: Graph, lena: FacebookPerson) -> None:
    said = allow(graph, lena.id, BASIC, redirect_uri=CALLBACK + "?a=1")
    assert (said.answer.header("Location") or "").startswith(CALLBACK + "?a=1&code=")


def test_what_was_declined_is_asked_again_only_on_request(graph: Graph, lena: FacebookPerson) -> None:
    allow(graph, lena.id, BASIC)
    again = graph.open(person=lena.id).text
    assert f'value="{PAGE_LIST}"' not in again
    allow(graph, lena.id, *ALL)
    assert lena.grants[APP_ID].granted == (BASIC,)
    assert f'value="{PAGE_LIST}"' in graph.open(person=lena.id, auth_type="rerequest").text
    back = came_back(allow(graph, lena.id, *ALL, auth_type="rerequest"))
    assert lena.grants[APP_ID].granted == ALL
    assert graph.inspect(graph.redeem(back["code"]).json["access_token"]).data["scopes"] == list(ALL)


def test_cancelling_comes_back_with_a_denial(graph: Graph, world: Facebook, lena: FacebookPerson) -> None:
    denial = {
        "error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied your request",
    }  # fmt: skip
    assert came_back(graph.open(("decision", "cancel"))) == {**denial, "state": "s-1"}
    world.switches.change({"denial_code": True, "denial_state": False})
    assert came_back(graph.open(("decision", "cancel"))) == {**denial, "error_code": "200"}
    assert lena.grants == {}


def test_somebody_without_a_role_is_denied(graph: Graph, world: Facebook, lena: FacebookPerson) -> None:
    world.switches.change({"no_role": [lena.id]})
    assert came_back(allow(graph, lena.id, *ALL))["error_code"] == "200"


def test_a_configuration_takes_the_place_of_scope(graph: Graph, world: Facebook, lena: FacebookPerson) -> None:
    world.add_app(APP_ID, configs={CONFIG_ID: [BASIC]})
    page = graph.open(person=lena.id, config_id=CONFIG_ID).text
    assert f'value="{BASIC}"' in page
    assert f'value="{PAGE_LIST}"' not in page
    assert "Invalid configuration ID" in graph.open(config_id="1").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "1234567890"}, "Invalid App ID"),
        ({"redirect_uri": "javascript:x"}, "URL Blocked"),
        ({"scope": "instagram_basic,shoes"}, "Invalid Scopes: shoes"),
        ({"scope": "instagram_business_basic"}, "Invalid Scopes: instagram_business_basic"),
        ({"scope": ""}, "Invalid Scopes"),
        ({"response_type": "token"}, "Invalid response type"),
    ],
)
def test_a_wrong_request_ends_on_an_error_page(graph: Graph, changes: dict[str, str], words: str) -> None:
    for said in (graph.open(**changes), graph.open(("decision", "cancel"), **changes)):
        assert (said.status, said.answer.header("Location")) == (400, None)
        assert words in said.text


def test_only_registered_addresses_are_led_back_to(graph: Graph, world: Facebook) -> None:
    world.add_app(APP_ID, redirect_uris=["https://other.test/"])
    assert "URL Blocked" in graph.open().text
    assert graph.open(path="/nowhere").status == 404


def test_somebody_new_may_bring_a_page(graph: Graph, world: Facebook) -> None:
    fields = (("person", "/new"), ("new_name", "Mia M"), ("new_instagram", "@mia"), ("decision", "next"))
    assert graph.open(*fields).status == 303
    [mia] = world.persons.values()
    [page] = world.pages.values()
    assert (mia.name, list(mia.roles)) == ("Mia M", [page.id])
    assert page.instagram_id == world._state.person("mia").user_id


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Please choose who you are."),
        ({"person": "nobody"}, "Please choose who you are."),
        ({"person": "/new"}, "Please type a name."),
        ({"person": "/new", "new_name": "Mia", "new_instagram": "a/b"}, "A username has only letters"),
    ],
)
def test_a_mistake_is_told_on_the_same_page(
    graph: Graph, world: Facebook, fields: dict[str, str], sentence: str
) -> None:
    said = graph.open(*fields.items(), ("decision", "next"))
    assert said.status == 400
    assert sentence in said.text
    assert world.persons == {}
    assert "Please press Continue or Cancel." in graph.open(*fields.items(), ("decision", "maybe")).text


@pytest.mark.parametrize(
    ("event", "words"), [("checkpoint", "Confirm it’s you"), ("unconfirm", "Confirm your account")]
)
def test_somebody_hindered_is_told_and_keeps_what_was_ticked(
    graph: Graph, world: Facebook, lena: FacebookPerson, hana: Page, event: str, words: str
) -> None:
    getattr(world, event)(lena.id)
    said = allow(graph, lena.id, BASIC, pages=(hana.id,))
    assert said.status == 403
    assert words in said.text
    assert f'value="{BASIC}" checked' in said.text
    assert f'value="{PAGE_LIST}">' in said.text
    assert f'value="{hana.id}" checked' in said.text
    assert lena.grants == {}


def test_everything_is_escaped(graph: Graph, world: Facebook) -> None:
    nasty = "<script>\"'&"
    person = world.add_person(nasty)
    world.add_page(nasty, person.id)
    world.add_app(APP_ID, name=nasty)
    pages = [
        graph.open(state=nasty), graph.open(person=person.id, state=nasty), graph.open(scope=nasty),
        graph.open(("new_name", nasty), ("new_instagram", nasty), ("decision", "next")),
    ]  # fmt: skip
    for said in pages:
        assert "<script" not in said.text
