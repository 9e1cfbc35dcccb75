"""A short form of the run in which one call in twenty meets a fault that passes; and what checks cost on calm days."""

from __future__ import annotations

import pytest

from tests.year.meta import any_fault
from tests.year.play import Year
from tests.year.weather import Weather, passing_faults

pytestmark = pytest.mark.django_db(transaction=True)


def test_among_passing_faults_nobody_is_disconnected_wrongly() -> None:
    # More faults than the long run has: of so few connections one in twenty calls would be few.
    year = Year(connections=40, days=30, checked=40, seed=5, weather=passing_faults(0.15))
    year.populate()
    year.play()

    assert [verdict for verdict in year.judge.verdicts(30, year.now) if not verdict.kept] == []
    assert year.meta.counts["lies"] > 10
    assert all(year.meta.counts[error] > 10 for error in ("MetaTransient", "MetaRateLimited", "Refused"))


def test_a_calm_month_of_checks_costs_one_call_a_connection_and_day() -> None:
    year = Year(connections=10, days=30, checked=10, seed=5, weather=Weather([], {}))
    for account in year.accounts:
        account.troubles = ()
    year.populate()
    year.play()

    assert 0.9 < year.checks_a_day <= 1
    asked = [account.calls - account.renewed for account in year.accounts if account.ended > year.now]
    assert asked and max(asked) <= 30


def test_every_fault_is_one_that_passes() -> None:
    kinds = {type(any_fault("me", number)).__name__ for number in range(60)}
    assert kinds == {"MetaTransient", "MetaRateLimited", "Refused", "UnexpectedReply"}
