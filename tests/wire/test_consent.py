"""The dialog: who may be asked, what the page offers, and how the person is sent back."""

from urllib.parse import urlsplit

import pytest

from tests.emulator.browser import ConsentRefused, consent
from tests.emulator.state import State

from .client import APP_ID, BASIC, CALLBACK, PUBLISH, SECRET, Client, came_back


@pytest.fixture(autouse=True)
def someone(state: State) -> None:
    state.add_person("lea", "Lea <Lindt>")


def test_allowing_sends_back_a_code_and_the_state(client: Client) -> None:
    location = consent(client.authorize_url(), "lea")
    assert location.startswith(CALLBACK + "?code=AQB")
    assert location.endswith("&state=s-1#_")


def test_without_a_state_none_comes_back(client: Client) -> None:
    location = consent(client.authorize_url(state=None), "lea")
    assert set(came_back(location)) == {"code"}


def test_a_state_of_odd_characters_comes_back_as_it_was(client: Client) -> None:
    odd = 'a b&c="d"<é>%2F+'
    assert came_back(consent(client.authorize_url(state=odd), "lea"))["state"] == odd


def test_a_query_of_the_redirect_uri_is_kept(client: Client) -> None:
    location = consent(client.authorize_url(redirect_uri=CALLBACK + "?tenant=7"), "lea")
    assert list(came_back(location)) == ["tenant", "code", "state"]


def test_cancelling_sends_back_the_documented_denial(client: Client) -> None:
    location = consent(client.authorize_url(), "lea", decision="cancel")
    assert came_back(location) == {
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_description": "The user denied your request",
        "state": "s-1",
    }
    assert "error_description=The+user+denied+your+request" in location
    assert not urlsplit(location).fragment


def test_the_denial_may_come_without_the_state(client: Client, state: State) -> None:
    state.configure(denial_state=False)
    assert "state" not in came_back(consent(client.authorize_url(), "lea", decision="cancel"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_id": "1"}, "Invalid platform app"),
        ({"client_id": None}, "Invalid platform app"),
        ({"redirect_uri": "ftp://perennial.test/"}, "Invalid redirect_uri"),
        ({"redirect_uri": "https://[broken/"}, "Invalid redirect_uri"),
        ({"redirect_uri": "https://perennial.test/\r\nX: y"}, "Invalid redirect_uri"),
        ({"redirect_uri": None}, "Invalid redirect_uri"),
        ({"response_type": "token"}, "Invalid response type: token"),
        ({"scope": "user_profile"}, "Invalid scope"),
        ({"scope": f"{BASIC},business_basic"}, "Invalid scope"),
        ({"scope": ""}, "Invalid scope"),
    ],
)
def test_a_wrong_dialog_is_told_on_a_page_and_sends_nobody_back(
    client: Client, changes: dict[str, str | None], told: str
) -> None:
    with pytest.raises(ConsentRefused) as refused:
        consent(client.authorize_url(**changes), "lea")
    assert refused.value.status == 400
    assert told in refused.value.page


def test_a_registered_redirect_uri_must_match_exactly(client: Client, state: State) -> None:
    state.add_app("77", "other-secret", redirect_uris=[CALLBACK])
    consent(client.authorize_url(client_id="77"), "lea")
    with pytest.raises(ConsentRefused, match="Invalid redirect_uri"):
        consent(client.authorize_url(client_id="77", redirect_uri=CALLBACK + "/"), "lea")


@pytest.mark.parametrize("scope", [f"{BASIC},{PUBLISH}", f"{BASIC} {PUBLISH}"])
def test_scopes_come_apart_at_commas_and_spaces(client: Client, scope: str) -> None:
    page = client.get(client.authorize_url(scope=scope).removeprefix(client.url)).text
    assert page.count('type="checkbox"') == 2


def test_the_page_works_without_script_and_escapes_what_it_shows(client: Client) -> None:
    reply = client.get(client.authorize_url(state='"><script>').removeprefix(client.url))
    assert "<script" not in reply.text
    assert "Lea &lt;Lindt&gt;" in reply.text
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


def test_unticked_permissions_are_not_granted(client: Client, state: State) -> None:
    consent(client.authorize_url(), "lea", permissions=[PUBLISH])
    assert state.person("lea").grants[APP_ID] == (PUBLISH,)


def test_permissions_never_asked_for_are_not_granted(client: Client, state: State) -> None:
    consent(client.authorize_url(scope=BASIC), "lea", permissions=[BASIC, PUBLISH])
    assert state.person("lea").grants[APP_ID] == (BASIC,)


def test_an_unknown_person_is_asked_again(client: Client) -> None:
    with pytest.raises(ConsentRefused, match="Please choose which account"):
        consent(client.authorize_url(), "nobody")


def test_pressing_nothing_is_asked_again(client: Client) -> None:
    with pytest.raises(ConsentRefused, match="Please press Allow or Cancel"):
        consent(client.authorize_url(), "lea", decision="maybe")


def test_a_checkpointed_person_cannot_consent_until_cleared(client: Client, state: State) -> None:
    state.checkpoint("lea")
    with pytest.raises(ConsentRefused, match="security check"):
        consent(client.authorize_url(), "lea")
    state.clear_checkpoint("lea")
    assert "code" in came_back(consent(client.authorize_url(), "lea"))


def test_an_unconfirmed_person_cannot_consent_until_confirmed(client: Client, state: State) -> None:
    state.unconfirm("lea")
    with pytest.raises(ConsentRefused, match="Confirm your account"):
        consent(client.authorize_url(), "lea")
    state.confirm("lea")
    assert "code" in came_back(consent(client.authorize_url(), "lea"))


def test_a_person_without_a_role_is_not_sent_back(client: Client, state: State) -> None:
    state.configure(no_role=["lea"])
    with pytest.raises(ConsentRefused, match="Insufficient developer role"):
        consent(client.authorize_url(), "lea")


def test_the_secret_is_on_no_page(client: Client) -> None:
    page = client.get(client.authorize_url().removeprefix(client.url)).text
    assert SECRET not in page


def test_the_dialog_takes_only_get_and_post(client: Client) -> None:
    assert client.send("DELETE", "/oauth/authorize").status == 405


def test_the_index_shows_persons_and_fingerprints_but_no_token(client: Client, state: State) -> None:
    token = state.issue_token("lea").access_token
    page = client.get("/").text
    assert "lea" in page
    assert token not in page
