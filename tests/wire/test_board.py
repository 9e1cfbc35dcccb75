"""The page for people: what it shows, and what it never shows."""

import re

import pytest

from tests.emulator.browser import consent
from tests.emulator.records import DAY, HOUR, Token, fingerprint
from tests.emulator.state import State
from tests.emulator.words import span

from .client import APP_ID, CALLBACK, SECRET, Client, came_back, exchange_form

NASTY = "<script>alert(1)\"'&"


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]))


def test_an_empty_emulator_says_so(client: Client) -> None:
    page = client.get("/").text
    for words in (
        "Nobody has an account here yet.",
        "None: everything answers",
        "No program and nobody has asked yet.",
    ):
        assert words in page
    assert "Real time." in page
    assert "Emulator of Instagram — not Meta" in page


def test_a_person_is_shown_with_state_permissions_and_tokens(client: Client, state: State, lea: Token) -> None:
    client.me(lea.access_token)
    words = text_of(client.get("/").text)
    assert "@lea Lea Lindt · Business Connected Perennial Demo may: basic · content_publish" in words
    assert (
        f"•{fingerprint(lea.access_token)} Alive Long-lived · 2 days old · expires in 58 days · used just now" in words
    )


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ("change_password", "Password changed"),
        ("remove_app", "App removed"),
        ("checkpoint", "Checkpoint"),
        ("unconfirm", "Account not confirmed"),
        ("logout", "Logged out"),
        ("kill_session", "Session ended"),
        ("invalidate", "Made invalid"),
        ("expire", "Expired"),
        ("kill", "Ended"),
    ],
)
def test_the_page_says_why_a_token_is_dead(client: Client, state: State, lea: Token, event: str, shown: str) -> None:
    getattr(state, event)("lea")
    page = client.get("/").text
    assert page.count(f'<span class="badge bad">{shown}</span>') == 2  # the person and the token


def test_a_replaced_token_is_told_from_a_mismatch(client: Client, state: State, lea: Token) -> None:
    client.refresh(lea.access_token)
    assert "replaced, works for 3 minutes" in client.get("/").text
    state.set_clock(offset_seconds=HOUR)
    words = text_of(client.get("/").text)
    assert "Replaced by a newer one" in words
    assert "Connected" in words


def test_older_tokens_fold_away(client: Client, state: State, lea: Token) -> None:
    for _ in range(40):
        state.issue_token("lea")
    page = client.get("/").text
    assert "38 older (the newest 27 are listed)" in page
    assert page.count("Long-lived") == 30


def test_many_people_can_be_searched(client: Client, state: State) -> None:
    state.issue_tokens(70, "x")
    page = client.get("/").text
    assert "70 people. The first 60 of 70 are shown." in page
    assert "@x69" not in page
    assert "@x69" in client.get("/", find="@X69").text
    assert "Nobody’s username has “y” in it." in client.get("/", find="y").text
    reply = client.post("/_page/checkpoint", person="x69")
    assert "@x69" in client.get(reply.headers["Location"]).text


def test_the_last_thirty_requests_are_shown_newest_first(client: Client, state: State, lea: Token) -> None:
    client.get("/oldest")
    for _ in range(29):
        client.me(lea.access_token)
    state.add_fault("html_502", times=1)
    client.refresh(lea.access_token)
    page = client.get("/").text
    assert page.count("<code>GET ") == 30
    assert "/oldest" not in page
    first = text_of(page).partition("Last requests")[2]
    assert "GET /refresh_access_token @lea · grant_type=ig_refresh_token" in first[:160]
    assert "html_502 502" in first[:220]


def test_faults_say_whom_they_concern_and_that_a_request_meets_one_of_them(client: Client, state: State) -> None:
    state.add_fault("rate_4", path="/me", username="lea", after=2, times=3)
    assert "rate_4 on /me, for @lea, lets 2 more pass first, 3 times" in text_of(client.get("/").text)
    assert "Each request meets one" not in client.get("/").text
    state.add_fault("html_502")
    assert "Each request meets one of these at most: the first in this list that concerns it." in client.get("/").text


def test_a_request_cut_off_and_one_still_waiting_are_told(client: Client, state: State, lea: Token) -> None:
    state.add_fault("reset", times=1)
    with pytest.raises(OSError):
        client.me(lea.access_token)
    client.me(lea.access_token)
    state.journal.last(1)[0].status = None
    words = text_of(client.get("/").text)
    assert "cut off" in words
    assert "waiting" in words


def test_no_page_shows_a_secret(client: Client, state: State, lea: Token) -> None:
    code = came_back(consent(client.authorize_url(), "lea"))["code"]
    short = client.exchange(code).json["data"][0]["access_token"]
    client.lengthen(short)
    client.me(lea.access_token)
    client.get("/me", {"Authorization": f"Bearer {lea.access_token}"})
    client.get(f"/{lea.access_token}/media")
    client.get("/me", fields=lea.access_token, access_token="unknown-token", scope=SECRET)
    client.send(lea.access_token, "/me")
    client.post("/oauth/access_token", **exchange_form("unknown-code"), person=short)
    state.add_fault("reset", path=f"/{lea.access_token}", token=lea.access_token)
    reply = client.post("/_page/change-password", person="lea")
    for page in (client.get("/").text, client.get(reply.headers["Location"]).text):
        for secret in (*state.secrets(), "unknown-token", "unknown-code"):
            assert secret not in page
        assert fingerprint(lea.access_token) in page
        assert f"code •{fingerprint(code)}" in page


def test_everything_is_escaped(client: Client, state: State) -> None:
    state.add_person(NASTY, NASTY, NASTY)
    state.add_app("77", "s", NASTY)
    token = state.issue_token(NASTY, "77")
    state.add_fault("slow", path=f"/{NASTY}", username=NASTY)
    client.me(token.access_token, NASTY)
    client.get(f"/%3Cscript%3E?scope=%3Cscript%3E&person={NASTY.encode().hex()}")
    pages = [
        client.get("/").text,
        client.get("/", find="<script>").text,
        client.get("/", said="<script>").text,
        client.post("/_page/change-password", person=NASTY + "x").text,
        client.post("/_page/age", person=NASTY, days="<script>").text,
        client.get(client.post("/_page/checkpoint", person=NASTY).headers["Location"]).text,
        client.get(client.authorize_url(client_id="77", state=NASTY).removeprefix(client.url)).text,
        client.post("/oauth/authorize", **dialog(person="/new", new_username=NASTY)).text,
        client.post("/oauth/authorize", **dialog(person=NASTY)).text,
    ]
    for page in pages:
        assert "<script" not in page
    assert "&lt;script&gt;" in pages[0]


def dialog(**fields: str) -> dict[str, str]:
    asked = {
        "client_id": APP_ID,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "instagram_business_basic",
    }
    return {**asked, "decision": "allow", **fields}


def test_characters_that_cannot_be_sent_break_nothing(client: Client, state: State) -> None:
    state.add_person("\ud800\x00")
    assert client.get("/").status == 200
    state.issue_tokens(70, "x")
    assert client.post("/_page/checkpoint", person="\ufffd").status == 404


def test_a_notice_is_shown_only_to_who_pressed(client: Client, state: State, lea: Token) -> None:
    client.post("/_page/checkpoint", person="lea")
    assert 'role="status"' not in client.get("/").text
    assert 'role="status"' not in client.get("/", said="hello").text


def test_the_page_needs_no_script_and_no_other_file(client: Client, lea: Token) -> None:
    reply = client.get("/")
    assert "<script" not in reply.text
    assert not re.search(r'(?:src|href)="(?!/|data:)', reply.text)
    assert reply.headers["X-Frame-Options"] == "DENY"
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (60, "1 minute"), (HOUR * 2, "2 hours"), (-DAY, "1 day"), (59.9 * DAY, "60 days")],
)
def test_spans_read_well(seconds: float, words: str) -> None:
    assert span(seconds) == words
