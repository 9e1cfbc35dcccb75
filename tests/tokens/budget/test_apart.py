"""Whom a limit does not concern: other Meta apps, other accounts, and an installation that Meta tells nothing."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_meta_app, make_tenant
from tests.rows import all_rows
from tests.tokens.budget.drains import Drain, over_limit, refused, went_well
from tests.tokens.helpers import attempt_for_real, credential_of
from tokens.clients import keeper_of
from tokens.models import AppBudget
from tokens.services.ask import Inquiry
from tokens.services.budget import Budgets

pytestmark = pytest.mark.django_db
ACCOUNT_LIMITS = ["rate_17", "rate_32", "rate_613", "rate_80002"]


@pytest.mark.parametrize("trouble", [refused(over_limit(600)), went_well(92), went_well(99)], ids=["4", "92", "99"])
def test_a_tenants_own_app_never_slows_another(trouble, app, clock):
    own = make_meta_app(tenant=make_tenant()).pk
    drain, other = Drain(clock, trouble, went_well()), Drain(clock)
    drain.turn(own, 1)
    clock.forward(1)
    for each in (drain, other):
        each.budgets.look()
        assert app not in each.budgets.closed()
        assert each.budgets.allowance(app) is None
        assert each.budgets.allowance(own) == 0


@pytest.mark.parametrize("usage", [None, 100])
@pytest.mark.parametrize("code", [17, 32, 613, 80002])
def test_a_limit_of_the_account_touches_no_budget(code, usage, app, clock, django_assert_num_queries):
    drain = Drain(clock, refused(over_limit(600, scope="account", code=code), usage))
    drain.send(app)
    with django_assert_num_queries(0):
        drain.budgets.store()
        assert (drain.budgets.allowance(app), drain.budgets.closed()) == (None, frozenset())
    assert not AppBudget.objects.exists()


@pytest.mark.parametrize("kind", ACCOUNT_LIMITS)
def test_a_limit_of_the_account_moves_that_accounts_date_alone(kind, emulator):
    connections = []
    for name in ("anna", "bert"):
        emulator.state.add_person(name)
        token = emulator.state.issue_token(name, age_days=51)
        connections.append(make_connection(token=token, due_at=timezone.now() - dt.timedelta(hours=1)))
    anna, bert = connections
    emulator.state.add_fault(kind, username="anna", minutes=19)
    before = timezone.now()
    assert attempt_for_real(anna) == "failed"
    assert credential_of(anna).due_at - before >= dt.timedelta(minutes=19)
    assert credential_of(bert).due_at < before
    assert attempt_for_real(bert) == "refreshed"
    assert not AppBudget.objects.exists()


@pytest.mark.parametrize("usage", [None, 40])
def test_at_full_speed_one_look_a_second_is_all_that_is_asked(usage, app, clock, django_assert_num_queries):
    before = all_rows()
    drain = Drain(clock, went_well(usage))
    with django_assert_num_queries(3):
        for _ in range(3):
            for _ in range(50):
                assert drain.turn(app, 10) == 10
            clock.forward(1)
    assert all_rows() == before


def test_refusals_without_a_limit_are_no_budgets_business(app, clock):
    drain = Drain(clock, refused(over_limit(scope="account")), went_well())
    assert drain.turn(app) == 100
    assert not AppBudget.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_app_that_was_erased_meanwhile_stops_nobody(app, clock):
    own = make_meta_app(tenant=make_tenant())
    drain = Drain(clock, refused(over_limit(600)))
    drain.send(own.pk)
    drain.send(app)
    own.delete()
    drain.budgets.store()
    assert AppBudget.objects.get().pk == app


def test_an_honest_limit_is_never_passed_and_everybody_is_asked_in_the_end(emulator, clock):
    """A limit of 200 calls an hour, 300 accounts, one drain: over HTTP, in hours that a test moves."""
    people = make_connections_at(emulator, 300)
    keeper = keeper_of(people[0].meta_app, pool_size=1)
    emulator.state.limit_app(per_hour=200)
    app, budgets, waiting, started = people[0].meta_app_id, Budgets(clock), list(people), timezone.now()
    for _ in itertools.takewhile(lambda _: waiting, range(100_000)):
        budgets.look()
        while waiting and app not in budgets.closed() and budgets.allowance(app) != 0:
            inquiry = Inquiry(keeper)
            credential = credential_of(waiting.pop())
            budgets.asked(app)
            inquiry.check(credential)
            assert inquiry.calls[0].error is None
            budgets.note(app, inquiry.calls)
            budgets.store()
            clock.forward(0.05)
        clock.forward(0.5)
    keeper.close()
    assert waiting == []
    # The second hundred has to wait until the first calls are an hour old, and little longer.
    assert dt.timedelta(hours=1) < timezone.now() - started < dt.timedelta(hours=2, minutes=15)


def make_connections_at(emulator, count):
    tokens = emulator.state.issue_tokens(count, "x", age_days=20)
    tenant = make_tenant()
    return [make_connection(tenant=tenant, token=token) for token in tokens]


def test_the_budget_of_many_apps_is_one_query(clock, django_assert_num_queries):
    for _ in range(3):
        own = make_meta_app(tenant=make_tenant())
        AppBudget.objects.create(meta_app=own, paused_until=timezone.now() + dt.timedelta(minutes=5))
    drain = Drain(clock)
    with django_assert_num_queries(1):
        drain.budgets.look()
        assert len(drain.budgets.closed()) == 3
