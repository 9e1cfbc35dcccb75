"""How many each night is to hold: the limit, or an even load where more come due than the limit lets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.services.smooth_calendar import levels

CALENDARS = st.lists(st.integers(0, 60), min_size=1, max_size=12)


def emptied(counts: list[int], limit: int) -> list[int]:
    """What the calendar looks like after each night has given its surplus to the nearest earlier ones with room."""
    counts, highest = list(counts), levels(counts, limit)
    for source in reversed(range(len(counts))):
        for target in reversed(range(source)):
            number = max(0, min(counts[source] - highest[source], highest[target] - counts[target]))
            counts[source] -= number
            counts[target] += number
    return counts


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], []),
        ([3, 9, 0], [10, 10, 10]),
        ([0, 0, 30], [10, 10, 10]),
        ([0, 0, 45], [15, 15, 15]),
        ([0, 0, 44], [15, 15, 15]),
        ([90, 0, 0, 30], [90, 10, 10, 10]),
        ([20, 20, 20], [20, 20, 20]),
        ([40, 20, 30], [40, 25, 25]),
        ([0, 60, 0, 60], [30, 30, 30, 30]),
    ],
)
def test_examples(counts, expected):
    assert levels(counts, 10) == expected


@given(CALENDARS, st.integers(1, 40))
def test_everybody_finds_room(counts, limit):
    highest = levels(counts, limit)
    after = emptied(counts, limit)
    assert sum(after) == sum(counts)
    assert all(count <= level for count, level in zip(after, highest, strict=True))


@given(CALENDARS, st.integers(1, 40))
def test_what_was_smoothed_is_smooth(counts, limit):
    once = emptied(counts, limit)
    assert emptied(once, limit) == once


@given(CALENDARS, st.integers(1, 40))
def test_no_night_may_hold_more_than_the_limit_but_where_it_must(counts, limit):
    for night, level in enumerate(levels(counts, limit)):
        # Of the nights from one before it to one after it, at least one must hold as many as they do on average.
        pools = [counts[first : last + 1] for first in range(night + 1) for last in range(night, len(counts))]
        assert limit <= level <= max(limit, *(-(-sum(pool) // len(pool)) for pool in pools))
