"""A Meta app whose limit is reached is left alone for as long as Meta says, else for growing pauses."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable

import pytest

from tests.factories import make_meta_app
from tests.races import together
from tests.tokens.budget.drains import Drain, over_limit, pause_of, refused, row_of, went_well
from tokens.services.budget import PAUSE_FROM

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (over_limit(90, code=4), "code 4"),
        (over_limit(90, code=341), "code 341"),
        (over_limit(90, code=None, status=429), "HTTP 429"),
    ],
)
def test_each_limit_of_the_app_pauses_it_for_as_long_as_meta_says(error, cause, app, clock):
    drain = Drain(clock, refused(error), went_well())
    assert drain.turn(app) == 1
    assert (pause_of(app), row_of(app).cause, row_of(app).limits) == (90, cause, 1)
    assert drain.budgets.closed() == {app}
    clock.forward(89)
    assert drain.turn(app) == 0
    clock.forward(2)
    assert drain.turn(app) > 0


def test_a_limit_stops_the_drain_that_heard_of_it_before_it_is_stored(app, clock):
    drain = Drain(clock, refused(over_limit(90)))
    drain.send(app)
    assert (drain.budgets.allowance(app), drain.budgets.closed()) == (0, frozenset({app}))


def test_a_limit_stops_the_others_with_their_next_look(app, clock):
    one, other = Drain(clock, refused(over_limit(90))), Drain(clock)
    other.budgets.look()
    one.turn(app)
    clock.forward(1)
    other.budgets.look()
    assert (other.budgets.allowance(app), other.budgets.closed()) == (0, frozenset({app}))


@pytest.mark.parametrize("told", [None, 0])
def test_without_a_length_pauses_grow_from_a_minute_to_an_hour(told, app, clock):
    drain = Drain(clock, refused(over_limit(told)))
    pauses = []
    for _ in range(9):
        assert drain.turn(app) == 1
        pauses.append(pause_of(app))
        clock.forward(pauses[-1] + 1)
    assert 60 <= pauses[0] <= 75
    assert all(1.2 < later / sooner < 2.7 for sooner, later in itertools.pairwise(pauses[:6]))
    assert all(2880 <= pause <= 3600 for pause in pauses[-3:])
    assert len(set(pauses)) == len(pauses)


def test_a_figure_near_the_limit_pauses_before_meta_refuses(app, clock):
    drain = Drain(clock, went_well(PAUSE_FROM))
    assert drain.turn(app) == 1
    assert 60 <= pause_of(app) <= 75
    assert row_of(app).cause == "95 % used"


def test_many_refusals_at_once_are_one_limit(app, clock):
    one, other = Drain(clock, refused(over_limit())), Drain(clock, refused(over_limit()))
    for drain in (one, other):
        for _ in range(20):
            drain.budgets.asked(app)
    for drain in (one, other, one, other):
        for _ in range(10):
            drain.hear(app)
        drain.budgets.store()
    assert row_of(app).limits == 1
    assert 60 <= pause_of(app) <= 75


@pytest.mark.parametrize("waits", [(600, 60), (60, 600), (None, 600), (600, None)])
def test_the_longest_pause_wins_whoever_writes_last(waits, app, clock):
    drains = [Drain(clock, refused(over_limit(wait))) for wait in waits]
    for drain in drains:
        drain.budgets.look()
        drain.send(app)
    for drain in drains:
        drain.budgets.store()
    assert pause_of(app) == 600


@pytest.mark.django_db(transaction=True)
def test_of_many_who_write_at_the_same_moment_the_longest_pause_stands():
    app = make_meta_app().pk

    def write(seconds: int) -> Callable[[], None]:
        drain = Drain(lambda: 0.0, refused(over_limit(seconds)))
        drain.send(app)
        return drain.budgets.store

    together(*[write(seconds) for seconds in (60, 900, 300, 120, 600, 240)])
    assert 880 < pause_of(app) <= 900
    assert row_of(app).limits == 1


def test_an_answer_that_was_under_way_ends_no_pause(app, clock):
    one, other = Drain(clock, refused(over_limit(90))), Drain(clock, went_well(10))
    other.budgets.asked(app)
    one.turn(app)
    other.budgets.look()
    other.hear(app)
    clock.forward(1)
    other.budgets.store()
    assert pause_of(app) == 89


def test_a_refusal_that_was_under_way_writes_nothing(app, clock, django_assert_num_queries):
    drain = Drain(clock, refused(over_limit(90)), refused(over_limit()))
    drain.budgets.asked(app)
    drain.turn(app)
    drain.hear(app)
    with django_assert_num_queries(0):
        drain.budgets.store()


def test_staff_read_of_a_pause_and_of_its_end_once_each(app, clock, caplog):
    caplog.set_level(logging.INFO, "tokens.services.budget")
    drains = [Drain(clock, refused(over_limit(90)), refused(over_limit(90)), went_well()) for _ in range(3)]
    for drain in drains:
        drain.budgets.look()
        drain.send(app)
    for _ in range(3):
        for drain in drains:
            drain.turn(app, 1)
        clock.forward(91)
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [
        ("WARNING", f"Meta app {app}: paused until 2027-03-01 12:01:30 UTC, code 4"),
        ("WARNING", f"Meta app {app}: resumed, its canary was answered"),
    ]
