"""Short forms of `make crashes`: the same scenarios with a few tokens, on the database and broker of the suite."""

from __future__ import annotations

import pytest

from tests.crashes import databases, surroundings
from tests.crashes.account import figures
from tests.crashes.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_answers_that_found_no_room_are_stored_once_there_is_room(stage: Scene):
    seen = databases.full(stage, tokens=100, seconds=0.5)
    assert figures(seen, "stored", "given twice", "inactive") == [100, 0, 0]


def test_a_queue_that_is_emptied_costs_nothing_and_doubles_nothing(stage: Scene):
    seen = surroundings.lost_doorbells(stage, tokens=60, times=2)
    assert figures(seen, "stored", "given twice", "inactive") == [60, 0, 0]


def test_a_network_that_was_cut_in_any_way_ends_no_connection(stage: Scene):
    seen = surroundings.network(stage, tokens=60, cuts=("refused", "reset", "silent"), ends_silence=True)
    assert figures(seen, "stored", "inactive") == [60, 0]
    assert seen.figures["failed in passing"] > 0


def test_a_clock_that_jumps_ends_no_connection_and_leaves_none_behind(stage: Scene):
    seen = surroundings.clock(stage, tokens=60, machines=1)
    assert figures(seen, "stored", "lost", "inactive") == [60, 0, 0]


def test_four_workers_on_two_machines_share_the_work_and_ask_once_for_each(stage: Scene):
    seen = surroundings.together(stage, tokens=60, machines=2, workers=2)
    assert figures(seen, "stored", "given twice") == [60, 0]
    assert set(stage.state.counts()["refreshes"].values()) == {1}
