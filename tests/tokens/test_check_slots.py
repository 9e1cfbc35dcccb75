"""Rule 6: every connection owns one instant of the interval, evenly spread, so that each is asked once in it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tokens.due_dates import next_check_at

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
EPOCH = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

instants = st.timedeltas(dt.timedelta(0), dt.timedelta(days=7300)).map(lambda since: EPOCH + since)


@given(connection_id=st.uuids(), after=instants, hours=st.integers(1, 168))
def test_the_next_slot_is_after_now_and_at_most_one_interval_ahead(connection_id, after, hours):
    with override_settings(CHECK_EVERY_HOURS=hours):
        slot = next_check_at(connection_id, after)
    assert after < slot <= after + dt.timedelta(hours=hours)


@given(connection_id=st.uuids(), after=instants, hours=st.integers(1, 168), late=st.floats(0, 0.99))
def test_there_is_exactly_one_slot_in_each_interval(connection_id, after, hours, late):
    """However late the check came within its interval, the next one is the very next slot."""
    interval = dt.timedelta(hours=hours)
    with override_settings(CHECK_EVERY_HOURS=hours):
        first = next_check_at(connection_id, after)
        second = next_check_at(connection_id, first + late * interval)
    assert abs(second - first - interval) < dt.timedelta(milliseconds=1)


def test_a_check_exactly_on_its_slot_is_not_due_again_at_once():
    connection_id = uuid.uuid4()
    slot = next_check_at(connection_id, START)
    assert next_check_at(connection_id, slot) - slot == DAY


@pytest.mark.parametrize("hours", [1, 24, 168])
def test_slots_are_spread_evenly_over_the_interval(settings, hours):
    settings.CHECK_EVERY_HOURS = hours
    interval, number, bins = hours * 3600, 24_000, 24
    seeds = (uuid.uuid5(uuid.NAMESPACE_URL, str(n)) for n in range(number))
    found = Counter(
        int((next_check_at(uuid.UUID(int=seed.int, version=4), START) - START).total_seconds() * bins / interval) % bins
        for seed in seeds
    )
    expected = number / bins
    chi_square = sum((found[each] - expected) ** 2 / expected for each in range(bins))
    assert chi_square < 49.7  # 23 degrees of freedom: one in a thousand, and the seeds are fixed


def test_many_connected_in_the_same_minute_are_not_asked_in_the_same_minute():
    slots = [next_check_at(uuid.uuid4(), START) for _ in range(1000)]
    busiest = Counter(slot.replace(second=0, microsecond=0) for slot in slots).most_common(1)[0][1]
    assert busiest < 15
