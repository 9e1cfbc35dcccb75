"""Rule 1: how long a failed attempt waits: 15 minutes growing to 6 hours, jittered."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.due_dates import pause

QUARTER, SIX_HOURS = dt.timedelta(minutes=15), dt.timedelta(hours=6)


@given(st.integers(-1, 10_000))
def test_no_pause_leaves_its_bounds(failures):
    assert QUARTER <= pause(failures) <= SIX_HOURS


@pytest.mark.parametrize(("failures", "minutes"), [(1, 15), (2, 30), (3, 60), (4, 120), (5, 240)])
def test_pauses_double(failures, minutes):
    shortest = dt.timedelta(minutes=minutes)
    for _ in range(200):
        assert shortest <= pause(failures) <= shortest * 1.25


@pytest.mark.parametrize("failures", [6, 7, 50, 5000])
def test_pauses_stop_growing_near_six_hours(failures):
    assert min(pause(failures) for _ in range(200)) >= SIX_HOURS * 0.75


@pytest.mark.parametrize("failures", [1, 4, 10])
def test_a_crowd_that_failed_together_does_not_return_together(failures):
    pauses = sorted(pause(failures) for _ in range(1000))
    assert len(set(pauses)) > 990
    spread = (pauses[-1] - pauses[0]) / pauses[0]
    assert spread > 0.2
