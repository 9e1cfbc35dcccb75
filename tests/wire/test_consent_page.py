"""The consent page as a person meets it."""

import pytest

from tests.emulator.state import State

from .client import APP_ID, BASIC, PUBLISH, Client, Reply, came_back
from .forms import told


@pytest.fixture(autouse=True)
def someone(state: State) -> None:
    state.add_person("lea", "Lea Lindt", "Media_Creator")


def page(client: Client) -> str:
    return client.get(client.authorize_url().removeprefix(client.url)).text


def decide(client: Client, decision: str = "allow", **fields: str) -> Reply:
    carried = came_back(client.authorize_url())
    return client.post("/oauth/authorize", **carried, decision=decision, **fields)


def test_it_says_what_it_is_who_asks_and_for_what(client: Client) -> None:
    shown = page(client)
    for words in (
        "Emulator of Instagram — not Meta",
        "Perennial Demo would like to access your Instagram account",
        "@lea<small>Lea Lindt · Creator</small>",
        "See your profile and posts",
        "Create posts, reels and stories on your account.",
        "You go on to <b>perennial.test</b>",
    ):
        assert words in shown


def test_nobody_there_is_told(client: Client, state: State) -> None:
    state.reset()
    assert "Nobody has an account here yet." in page(client)


def test_someone_new_is_made_and_allowed(client: Client, state: State) -> None:
    reply = decide(client, person="/new", new_username="@Mia.M", permission=BASIC)
    assert "code" in came_back(reply.headers["Location"])
    assert state.person("mia.m").grants[APP_ID] == (BASIC,)


def test_a_typed_name_alone_is_enough(client: Client, state: State) -> None:
    assert decide(client, new_username="mia", permission=BASIC).status == 302
    assert "mia" in state.persons


def test_a_typed_name_that_is_there_is_that_person(client: Client, state: State) -> None:
    assert decide(client, person="/new", new_username="lea", permission=BASIC).status == 302
    assert list(state.persons) == ["lea"]


def test_the_list_wins_over_a_typed_name(client: Client, state: State) -> None:
    decide(client, person="lea", new_username="mia", permission=BASIC)
    assert list(state.persons) == ["lea"]


def test_cancelling_makes_nobody(client: Client, state: State) -> None:
    location = decide(client, "cancel", person="/new", new_username="mia").headers["Location"]
    assert came_back(location)["error"] == "access_denied"
    assert list(state.persons) == ["lea"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Please choose which account to continue with."),
        ({"person": "nobody", "new_username": "mia"}, "Please choose which account to continue with."),
        ({"person": "/new", "new_username": " "}, "Please type a username."),
        ({"person": "/new", "new_username": "a/b"}, "A username has only letters, digits, points and underscores."),
        ({"person": "/new", "new_username": "x" * 31}, "That username is too long: 30 characters are the most."),
    ],
)
def test_a_mistake_is_told_on_the_same_page(
    client: Client, state: State, fields: dict[str, str], sentence: str
) -> None:
    reply = decide(client, permission=PUBLISH, **fields)
    assert (reply.status, told(reply.text, "alert")) == (400, sentence)
    assert f'value="{PUBLISH}" checked' in reply.text
    assert f'value="{BASIC}">' in reply.text  # what was unticked stays so
    assert list(state.persons) == ["lea"]


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ("checkpoint", "Confirm it’s you: finish the security check on @lea, then try again."),
        ("unconfirm", "Confirm your account: confirm the e-mail address or phone number of @lea, then try again."),
    ],
)
def test_somebody_hindered_is_told_on_the_same_page(client: Client, state: State, event: str, sentence: str) -> None:
    getattr(state, event)("lea")
    reply = decide(client, person="lea", permission=BASIC)
    assert (reply.status, told(reply.text, "alert")) == (403, sentence)
    assert 'value="lea" required checked' in reply.text
    assert 'name="state" value="s-1"' in reply.text


def test_our_own_fields_in_the_link_choose_nothing(client: Client) -> None:
    target = client.authorize_url(person="lea", decision="allow", new_username="x").removeprefix(client.url)
    shown = client.get(target).text
    assert 'type="hidden" name="person"' not in shown
    assert 'type="hidden" name="decision"' not in shown


def test_the_form_is_taken_from_its_own_page_only(client: Client) -> None:
    body = "decision=cancel"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.send("POST", "/oauth/authorize", body, {**form, "Origin": "https://stray.test"}).status == 403
    assert 'name="referrer" content="same-origin"' in page(client)  # else browsers hide where forms come from
