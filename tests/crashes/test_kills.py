"""The short form of `python -m tests.crashes kills`: one machine, a worker killed, then the whole machine."""

from __future__ import annotations

import pytest

from tests.crashes import kills
from tests.crashes.account import figures
from tests.crashes.scene import Scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_killed_workers_and_machines_cost_no_token_that_was_not_in_flight(stage: Scene):
    seen = kills.run(stage, tokens=60, kills=2, old_string="dies_at_once", machines=1)
    stored, lost, ended, at_most = figures(seen, "stored", "lost", "inactive", "lost at most")
    assert (seen.figures["of workers"], seen.figures["of machines"]) == (1, 1)
    assert stored == 60 - lost
    assert ended == lost <= at_most


def test_killed_workers_and_machines_cost_nothing_where_the_old_string_lives_a_while(stage: Scene):
    seen = kills.run(stage, tokens=60, kills=2, old_string="dies_later", machines=1)
    assert figures(seen, "of workers", "of machines", "stored", "lost", "inactive") == [1, 1, 60, 0, 0]
