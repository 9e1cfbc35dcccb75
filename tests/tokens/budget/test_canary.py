"""After a pause one attempt of one process goes ahead; how it is taken decides for all."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories import make_meta_app
from tests.races import together
from tests.tokens.budget.drains import Drain, over_limit, pause_of, refused, row_of, unreachable, went_well
from tokens.models import AppBudget
from tokens.services.budget import CANARY_LEASE, START_LASTS, Budgets

pytestmark = pytest.mark.django_db


@pytest.fixture
def paused(app, clock):
    """The id of an app whose pause of a minute is over."""
    Drain(clock, refused(over_limit(60))).turn(app)
    clock.forward(61)
    return app


def test_one_goes_ahead_and_nobody_else_until_it_is_answered(paused, clock):
    one, other = Drain(clock), Drain(clock)
    for drain in (one, other):
        drain.budgets.look()
        assert drain.budgets.closed() == frozenset()
    assert (one.budgets.allowance(paused), other.budgets.allowance(paused)) == (1, 0)
    assert (one.budgets.allowance(paused), other.budgets.closed()) == (1, frozenset({paused}))
    one.budgets.asked(paused)
    assert (one.budgets.allowance(paused), one.budgets.closed()) == (0, frozenset({paused}))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("threads", [2, 8])
def test_of_many_who_race_exactly_one_gets_it(threads):
    app = make_meta_app().pk
    AppBudget.objects.create(meta_app_id=app, paused_until=timezone.now() - dt.timedelta(seconds=1), limits=1)

    def race() -> int | None:
        budgets = Budgets()
        budgets.look()
        return budgets.allowance(app)

    assert sorted(together(*[race] * threads), key=str) == [0] * (threads - 1) + [1]


def test_its_success_lets_everybody_go_on_slowly_at_first(paused, clock):
    one, other = Drain(clock), Drain(clock)
    one.turn(paused, 1)
    row = row_of(paused)
    assert (row.paused_until, row.limits, row.cause, row.canary_owner) == (None, 0, "", "")
    sent = []
    for _ in range(int(START_LASTS.total_seconds())):
        clock.forward(1)
        sent.append(one.turn(paused, 10_000))
    assert sent[:2] == [0, 40]
    assert sent[1:] == sorted(sent[1:])
    clock.forward(1)
    other.budgets.look()
    assert (one.budgets.allowance(paused), other.budgets.allowance(paused)) == (None, None)


def test_a_process_that_begins_meanwhile_is_as_slow(paused, clock):
    Drain(clock).turn(paused, 1)
    late = Drain(clock)
    late.budgets.look()
    assert late.budgets.allowance(paused) == 0


def test_its_refusal_pauses_again_for_longer(paused, clock):
    Drain(clock, refused(over_limit())).turn(paused)
    assert row_of(paused).limits == 2
    assert 120 <= pause_of(paused) <= 150


def test_its_figure_tells_the_truth(paused, clock):
    full = Drain(clock, went_well(97))
    full.turn(paused)
    assert (row_of(paused).limits, row_of(paused).cause) == (2, "97 % used")
    clock.forward(151)
    better = Drain(clock, went_well(91))
    assert better.turn(paused, 1) == 1
    clock.forward(START_LASTS.total_seconds() + 1)
    assert better.turn(paused, 10) == 0
    clock.forward(1)
    assert better.turn(paused, 10) == 1


def test_one_that_nobody_answered_tells_nothing_and_another_goes_a_minute_later(paused, clock):
    drain = Drain(clock, unreachable(), went_well())
    assert drain.turn(paused) == 1
    assert row_of(paused).limits == 1
    assert 60 <= pause_of(paused) <= 75
    clock.forward(76)
    assert drain.turn(paused, 1) == 1
    assert row_of(paused).paused_until is None


@pytest.mark.parametrize("calls", [[], refused(over_limit(600, scope="account", code=80002))], ids=["none", "account"])
def test_one_that_tells_nothing_of_the_app_is_followed_by_another(calls, paused, clock):
    drain = Drain(clock, calls, went_well())
    drain.budgets.look()
    assert drain.budgets.allowance(paused) == 1
    drain.send(paused)
    drain.budgets.store()
    assert drain.budgets.allowance(paused) == 1
    assert row_of(paused).canary_owner
    drain.send(paused)
    drain.budgets.store()
    assert row_of(paused).paused_until is None


def test_one_whose_process_died_is_replaced_after_its_lease(paused, clock):
    dead, other = Drain(clock), Drain(clock)
    dead.budgets.look()
    assert dead.budgets.allowance(paused) == 1
    dead.budgets.asked(paused)
    clock.forward(CANARY_LEASE.total_seconds() - 1)
    assert other.turn(paused) == 0
    clock.forward(2)
    assert other.turn(paused, 1) == 1
    assert row_of(paused).paused_until is None


def test_one_that_comes_back_after_its_lease_decides_nothing(paused, clock):
    late, other = Drain(clock), Drain(clock, refused(over_limit(600)))
    late.budgets.look()
    late.budgets.allowance(paused)
    late.budgets.asked(paused)
    clock.forward(CANARY_LEASE.total_seconds() + 1)
    other.turn(paused)
    late.hear(paused)
    late.budgets.store()
    assert pause_of(paused) == 600


def test_what_was_under_way_before_the_pause_is_not_taken_for_it(app, clock):
    drain = Drain(clock, refused(over_limit(5)), went_well())
    drain.budgets.asked(app)
    drain.turn(app)
    clock.forward(6)
    drain.budgets.look()
    assert (drain.budgets.allowance(app), drain.budgets.closed()) == (0, frozenset({app}))
    drain.hear(app)
    drain.budgets.store()
    assert row_of(app).paused_until is not None
    assert drain.budgets.allowance(app) == 1
