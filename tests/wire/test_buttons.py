"""The page for people: each button does what it says, and says what it did."""

import time
from collections.abc import Callable

import pytest

from tests.emulator.app_buttons import TELLING_BUTTONS
from tests.emulator.buttons import BUTTONS, PERSON_BUTTONS
from tests.emulator.records import DAY, Token
from tests.emulator.state import State

from .client import APP_ID, BASIC, PUBLISH, Client
from .forms import form_of, forms, press, pressed, told

DEATHS = {
    "Change password": ("@lea changed the password. 1 token died.", "changed their password"),
    "Remove the app": ("@lea removed the app. 1 token died.", "has not authorized application"),
    "Checkpoint": (
        "@lea is at a checkpoint: no token of theirs works until it is cleared.",
        "You cannot access the app till you log in",
    ),
    "Unconfirm": ("@lea is not confirmed any more: no token of theirs works.", "not a confirmed user"),
    "Log out": ("@lea logged out everywhere. 1 token died.", "the user logged out"),
    "Expire tokens": ("@lea: 1 token expired.", "Session has expired"),
}


@pytest.mark.parametrize("words", DEATHS)
def test_a_deadly_button_ends_the_token(client: Client, lea: Token, words: str) -> None:
    sentence, message = DEATHS[words]
    assert told(press(client, words, "lea")) == sentence
    assert message in client.me(lea.access_token).error["message"]


@pytest.mark.parametrize(
    ("into", "out_of", "shown"),
    [("Checkpoint", "Clear checkpoint", "Checkpoint"), ("Unconfirm", "Confirm", "Account not confirmed")],
)
def test_what_hinders_somebody_can_be_undone(client: Client, lea: Token, into: str, out_of: str, shown: str) -> None:
    assert f'<span class="badge bad">{shown}</span>' in press(client, into, "lea")
    assert "work again" in told(press(client, out_of, "lea"))
    assert client.me(lea.access_token).status == 200


def test_ageing_makes_tokens_older(client: Client, lea: Token) -> None:
    issued = lea.issued_at
    page = press(client, "Age by days", "lea", days="10,5")
    assert told(page) == "@lea: 1 token grew 10.5 days older."
    assert lea.issued_at == issued - 10.5 * DAY


def test_revoking_takes_one_permission(client: Client, state: State, lea: Token) -> None:
    form = form_of(client.get("/").text, "Revoke permission", "lea")
    assert PUBLISH in form.options["permission"]
    assert told(press(client, "Revoke permission", "lea", permission=PUBLISH)).startswith("@lea took back")
    assert PUBLISH not in lea.granted
    assert client.me(lea.access_token).status == 200
    press(client, "Revoke permission", "lea", permission=BASIC)
    assert client.me(lea.access_token).error["code"] == 10


def test_revoking_twice_is_told(client: Client, state: State, lea: Token) -> None:
    state.set_permissions("lea", [BASIC], APP_ID)
    reply = client.post("/_page/revoke", person="lea", permission=PUBLISH)
    assert (reply.status, told(reply.text, "alert")) == (400, f"@lea has not granted {PUBLISH} to any app.")


def test_a_permission_is_granted_back(client: Client, state: State, lea: Token) -> None:
    press(client, "Revoke permission", "lea", permission=BASIC)
    form = form_of(client.get("/").text, "Grant permission", "lea")
    assert form.options["permission"] == [BASIC]
    told_so = told(press(client, "Grant permission", "lea"))
    assert told_so == "@lea granted basic. Tokens that had it before have it again."
    assert client.me(lea.access_token).status == 200
    assert "Grant permission" not in client.get("/").text


def test_an_account_is_switched_to_personal_and_back(client: Client, lea: Token) -> None:
    assert told(press(client, "Switch to personal account", "lea")) == "@lea now has a Personal account."
    assert client.me(lea.access_token, "account_type").json["account_type"] == "Personal"
    press(client, "Switch to professional account", "lea")
    assert client.me(lea.access_token, "account_type").json["account_type"] == "Business"


def test_renaming(client: Client, lea: Token) -> None:
    assert told(press(client, "Rename", "lea", username=" @Lea.Neu ")) == "@lea is now called @lea.neu."
    assert client.me(lea.access_token).json["username"] == "lea.neu"


def test_an_outage_lasts_until_it_is_ended(client: Client, state: State, lea: Token) -> None:
    state.add_fault("rate_4")
    page = press(client, "Outage")
    assert '<span class="badge warn">Outage</span>' in page
    assert client.me(lea.access_token).status == 500
    assert client.get(client.authorize_url().removeprefix(client.url)).status == 500
    assert client.get("/").status == 200
    state.clear_faults()
    press(client, "Outage")
    assert told(press(client, "End outage")) == "The outage is over."
    assert client.me(lea.access_token).status == 200


def test_a_rate_limit_spares_the_consent_page(client: Client, lea: Token) -> None:
    press(client, "Rate limit")
    assert client.refresh(lea.access_token).error["code"] == 4
    assert client.get(client.authorize_url().removeprefix(client.url)).status == 200
    press(client, "Lift the rate limit")
    assert client.refresh(lea.access_token).status == 200


def test_slow_answers_take_their_time(client: Client, lea: Token) -> None:
    assert "0.3 seconds each" in press(client, "Slow answers", seconds="0.3")
    before = time.monotonic()
    assert client.me(lea.access_token).status == 200
    assert time.monotonic() - before >= 0.25
    press(client, "End slow answers")
    assert "Slow answers</span>" not in client.get("/").text


def test_the_next_answer_is_lost_and_its_work_done(client: Client, state: State, lea: Token) -> None:
    press(client, "Slow answers", seconds="600")
    press(client, "Lose the next answer")
    with pytest.raises(OSError):
        client.refresh(lea.access_token)
    assert state.refreshes("lea") == 1
    press(client, "End slow answers")
    assert state.faults.all() == []


def test_pressing_twice_makes_one_fault(client: Client, state: State) -> None:
    for _ in range(2):
        client.post("/_page/outage")
    assert [each.mishap for each in state.faults.all()] == ["outage"]
    client.post("/_page/slow", seconds="1")
    assert client.control("GET", "faults").json["faults"][1]["mishap"] == "slow"


def test_a_fault_of_the_control_is_shown_and_removed(client: Client, state: State, lea: Token) -> None:
    state.add_fault("html_502", path="/me", username="lea", token=lea.access_token, times=2)
    page = client.get("/").text
    assert "on /me, for @lea, for token •" in page
    assert "html_502" in page
    assert told(press(client, "Remove")) == "The fault is removed."
    assert state.faults.all() == []


def test_a_new_person_is_made(client: Client, state: State) -> None:
    page = press(client, "New person", username="Mia_M", account_type="media_creator")
    assert told(page) == "@mia_m has an account now."
    assert state.person("mia_m").account_type == "Media_Creator"


def test_the_clock_moves_and_comes_back(client: Client, state: State) -> None:
    assert told(press(client, "Move the clock", days="12")) == "The clock moved 12 days ahead."
    press(client, "Move the clock", days="-2")
    assert state.offset == 10 * DAY
    assert "10 days ahead of real time" in client.get("/").text
    press(client, "Back to real time")
    assert state.offset == 0


def test_the_log_is_cleared(client: Client, state: State, lea: Token) -> None:
    client.me(lea.access_token)
    assert told(press(client, "Clear log")) == "The log is empty."
    assert state.requests() == []


def test_every_button_is_on_some_page(client: Client, state: State, lea: Token) -> None:
    def actions() -> set[str]:
        names = {each.action.removeprefix("/_page/") for each in forms(client.get("/").text)}
        return {each for each in names if not each.startswith("facebook/")}

    state.add_fault("reset", path="/nowhere")
    state.add_app(APP_ID, deauthorize_url="http://localhost:1/", deletion_url="http://localhost:1/")
    client.me(lea.access_token)
    shown = actions()
    state.revoke("lea", PUBLISH)
    state.break_app("disabled")
    state.checkpoint("lea")
    state.unconfirm("lea")
    state.set_clock(offset_seconds=DAY)
    for name in ("outage", "rate-limit"):
        client.post(f"/_page/{name}")
    client.post("/_page/slow", seconds="1")
    assert shown | actions() == {*BUTTONS, *PERSON_BUTTONS, *TELLING_BUTTONS}


WRONG: list[tuple[str, dict[str, str], int, str]] = [
    ("change-password", {"person": "nobody"}, 404, "There is nobody called “nobody”."),
    ("change-password", {}, 404, "Please say whom you mean."),
    ("change-password", {"person": "x" * 5000}, 404, f"There is nobody called “{'x' * 30}…”."),
    ("age", {"person": "lea", "days": "many"}, 400, "“many” is not a number of days."),
    ("age", {"person": "lea", "days": ""}, 400, "Please type a number of days."),
    ("age", {"person": "lea", "days": "nan"}, 400, "“nan” is not a number of days."),
    ("age", {"person": "lea", "days": "1e99"}, 400, "The days go from 0 to 3650."),
    ("age", {"person": "lea", "days": "-1"}, 400, "The days go from 0 to 3650."),
    ("move-clock", {"days": "inf"}, 400, "The days go from -3650 to 3650."),
    ("slow", {"seconds": "0"}, 400, "The seconds go from 0.1 to 600."),
    ("revoke", {"person": "lea", "permission": "fly"}, 404, "There is no permission “fly”."),
    ("grant", {"person": "lea", "permission": "fly"}, 404, "There is no permission “fly”."),
    ("grant", {"person": "lea", "permission": PUBLISH}, 400, f"@lea allows nothing that lacks {PUBLISH}."),
    ("deauthorize", {"person": "nobody"}, 404, "There is nobody called “nobody”."),
    ("deauthorize", {"person": "lea", "app": "7"}, 404, "There is no app “7”."),
    (
        "request-deletion",
        {"person": "lea", "app": APP_ID},
        400,
        f"The app {APP_ID} has no address for that: give it deletion_url.",
    ),
    ("break-app", {"app": "7", "how": "deleted"}, 404, "There is no app “7”."),
    ("break-app", {"app": APP_ID}, 400, "how takes one of: secret_reset, disabled, deleted, unknown."),
    ("mend-app", {}, 404, "There is no app “”."),
    ("account-type", {"person": "lea"}, 400, "An account is one of: Business, Creator, Personal."),
    ("rename", {"person": "lea", "username": ""}, 400, "Please type a username."),
    ("rename", {"person": "lea", "username": "lea"}, 400, "There is somebody called @lea already."),
    ("new-person", {"username": "x" * 31}, 400, "That username is too long: 30 characters are the most."),
    ("new-person", {"username": "a b"}, 400, "A username has only letters, digits, points and underscores."),
    ("new-person", {"username": "lea"}, 400, "There is somebody called @lea already."),
    ("remove-fault", {"fault": "9" * 6000}, 404, f"There is no fault “{'9' * 30}…”."),
    ("remove-fault", {"fault": "7"}, 404, "There is no fault 7."),
    ("dance", {}, 404, "There is no such button."),
]


@pytest.mark.parametrize(("name", "fields", "status", "sentence"), WRONG)
def test_a_mistake_is_told_on_the_page(
    client: Client, lea: Token, name: str, fields: dict[str, str], status: int, sentence: str
) -> None:
    reply = client.post(f"/_page/{name}", **fields)
    assert (reply.status, told(reply.text, "alert")) == (status, sentence)
    assert "@lea" in reply.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_the_page_itself_is_no_button(client: Client, method: str) -> None:
    assert client.send(method, "/").status == 404


def test_a_button_reached_by_a_link_leads_back_to_the_page(client: Client, state: State, lea: Token) -> None:
    reply = client.get("/_page/change-password?person=lea")
    assert (reply.status, reply.headers["Location"]) == (303, "/")
    assert lea.cause is None


Sending = Callable[[Client, dict[str, str]], int]
SENDINGS: dict[str, Sending] = {
    "page": lambda client, headers: client.send("POST", "/_page/outage", "", headers).status,
    "control": lambda client, headers: client.send("POST", "/_control/faults", '{"kind": "reset"}', headers).status,
    "consent": lambda client, headers: client.send("POST", "/oauth/authorize", "decision=cancel", headers).status,
}


@pytest.mark.parametrize("target", SENDINGS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://stray.test"},
        {"Origin": "null"},
        {"Origin": "http://[broken"},
        {"Referer": "https://stray.test/page"},
    ],
)
def test_a_stray_page_presses_nothing(
    client: Client, state: State, lea: Token, target: str, headers: dict[str, str]
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    before = state.as_json()["faults"]
    status = SENDINGS[target](client, {**form, **headers})
    assert status == 403
    assert state.as_json()["faults"] == before


def test_a_button_without_an_origin_is_pressed(client: Client, lea: Token) -> None:
    assert client.post("/_page/checkpoint", person="lea").status == 303
    assert pressed(client, "Clear checkpoint", "lea").status == 303
