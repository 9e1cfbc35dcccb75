"""Answers that no rule knows are kept once, counted, and hold plain words alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as some

from tests.factories import make_connection, make_connections, make_meta_app
from tests.flows.hiding_places import Searcher
from tests.races import together
from tests.tokens.fake_meta import FakeMeta, dead, profile, transient, unparsable
from tests.tokens.helpers import ago, attempt, attempt_for_real, events_of, status_of, sweep, token_of
from tests.tokens.journeys import allow, follow, leave
from tokens.meta import MetaError, OurMisconfiguration, Refused, Secret, UnexpectedReply
from tokens.meta.scrub import LONGEST, ORDINARY, scrub
from tokens.models import UnknownAnswer
from tokens.services import note_unknown as noting
from tokens.services.brake import Tallies, prune, tally
from tokens.services.note_unknown import MOST_KINDS, note_unknown
from tokens.services.verdicts import Call

pytestmark = pytest.mark.django_db
WORDS = "Something nobody has documented happened."


def unknown(code: int | None = 99999, *, said: str = WORDS, trace: str = "Atrace", call: Any = "refresh") -> MetaError:
    error = Refused("unknown", call=call, status=400, code=code, trace_id=trace)
    error.said = said
    return error


def kept() -> dict[int | None, int]:
    return dict(UnknownAnswer.objects.values_list("code", "count"))


def test_the_same_answer_is_one_row_with_a_count_and_the_last_trace(travel):
    first, later = ago(days=2), timezone.now()
    note_unknown([unknown()], first)
    note_unknown([unknown(trace="Alater"), None, unknown(trace="Alast")], later)
    row = UnknownAnswer.objects.get()
    assert (row.count, row.first_at, row.last_at, row.trace_id) == (3, first, later, "Alast")
    assert (row.call, row.status, row.code, row.subcode, row.text) == ("refresh", 400, 99999, None, WORDS)


@pytest.mark.parametrize(
    "other",
    [
        unknown(12345),
        unknown(call="me"),
        unknown(said="Something else."),
        UnexpectedReply(call="refresh", status=400, code=99999),
    ],
    ids=["code", "call", "words", "kind"],
)
def test_another_one_is_a_row_of_its_own(other):
    note_unknown([unknown(), other], timezone.now())
    assert UnknownAnswer.objects.count() == 2


@pytest.mark.parametrize(
    "known",
    [
        None,
        transient(),
        unparsable(),
        dead("password_changed"),
        Refused("blocked", call="me"),
        Refused("unsupported_request", call="me"),
        OurMisconfiguration("other", call="me"),
    ],
)
def test_what_a_rule_knows_is_not_kept(known):
    note_unknown([known], timezone.now())
    assert not UnknownAnswer.objects.exists()


def test_a_death_without_a_known_cause_is_kept():
    note_unknown([dead()], timezone.now())
    assert kept() == {190: 1}


def test_no_more_kinds_are_kept_than_a_table_can_bear_and_the_known_ones_go_on(monkeypatch):
    monkeypatch.setattr(noting, "MOST_KINDS", 3)
    note_unknown([unknown(code) for code in range(10)], timezone.now())
    assert kept() == {0: 1, 1: 1, 2: 1}
    note_unknown([unknown(1), unknown(77)], timezone.now())
    assert kept() == {0: 1, 1: 2, 2: 1}
    assert MOST_KINDS == 1000


def test_what_was_not_met_for_a_year_makes_room():
    note_unknown([unknown(1)], ago(days=401))
    note_unknown([unknown(2)], ago(days=399))
    prune(timezone.now())
    assert set(kept()) == {2}


@pytest.mark.django_db(transaction=True)
def test_two_who_meet_a_new_one_at_once_make_one_row():
    together(*[lambda: note_unknown([unknown()], timezone.now())] * 4)
    assert kept() == {99999: 4}


# From where they come


@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_an_attempt_keeps_it_and_ends_nothing(purpose, emulator):
    emulator.state.add_person("anna")
    connection = make_connection(token=emulator.state.issue_token("anna", age_days=50), due_at=ago(minutes=1))
    emulator.state.add_fault("unknown_code")
    for _ in range(3):
        attempt_for_real(connection, purpose)
    [row] = UnknownAnswer.objects.all()
    assert (row.code, row.count, row.call) == (99999, 3, "refresh" if purpose == "refresh" else "me")
    assert row.text == WORDS
    assert row.trace_id
    assert status_of(connection) == ("active", "")


def test_connecting_keeps_it(signed_in, tenant, emulator):
    emulator.state.add_person("anna")
    emulator.state.add_fault("unknown_code", path="/oauth/access_token")
    follow(signed_in, allow(leave(signed_in, tenant.slug), "anna"))
    assert list(UnknownAnswer.objects.values_list("call", "code", "count")) == [("code_exchange", 99999, 1)]


@pytest.mark.django_db(transaction=True)
def test_a_sweep_keeps_it_for_all_of_its_answers():
    make_connections(7, due_at=ago(minutes=1))
    sweep(FakeMeta(on_refresh=unknown(), on_me=profile("")))
    assert kept() == {99999: 7}


def test_answers_of_a_sweep_are_kept_with_its_tallies():
    app, tallies = make_meta_app(), Tallies()
    tallies.note(app.pk, [Call(False, error=unknown()), Call(False), Call(False, error=unknown())])
    assert kept() == {}
    tallies.store(at_once=True)
    assert kept() == {99999: 2}
    tallies.store(at_once=True)
    assert kept() == {99999: 2}


def test_the_event_keeps_the_words_and_the_codes():
    connection = make_connection()
    attempt(connection, FakeMeta(on_refresh=unknown()))
    assert events_of(connection) == ["refresh_failed"]
    tally(connection.meta_app_id, [], timezone.now())
    assert kept() == {99999: 1}


def test_nothing_kept_names_anybody_or_holds_a_token(emulator):
    """Meta repeats the token, ids and handles in its texts."""
    emulator.state.add_person("anna.blogs.daily")
    token = emulator.state.issue_token("anna.blogs.daily", age_days=50)
    connection = make_connection(token=token, contact_email="anna@creator.example")
    message = (
        f"Unusual: {token.access_token} of user anna.blogs.daily (@anna.blogs.daily, {token.user_id}, id: {token.id}) "
        'named "Anna Müller" at https://instagram.com/anna.blogs.daily or anna@creator.example, part '
        f"{token.access_token[:20]}, cannot be served"
    )
    body = {"error": {"message": message, "type": "OAuthException", "code": 98765, "fbtrace_id": "AbCdEfGhIjK"}}
    emulator.state.add_fault("raw", status=400, body=body)
    attempt_for_real(connection, "check")
    row = UnknownAnswer.objects.get()
    assert row.text.startswith("Unusual: … of user …")
    assert row.text.endswith("cannot be served")
    hidden = [
        token_of(connection),
        token.user_id,
        token.id,
        "anna",
        "Müller",
        "creator.example",
        token.access_token[:12],
    ]
    assert Searcher(hidden).find({"text": row.text, "trace": row.trace_id}) == []


# Scrubbing

# A handle that is one of these is not told from a sentence that goes on.
GOES_ON = {
    *ORDINARY.replace("s?", "").split("|"),
    *("requests", "tokens", "permissions", "the", "user", "username", "account", "named", "owner"),
}
TOKENS = some.from_regex(r"\AIG[A-Za-z0-9_-]{20,80}\Z")
SECRETS = some.one_of(
    TOKENS,
    some.from_regex(r"\A[0-9]{6,20}\Z"),
    some.from_regex(r"\A[a-f0-9]{32}\Z"),
    some.from_regex(r"\A@[a-z]{1,10}[._0-9][a-z0-9._]{1,10}\Z"),
    some.emails(),
    some.from_regex(r"\Ahttps://[a-z]{2,8}\.[a-z]{2,3}/[a-z0-9]{1,10}\Z"),
)
PROSE = some.lists(
    some.sampled_from(["Invalid", "request", "(#100)", "The", "parameter", "is", "required.", "Please", "try", "100"]),
    max_size=12,
)


@given(before=PROSE, secret=SECRETS, after=PROSE, glue=some.sampled_from([" ", ": ", " '", ' "', "=", " (", ", "]))
def test_no_token_id_handle_or_address_comes_through(before, secret, after, glue):
    close = {" '": "'", ' "': '"', " (": ")"}.get(glue, "")
    text = " ".join(before) + glue + secret + close + " " + " ".join(after)
    assert secret not in scrub(text)


@given(secret=some.text(min_size=6, max_size=60), around=PROSE, plain=some.booleans())
@example(secret="parameter", around=["The", "parameter", "is"], plain=True)
def test_what_was_sent_along_comes_back_in_no_form(secret, around, plain):
    text = " ".join([*around, secret if plain else f"[{secret}]", *around])
    said = scrub(text, [Secret(secret)])
    assert secret not in said


@given(secret=TOKENS, start=some.integers(0, 20), length=some.integers(6, 40))
def test_a_part_of_what_was_sent_does_not_either(secret, start, length):
    part = secret[start : start + length]
    said = scrub(f"Cannot parse {part} here", [Secret(secret)])
    assert len(part) < 6 or part not in said


@given(
    handle=some.from_regex(r"\A[a-z]{3,15}\Z").filter(lambda word: word not in GOES_ON),
    before=some.sampled_from(["user ", "username: ", "account ", "named ", "User=", "the owner  "]),
)
def test_a_handle_that_looks_like_any_word_is_left_out_where_it_is_named(handle, before):
    assert handle not in scrub(f"Nope: {before}{handle} cannot").split()


@given(
    words=some.lists(some.sampled_from(["Sunny", "Days", "anna", "Berlin"]), min_size=1, max_size=4).map(" ".join),
    marks=some.sampled_from(['""', "“”", "''", "``"]),
)
def test_what_a_text_quotes_is_left_out_though_it_is_plain_words(words, marks):
    said = scrub(f"The title {marks[0]}{words}{marks[1]} is too long")
    assert said == "The title … is too long"


@given(text=some.text(max_size=400))
def test_it_is_short_and_plain_whatever_comes(text):
    said = scrub(text)
    assert len(said) <= LONGEST
    assert re.fullmatch(r"[A-Za-z0-9\[\]().,:;!?#/'… -]*", said)


@pytest.mark.parametrize(
    "text",
    [
        WORDS,
        "(#803) Some of the aliases you requested do not exist",
        "Unsupported get request.",
        "The user is not an Instagram Business account.",
        "User access token required, page not found",
    ],
)
def test_plain_words_stay_so_that_somebody_can_write_the_rule(text):
    assert scrub(text) == text
