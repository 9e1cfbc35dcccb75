"""From 75 percent of Meta's figure on the pace falls step by step; below, and without a figure, nothing is slowed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.tokens.budget.drains import Drain, row_of, went_well
from tokens.models import AppBudget, CallTally
from tokens.services.budget import PACES, PAUSE_FROM, RENEWED_EVERY, USAGE_LASTS

pytestmark = pytest.mark.django_db


def rate(drain, clock, app, seconds=20):
    """Attempts a second that it makes in some twenty, looking each tenth."""
    before = drain.sent
    for _ in range(seconds * 10):
        clock.forward(0.1)
        drain.turn(app)
    return (drain.sent - before) / seconds


@pytest.mark.parametrize("usage", [None, 0, 28, 74.9])
def test_below_the_slow_zone_any_number_may_go(usage, app, clock):
    drain = Drain(clock, went_well(usage))
    for _ in range(3):
        drain.send(app)
        drain.budgets.store()
        assert drain.budgets.allowance(app) is None
    assert drain.budgets.closed() == frozenset()


@pytest.mark.parametrize(("usage", "pace"), [(75, 20), (79.9, 20), (80, 10), (86, 5), (90, 1), (94.9, 1)])
def test_each_step_has_its_pace(usage, pace, app, clock):
    drain = Drain(clock, went_well(usage))
    drain.send(app)
    assert rate(drain, clock, app) == pytest.approx(pace, rel=0.1)


def test_the_pace_only_falls_as_the_figure_rises():
    starts, paces = zip(*PACES, strict=True)
    assert list(starts) == sorted(starts)
    assert list(paces) == sorted(paces, reverse=True)
    assert starts[-1] < PAUSE_FROM < 100


def test_nothing_is_saved_up_for_a_burst(app, clock):
    drain = Drain(clock, went_well(85))
    drain.send(app)
    assert drain.budgets.allowance(app) == 0
    clock.forward(60)
    assert drain.budgets.allowance(app) == 5


def test_the_pace_follows_the_newest_figure_both_ways(app, clock):
    drain = Drain(clock, went_well(81))
    drain.send(app)
    for usage, pace in [(92, 1), (81, 10), (76, 20)]:
        drain.answers = [went_well(usage)]
        drain.send(app)
        assert rate(drain, clock, app) == pytest.approx(pace, rel=0.1)
    drain.answers = [went_well(60)]
    drain.send(app)
    assert drain.budgets.allowance(app) is None


def test_a_figure_that_is_old_slows_no_more(app, clock):
    drain = Drain(clock, went_well(92))
    drain.send(app)
    drain.budgets.store()
    clock.forward(USAGE_LASTS.total_seconds() - 1)
    late = Drain(clock)
    late.budgets.look()
    assert (drain.budgets.allowance(app), late.budgets.allowance(app)) == (0, 0)
    clock.forward(2)
    late.budgets.look()
    assert (drain.budgets.allowance(app), late.budgets.allowance(app)) == (None, None)


def test_what_one_process_heard_slows_the_others_with_their_next_look(app, clock):
    one, other = Drain(clock, went_well(85)), Drain(clock, went_well())
    other.budgets.look()
    one.turn(app, 1)
    assert other.budgets.allowance(app) is None
    clock.forward(1)
    other.budgets.look()
    assert other.budgets.allowance(app) == 0
    clock.forward(1)
    assert other.budgets.allowance(app) == 5


def test_processes_that_call_share_the_pace(app, clock):
    for number in range(3):
        CallTally.objects.create(meta_app_id=app, minute=timezone.now(), owner=f"machine{number}", calls=5)
    long_ago = timezone.now() - dt.timedelta(minutes=5)
    CallTally.objects.create(meta_app_id=app, minute=long_ago, owner="one that is gone", calls=5)
    AppBudget.objects.create(meta_app_id=app, usage=81, usage_at=timezone.now())
    drain = Drain(clock, went_well(81))
    assert rate(drain, clock, app) == pytest.approx(10 / 4, rel=0.1)


def test_many_processes_whose_drains_begin_anew_keep_the_pace_together(app, clock):
    """Forty shares of one attempt a second are one each forty seconds, longer than a drain lives."""
    for number in range(39):
        CallTally.objects.create(meta_app_id=app, minute=timezone.now(), owner=f"machine{number}", calls=5)
    AppBudget.objects.create(meta_app_id=app, usage=91, usage_at=timezone.now())
    sent = 0
    for _ in range(400):
        AppBudget.objects.update(usage_at=timezone.now())
        CallTally.objects.update(minute=timezone.now().replace(second=0, microsecond=0))
        drain = Drain(clock, went_well())
        sent += drain.turn(app)
        clock.forward(30)
        sent += drain.turn(app)
    assert sent == pytest.approx(400 * 30 / 40, rel=0.15)


def test_a_figure_that_stays_in_its_step_is_written_once_a_minute(app, clock, django_assert_num_queries):
    drain = Drain(clock, went_well(81), went_well(83))
    drain.send(app)
    drain.budgets.store()
    for _ in range(int(RENEWED_EVERY.total_seconds()) - 1):
        clock.forward(1)
        drain.send(app)
        with django_assert_num_queries(0):
            drain.budgets.store()
    assert row_of(app).usage == 81
    clock.forward(1)
    drain.send(app)
    drain.budgets.store()
    assert row_of(app).usage == 83


def test_a_figure_that_leaves_its_step_is_written_at_once_but_no_row_becomes_hot(app, clock, django_assert_num_queries):
    drain = Drain(clock, *[went_well(usage) for usage in (84, 86, 84, 86, 91, 76)])
    drain.send(app)
    drain.budgets.store()
    for _ in range(3):
        clock.forward(0.1)
        drain.send(app)
        with django_assert_num_queries(0):
            drain.budgets.store()
    clock.forward(1)
    drain.send(app)
    drain.budgets.store()
    assert row_of(app).usage == 91
    clock.forward(1)
    drain.send(app)
    drain.budgets.store()
    assert row_of(app).usage == 76


def test_an_older_figure_never_replaces_a_newer_one(app, clock):
    drain = Drain(clock, went_well(90))
    drain.send(app)
    AppBudget.objects.create(meta_app_id=app, usage=76, usage_at=timezone.now() + dt.timedelta(seconds=1))
    drain.budgets.store()
    assert row_of(app).usage == 76
