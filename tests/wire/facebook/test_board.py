"""Facebook on the page for people: what it shows, what its buttons do, and the one secret that it shows once."""

import re

import pytest

from tests.emulator.facebook.buttons import BUTTONS, TELLING_BUTTONS
from tests.emulator.facebook.cast import add_cast
from tests.emulator.facebook.records import FacebookPerson, SystemUser
from tests.emulator.state import State
from tests.wire.client import Client
from tests.wire.forms import forms, press, pressed, told
from tests.wire.test_board import NASTY, text_of

from .calls import APP_ID


@pytest.fixture
def lena(state: State) -> FacebookPerson:
    add_cast(state, 60)
    return next(iter(state.facebook.persons.values()))


@pytest.fixture
def user(state: State, lena: FacebookPerson) -> SystemUser:
    return next(iter(state.facebook.system_users.values()))


def test_an_empty_one_says_so(client: Client) -> None:
    page = client.get("/").text
    assert "Nobody has an account at Facebook yet." in page
    assert "No business has a system user yet." in page


def test_persons_pages_and_tokens_are_shown(client: Client, state: State, lena: FacebookPerson) -> None:
    world = state.facebook
    token = world.issue_token(lena.id, scopes=["instagram_basic"], age_days=2)
    world.page_token(token, next(iter(lena.roles)))
    words = text_of(client.get("/").text)
    assert "Perennial Demo may: instagram_basic, and has data for 90 days" in words
    assert "Hana Paints Shared Instagram: @hana.paints" in words
    assert "Brandt &amp; Partners Shared no Instagram account is linked" in words
    assert "Page’s (Hana Paints) · less than a minute old · never expires · never used" in words
    assert "Long-lived · 2 days old · expires in 58 days" in words
    assert "52 more Pages" in words
    world.lose_role(lena.id, next(iter(lena.roles)))
    world.set_consented(lena.id, 91)
    words = text_of(client.get("/").text)
    assert "Page role lost" in words
    assert "and lost its access to data" in words


def test_a_generated_token_is_shown_once(client: Client, state: State, user: SystemUser) -> None:
    reply = pressed(client, "Generate token", user.id, expires="never", scopes="ads_read, instagram_basic")
    page = client.get(reply.headers["Location"]).text
    [token] = user.tokens
    assert f'<input value="{token.access_token}" readonly>' in page
    assert "Copy it now: it is not shown again." in told(page)
    assert (token.expires_at, token.granted) == (None, ("ads_read", "instagram_basic"))
    for again in (client.get(reply.headers["Location"]).text, client.get("/").text):
        assert token.access_token not in again
    assert token.access_token not in repr(reply.headers.items())


PRESSED = {
    "Change password": "Lena Brandt changed the password. 1 token died.",
    "Remove the app": "Lena Brandt removed the app. 1 token died.",
    "Log out": "Lena Brandt logged out everywhere. 1 token died.",
    "Checkpoint": "Lena Brandt is at a checkpoint: no token of theirs works until it is cleared.",
    "Unconfirm": "Lena Brandt is not confirmed any more: no token of theirs works.",
    "Expire tokens": "Lena Brandt: 1 token expired.",
    "Age by days": "Lena Brandt: 1 token grew 30 days older.",
    "Revoke permission": "Lena Brandt took back instagram_basic. Their tokens live on without it.",
    "Lose the role": "Lena Brandt has no role on Hana Paints any more. No living token was there to die.",
    "Unlink Instagram": "No Instagram account is linked to Hana Paints any more.",
}


@pytest.mark.parametrize("words", PRESSED)
def test_each_button_says_what_it_did(client: Client, state: State, lena: FacebookPerson, words: str) -> None:
    state.facebook.issue_token(lena.id)
    before = state.facebook.as_json()
    assert told(press(client, words, lena.id)) == PRESSED[words]
    assert state.facebook.as_json() != before


def test_buttons_that_undo_or_make(client: Client, state: State, lena: FacebookPerson, user: SystemUser) -> None:
    world = state.facebook
    world.issue_token(lena.id)
    for words, undo in (("Checkpoint", "Clear checkpoint"), ("Unconfirm", "Confirm")):
        press(client, words, lena.id)
        press(client, undo, lena.id)
    assert lena.hindrance is None
    press(client, "Revoke permission", lena.id, permission="ads_read")
    assert "granted ads_read" in told(press(client, "Grant permission", lena.id))
    press(client, "New Page", lena.id, name="Second")
    assert "Second" in [each.name for each in world.pages.values()]
    page = list(lena.roles)[2]
    assert told(press(client, "Link Instagram", lena.id, page=page, username="flora.bakes")).startswith("@flora.bakes")
    press(client, "New Facebook person", name="Mia")
    press(client, "New system user", name="Robot", business="B", ad_accounts="one, two")
    assert list(list(world.system_users.values())[-1].ad_accounts.values()) == ["one", "two"]
    assert "Perennial Demo at Facebook is broken" in told(press(client, "Break the Facebook app", how="disabled"))
    press(client, "Mend the Facebook app")
    for words in ("Revoke tokens", "Remove the app", "Expire tokens", "Delete"):
        world.generate_token(user.id)
        assert user.name in told(press(client, words, user.id))
    assert user.deleted


def test_every_button_is_on_some_page(client: Client, state: State, lena: FacebookPerson, user: SystemUser) -> None:
    def actions() -> set[str]:
        names = (each.action.removeprefix("/_page/") for each in forms(client.get("/").text))
        return {each.removeprefix("facebook/") for each in names if each.startswith("facebook/")}

    world = state.facebook
    world.add_app(APP_ID, deauthorize_url="http://localhost:1/", deletion_url="http://localhost:1/")
    world.issue_token(lena.id)
    shown = actions()
    world.revoke(lena.id, "ads_read")
    world.checkpoint(lena.id)
    world.unconfirm(lena.id)
    world.break_app("disabled")
    assert shown | actions() == {*BUTTONS, *TELLING_BUTTONS}


@pytest.mark.parametrize(
    ("name", "fields", "status"),
    [
        ("change-password", {"person": "1"}, 404),
        ("change-password", {}, 404),
        ("sleep", {}, 404),
        ("new-person", {"name": " "}, 400),
        ("break-app", {"app": "1"}, 404),
        ("age", {"person": "lena", "days": "x"}, 400),
        ("link", {"person": "lena", "username": "nobody", "page": "1"}, 404),
        ("unlink", {"page": "1"}, 404),
        ("generate-token", {"person": "lena", "expires": "never"}, 404),
        ("deauthorize", {"person": "lena"}, 400),
    ],
)
def test_mistakes_are_told_on_the_page(
    client: Client, lena: FacebookPerson, name: str, fields: dict[str, str], status: int
) -> None:
    sent = {**fields, **({"person": lena.id} if fields.get("person") == "lena" else {})}
    reply = client.post(f"/_page/facebook/{name}", **sent)
    assert reply.status == status
    assert told(reply.text, "alert").endswith(".")


def test_everything_is_escaped_and_nothing_is_loaded(client: Client, state: State) -> None:
    world = state.facebook
    person = world.add_person(NASTY)
    world.add_page(NASTY, person.id)
    world.add_system_user(NASTY, NASTY, ad_accounts=[NASTY])
    world.add_app("77", "s", NASTY)
    world.issue_token(person.id, app_id="77")
    page = client.get("/").text
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!/|data:)', page)
