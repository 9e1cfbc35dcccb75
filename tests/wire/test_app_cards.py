"""The page for people: apps, what breaks them, and what they are told."""

import pytest

from tests.emulator.records import Token
from tests.emulator.state import State

from .client import APP_ID, META_SECRET, Client
from .forms import form_of, forms, press, told
from .receiver import Receiver
from .test_board import NASTY, text_of

TELL, DELETE = "Remove the app and tell it", "Ask for deletion"


def test_an_app_is_shown_with_its_state_and_addresses(client: Client, state: State, receiver: Receiver) -> None:
    words = text_of(client.get("/").text)
    assert f"The app Perennial Demo {APP_ID} Works Told of removals at {receiver.url}/meta/deauthorize/" in words
    assert f"Told of requests for deletion at {receiver.url}/meta/data-deletion/" in words
    state.add_app("77", "other-secret", "Another")
    assert "Another 77 Works Told of nothing: it has no address for callbacks." in text_of(client.get("/").text)


@pytest.mark.parametrize(
    ("how", "shown", "sentence"),
    [
        ("secret_reset", "Secret reset", "its secret is another one now, so the one that programs hold is wrong"),
        ("disabled", "API access deactivated", "each of its calls is told that API access is deactivated (code 200)"),
        ("deleted", "Deleted", "each of its calls is told that the application has been deleted (code 190)"),
        (
            "unknown",
            "Unknown to Instagram",
            "each of its calls is told that there is no such app (code 101, “Invalid platform app”)",
        ),
    ],
)
def test_an_app_is_broken_and_mended(client: Client, state: State, how: str, shown: str, sentence: str) -> None:
    page = press(client, "Break the app", how=how)
    assert told(page) == f"Perennial Demo is broken: {sentence}, until you mend it."
    assert f'<span class="badge bad">{shown}</span>' in page
    assert state.app().broken == how
    page = press(client, "Mend the app")
    assert told(page) == "Perennial Demo works again."
    assert '<span class="badge good">Works</span>' in page
    assert state.app().broken is None


def test_removing_and_telling_says_what_the_app_answered(client: Client, lea: Token, receiver: Receiver) -> None:
    receiver.answers(200)
    page = press(client, TELL, "lea")
    assert told(page) == f"@lea removed Perennial Demo. 1 token died. {receiver.url}/meta/deauthorize/ answered 200."
    assert f"{receiver.url}/meta/deauthorize/ @lea · Removed the app · answered 200. 200" in text_of(page)
    assert lea.cause == "app_removed"
    assert "No living token was there to die." in told(press(client, TELL, "lea"))
    assert len(receiver.requests) == 2


def test_asking_for_deletion_says_code_and_status_page(client: Client, lea: Token, receiver: Receiver) -> None:
    receiver.answers(200, {"url": f"{receiver.url}/d/a1b2/", "confirmation_code": "a1b2"})
    page = press(client, DELETE, "lea")
    assert told(page) == (
        "@lea removed Perennial Demo and asks it to delete everything. 1 token died."
        f" {receiver.url}/meta/data-deletion/ answered 200 with the code a1b2,"
        f" whose state is shown at {receiver.url}/d/a1b2/."
    )
    assert f'<a href="{receiver.url}/d/a1b2/"' in page


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"<!DOCTYPE html><h1>Not found</h1>", "answered 404 with a page."),
        (400, b"No.", "answered 400 with No."),
        (200, {"oops": [1]}, 'answered 200 with {"oops": [1]}.'),
        (200, b"x" * 50, "answered 200 with •"),
    ],
)
def test_any_answer_is_told(
    client: Client, lea: Token, receiver: Receiver, status: int, body: object, words: str
) -> None:
    receiver.answers(status, body)
    assert words in told(press(client, TELL, "lea"))


def test_no_answer_is_told(client: Client, state: State, lea: Token) -> None:
    state.add_app(APP_ID, deauthorize_url="http://127.0.0.1:1/")
    page = press(client, TELL, "lea")
    assert told(page).endswith("http://127.0.0.1:1/ did not answer: Connection refused.")
    assert '<span class="badge bad">no answer</span>' in page


def test_the_page_is_there_while_the_app_is_told(client: Client, lea: Token, receiver: Receiver) -> None:
    seen: list[str] = []

    def look() -> None:
        other = Client(client.url, timeout=5)
        seen.append(text_of(other.get("/").text))
        other.close()

    receiver.before_answer = look
    press(client, TELL, "lea")
    assert "Removed the app · has not answered yet. waiting" in seen[0]


def test_the_buttons_are_there_for_apps_that_somebody_used_and_that_can_be_told(
    client: Client, state: State, lea: Token
) -> None:
    state.add_person("mia")
    assert TELL not in client.get("/").text
    state.add_app(APP_ID, deauthorize_url="http://localhost:1/")
    words = {(each.words, each.fields.get("person")) for each in forms(client.get("/").text)}
    assert (TELL, "lea") in words
    assert not {(TELL, "mia"), (DELETE, "lea"), (DELETE, "mia")} & words


def test_of_several_apps_one_is_chosen(client: Client, state: State, lea: Token, receiver: Receiver) -> None:
    state.add_app("77", "other-secret", "Another", deauthorize_url=f"{receiver.url}/77")
    there = state.issue_token("lea", "77")
    assert form_of(client.get("/").text, TELL, "lea").options["app"] == [APP_ID, "77"]
    assert told(press(client, TELL, "lea", app="77")).startswith("@lea removed Another. 1 token died.")
    assert (lea.cause, there.cause) == (None, "app_removed")


def test_the_page_shows_neither_secrets_nor_markup_of_callbacks(
    client: Client, state: State, lea: Token, receiver: Receiver
) -> None:
    state.break_app("secret_reset")
    receiver.answers(200, {"url": f"http://localhost/{NASTY}", "confirmation_code": f"{META_SECRET} {NASTY}"})
    client.post("/_page/deauthorize", person="lea", app=APP_ID)
    receiver.before_answer = lambda: receiver.answers(200, {"echo": receiver.signed_requests[-1]})
    reply = client.post("/_page/request-deletion", person="lea", app=APP_ID)
    page = client.get(reply.headers["Location"]).text
    assert "<script" not in page
    assert not [secret for secret in state.secrets() if secret in page]


def test_a_link_leads_to_this_machine_alone(client: Client, lea: Token, receiver: Receiver) -> None:
    for url in ("javascript:alert(1)", "https://elsewhere.test/", "http://elsewhere.test/"):
        receiver.answers(200, {"url": url, "confirmation_code": "a1"})
        assert "Status page" not in press(client, DELETE, "lea")
