"""A sweep keeps to the budgets: it stops where Meta says so, sends one canary, and goes on with everybody else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_meta_app, make_tenant
from tests.tokens.fake_meta import FakeMeta, in_turn, limited, renewed
from tests.tokens.helpers import ago, credential_of, sweep, token_of
from tokens.models import AppBudget, Connection, Credential

pytestmark = pytest.mark.django_db(transaction=True)


def overdue(count: int, token: str, **details: object) -> list[Connection]:
    due_at = ago(minutes=1)
    return [make_connection(token=f"{token}{number}", due_at=due_at, **details) for number in range(count)]  # type: ignore[arg-type]


def refuse(*tokens: str) -> FakeMeta:
    """Refuses, for the app's limit, whatever token begins with one of `tokens`."""
    return FakeMeta(on_refresh=lambda token: limited(600) if token.startswith(tokens) else renewed(f"{token}+"))


def test_what_is_in_hand_is_handed_back_when_the_limit_is_reached():
    overdue(20, "IGAAx")
    meta = refuse("IGAAx")
    assert sweep(meta, threads=2, seconds=10) == {"failed": meta.count("refresh")}
    assert meta.count("refresh") <= 4, "those in flight, and those that began before the answer was read"
    assert Credential.objects.filter(refresh_failures=0, fence=1).count() == 20 - meta.count("refresh")
    assert not Credential.objects.exclude(lease_until=None).exists()
    until = AppBudget.objects.get().paused_until
    assert until is not None
    assert abs(until - timezone.now() - dt.timedelta(seconds=600)) < dt.timedelta(seconds=60)


def test_a_paused_app_is_left_alone_by_the_next_sweep_and_another_is_not():
    tenant = make_tenant()
    own = make_meta_app(tenant=tenant)
    theirs = overdue(3, "IGAAown", tenant=tenant, meta_app=own)
    overdue(3, "IGAAdefault")
    AppBudget.objects.create(
        meta_app=own, paused_until=timezone.now() + dt.timedelta(hours=1), limits=1, cause="code 4"
    )
    meta = FakeMeta(on_refresh=lambda token: renewed(f"{token}+"))
    assert sweep(meta, seconds=10) == {"refreshed": 3}
    assert {credential_of(each).fence for each in theirs} == {0}


def test_after_the_pause_one_goes_ahead_and_then_all_others():
    connections = overdue(6, "IGAA")
    app = connections[0].meta_app
    AppBudget.objects.create(meta_app=app, paused_until=ago(seconds=1), limits=1, cause="code 4")
    flying: list[int] = []

    def answer(token: str) -> object:
        flying.append(AppBudget.objects.filter(paused_until__isnull=False).count())
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=answer), threads=4) == {"refreshed": 6}
    assert flying == [1, 0, 0, 0, 0, 0], "the first one alone was asked while it was paused"
    assert all(token_of(each).endswith("+") for each in connections)


def test_a_canary_that_is_refused_leaves_all_others_unasked():
    overdue(6, "IGAA")
    AppBudget.objects.create(meta_app=make_meta_app(), paused_until=ago(seconds=1), limits=1, cause="code 4")
    meta = FakeMeta(on_refresh=in_turn(limited(600), renewed()))
    assert sweep(meta, threads=4, seconds=10) == {"failed": 1}
    assert meta.count("refresh") == 1


def test_where_meta_tells_of_no_limit_nothing_is_written():
    overdue(6, "IGAA")
    assert sweep(FakeMeta(on_refresh=lambda token: renewed(f"{token}+"))) == {"refreshed": 6}
    assert not AppBudget.objects.exists()
