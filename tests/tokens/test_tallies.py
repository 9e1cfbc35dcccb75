"""Calls to Meta are counted once a second, and at once where they may let a brake fall."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from tests.factories import make_meta_app
from tokens.models import CallTally
from tokens.services import brake
from tokens.services.brake import TALLY_EVERY, Tallies
from tokens.services.verdicts import Call

pytestmark = pytest.mark.django_db
FINE, FAILED = Call(False), Call(True)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock of what counts, to be moved by hand."""
    now = [100.0]
    monkeypatch.setattr(brake, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def counted() -> int:
    return sum(CallTally.objects.values_list("calls", flat=True))


def test_calls_that_went_well_wait_for_the_next_second(seconds: list[float]) -> None:
    app, tallies = make_meta_app().pk, Tallies()
    for _ in range(3):
        tallies.note(app, [FINE])
        tallies.store()
    assert counted() == 0
    seconds[0] += TALLY_EVERY
    tallies.store()
    assert counted() == 3


def test_a_call_that_failed_in_passing_is_counted_at_once_with_those_before_it(seconds: list[float]) -> None:
    app, tallies = make_meta_app().pk, Tallies()
    tallies.note(app, [FINE, FINE])
    tallies.store()
    tallies.note(app, [FAILED])
    tallies.store()
    assert [(row.calls, row.transient) for row in CallTally.objects.all()] == [(3, 1)]


def test_nothing_is_counted_twice(seconds: list[float]) -> None:
    app, tallies = make_meta_app().pk, Tallies()
    tallies.note(app, [FINE])
    tallies.store(at_once=True)
    seconds[0] += TALLY_EVERY
    tallies.store()
    tallies.store(at_once=True)
    assert counted() == 1


def test_a_database_that_does_not_count_stops_nobody(seconds: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: Any) -> None:
        raise OperationalError("gone for a moment")

    monkeypatch.setattr(brake, "tally", gone)
    tallies = Tallies()
    tallies.note(make_meta_app().pk, [FAILED])
    tallies.store()
    assert counted() == 0
