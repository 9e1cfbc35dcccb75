"""The simulated year's clock stands still while workers act: a pace holds there too, and nobody waits for it."""

from __future__ import annotations

import time

import pytest
import time_machine
from django.utils import timezone

from tests.factories import make_meta_app
from tests.year.pace import Paced
from tests.year.play import FIRST_DAY
from tokens.models import AppBudget
from tokens.services.budget import START_PACE

pytestmark = pytest.mark.django_db


def test_of_each_second_no_more_begin_than_its_pace_allows_and_the_next_one_comes_at_once() -> None:
    begun = time.monotonic()
    with time_machine.travel(FIRST_DAY, tick=False):
        app = make_meta_app().pk
        AppBudget.objects.create(meta_app_id=app, canary_until=timezone.now())
        budgets = Paced()
        steps: list[int] = []
        while sum(steps) < 100:
            budgets.look()
            steps.append(0)
            while budgets.allowance(app) != 0:
                budgets.asked(app)
                steps[-1] += 1
    assert max(steps) <= START_PACE
    # The first second may have begun before; all others are whole.
    assert min(steps[2:-1]) >= START_PACE - 1
    assert time.monotonic() - begun < 100 / START_PACE


def test_where_nothing_slows_it_no_time_is_skipped() -> None:
    app = make_meta_app().pk
    budgets = Paced()
    budgets.look()
    assert budgets.allowance(app) is None
    before = time.monotonic()
    budgets.look()
    assert before <= budgets.clock() <= time.monotonic()
