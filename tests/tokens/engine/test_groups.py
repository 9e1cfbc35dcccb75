"""Answers are written in groups, and one bad row never spoils its group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts import events
from tests.factories import make_connection, make_connections
from tests.tokens.engine.answering import fresh, held, of, stored
from tests.tokens.helpers import ago, credential_of, events_of, owed, row, status_of, token_of
from tokens.models import CallTally, Credential
from tokens.services import brake
from tokens.services import group as grouping
from tokens.services.verdicts import Call, Contradicted, Dead, Passing, PermissionLost, TooYoung, Verdict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three():
    return make_connections(3, due_at=ago(minutes=1))


@pytest.mark.parametrize("lost", [{"version": 9}, {"fence": 9}, {"lease_owner": "another"}], ids=str)
def test_a_claim_that_was_lost_spoils_none_of_the_others(three, lost):
    claims = held(three)
    Credential.objects.filter(pk=three[1].pk).update(**lost)
    before = row(three[1])
    assert stored(*map(fresh, claims)) == ["refreshed", "lost", "refreshed"]
    assert row(three[1]) == before
    assert events_of(three[1]) == []
    for connection in (three[0], three[2]):
        assert token_of(connection) == f"IGAA{connection.pk.hex}"
        assert events_of(connection) == ["refreshed"]


@pytest.mark.parametrize("error", [DataError, IntegrityError, ValueError, OverflowError])
def test_a_value_that_is_refused_fails_alone(three, monkeypatch, error):
    bad = three[1].pk

    def refuse(write: Callable[..., Any], subjects: Callable[[], list[Any]], *args: Any, **columns: Any) -> Any:
        if bad in subjects():
            raise error("a value that nobody can store")
        return write(*args, **columns)

    record_all, record = events.record_all, events.record
    monkeypatch.setattr(
        events, "record_all", lambda lines: refuse(record_all, lambda: [line.subject_id for line in lines], lines)
    )
    monkeypatch.setattr(events, "record", lambda **line: refuse(record, lambda: [line["subject_id"]], **line))
    before = token_of(three[1])
    assert stored(*map(fresh, held(three))) == ["refreshed", "error", "refreshed"]
    assert token_of(three[1]) == before
    assert [events_of(connection) for connection in three] == [["refreshed"], [], ["refreshed"]]


def test_an_answer_that_makes_no_sense_fails_alone(three):
    """A lifetime beyond any calendar."""
    first, second, third = held(three)
    assert stored(fresh(first), fresh(second, expires_in=10**12), fresh(third)) == ["refreshed", "error", "refreshed"]
    assert credential_of(three[1]).version == 1


def test_rare_outcomes_are_stored_beside_plain_ones():
    made = make_connections(6, due_at=ago(minutes=1))
    claims = held(made)
    verdicts: list[Verdict] = [
        Dead("password_changed"),
        Contradicted({}),
        PermissionLost({}),
        TooYoung(),
        Passing("server"),
    ]
    words = stored(*[of(*pair) for pair in zip(claims, verdicts, strict=False)], fresh(claims[5]))
    assert words == ["died", "cannot_refresh", "permission_missing", "too_young", "failed", "refreshed"]
    told = [["became_inactive"], ["cannot_refresh"], ["permission_missing"], [], ["refresh_failed"], ["refreshed"]]
    assert [events_of(connection) for connection in made] == told
    assert status_of(made[0]) == ("inactive", "password_changed")
    assert (len(owed("reconnect_needed")), len(owed("permission_missing"))) == (1, 1)
    assert not Credential.objects.filter(lease_until__isnull=False).exists()


@pytest.mark.parametrize("after", [False, True], ids=["while writing", "at its end"])
def test_a_commit_that_fails_is_tried_again_until_it_stands_and_nothing_is_double(three, monkeypatch, after):
    monkeypatch.setattr("tokens.services.persistence.time.sleep", lambda seconds: None)
    tell, left = grouping._tell, [3]

    def stumble(*args: Any) -> None:
        if after:
            tell(*args)
        if left[0]:
            left[0] -= 1
            raise OperationalError("gone for a moment")
        if not after:
            tell(*args)

    monkeypatch.setattr(grouping, "_tell", stumble)
    assert stored(*map(fresh, held(three))) == ["refreshed"] * 3
    assert [events_of(connection) for connection in three] == [["refreshed"]] * 3
    assert {credential_of(connection).version for connection in three} == {2}


def test_an_answer_whose_commit_stood_although_its_end_was_not_heard_of_is_not_stored_twice(three, monkeypatch):
    """The line broke just then: tried again, it finds its claim used up."""
    monkeypatch.setattr("tokens.services.persistence.time.sleep", lambda seconds: None)
    together, left = grouping._store_together, [1]

    def unheard(*args: Any) -> Any:
        words = together(*args)
        if left[0]:
            left[0] -= 1
            raise OperationalError("server closed the connection unexpectedly")
        return words

    monkeypatch.setattr(grouping, "_store_together", unheard)
    first, second, _ = held(three)
    stored(fresh(first), of(second, Passing("server")))
    assert [events_of(connection) for connection in three[:2]] == [["refreshed"], ["refresh_failed"]]
    assert (credential_of(three[0]).version, credential_of(three[1]).refresh_failures) == (2, 1)


def test_counters_that_cannot_be_written_neither_lose_nor_repeat_an_answer(three, monkeypatch):
    def gone(*args: Any) -> None:
        raise OperationalError("gone for a moment")

    monkeypatch.setattr(brake, "tally", gone)
    answers = [grouping.Answer(each, fresh(each).verdict, [Call(False)]) for each in held(three)]
    assert stored(*answers) == ["refreshed"] * 3
    assert [events_of(connection) for connection in three] == [["refreshed"]] * 3


def test_calls_of_a_group_are_counted_once(three):
    stored(*[grouping.Answer(each, fresh(each).verdict, [Call(False), Call(True)]) for each in held(three)])
    assert [(tally.calls, tally.transient) for tally in CallTally.objects.all()] == [(6, 3)]


def test_of_two_answers_on_one_row_one_is_stored():
    connection = make_connection(due_at=ago(minutes=1))
    [each] = held([connection])
    assert stored(fresh(each, "IGAAone"), fresh(each, "IGAAother")) == ["refreshed", "lost"]
    assert token_of(connection) == "IGAAone"
    assert events_of(connection) == ["refreshed"]


def test_a_whole_group_costs_a_few_statements():
    claims = held(make_connections(64, due_at=ago(minutes=1)))
    with CaptureQueriesContext(database) as caught:
        assert stored(*map(fresh, claims)) == ["refreshed"] * 64
    updates = [query["sql"] for query in caught if query["sql"].startswith("UPDATE tokens_credential")]
    inserts = [query["sql"] for query in caught if "INSERT INTO" in query["sql"]]
    assert len(updates) == (1 if database.vendor == "postgresql" else 64)
    assert len(inserts) <= 2
    assert len(caught) - len(updates) - len(inserts) <= 2
