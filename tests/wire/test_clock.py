"""The emulator's own time, and tokens made older than they are."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from tests.emulator.records import DAY, Token
from tests.emulator.refusals import Wrong
from tests.emulator.state import State

from .client import Client


def test_an_offset_moves_now(state: State) -> None:
    state.set_clock(offset_seconds=3 * DAY)
    assert abs(state.now() - time.time() - 3 * DAY) < 5


@pytest.mark.parametrize("text", ["2030-01-02T03:04:05+00:00", "2030-01-02T03:04:05Z", "2030-01-02T03:04:05"])
def test_an_instant_sets_now(state: State, text: str) -> None:
    state.set_clock(now=text)
    expected = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    assert abs(state.now() - expected) < 5


@pytest.mark.parametrize("wrong", [{}, {"now": "soon"}, {"offset_seconds": 1e300}])
def test_a_wrong_clock_is_refused(state: State, wrong: dict[str, str]) -> None:
    with pytest.raises(Wrong):
        state.set_clock(**wrong)  # type: ignore[arg-type]


def test_ageing_moves_issue_and_expiry(state: State, lea: Token) -> None:
    issued, expires = lea.issued_at, lea.expires_at
    state.age("lea", 10)
    assert (lea.issued_at, lea.expires_at) == (issued - 10 * DAY, expires - 10 * DAY)


def test_ageing_past_sixty_days_is_expiry(client: Client, state: State, lea: Token) -> None:
    state.age("lea", 57)
    assert client.me(lea.access_token).status == 200
    state.age("lea", 1.1)
    assert "Session has expired on" in client.me(lea.access_token).error["message"]


def test_expiring_one_token_leaves_the_other(client: Client, state: State, lea: Token) -> None:
    other = state.issue_token("lea")
    state.expire("lea", lea.access_token)
    assert client.me(lea.access_token).error["code"] == 190
    assert client.me(other.access_token).status == 200


def test_the_dates_in_the_message_look_like_metas(client: Client, state: State, lea: Token) -> None:
    state.set_clock(now="2026-11-21T10:00:00-07:00")
    state.issue_token("lea")
    lea.expires_at = datetime(2021, 9, 28, 10, 0, 0, tzinfo=UTC).timestamp()
    message = client.me(lea.access_token).error["message"]
    assert "expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is Saturday, 21-Nov-26" in message


def test_answers_tell_the_time_of_the_clock_that_is_played(client: Client, state: State) -> None:
    state.set_clock(now="2027-03-01T01:00:00+00:00")
    told = client.get("/me").headers["Date"]
    assert abs((parsedate_to_datetime(told) - datetime(2027, 3, 1, 1, tzinfo=UTC)).total_seconds()) < 5
