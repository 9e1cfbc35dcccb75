"""Checks that are late after a downtime are spread over the time to come; nobody is asked twice for it."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_connections, make_meta_app, make_tenant
from tests.tokens.helpers import claimed, credential_of
from tokens import tasks
from tokens.due_dates import next_check_at
from tokens.models import AppBudget, Brake, Credential
from tokens.services.spread_checks import LATE, spread_checks

pytestmark = pytest.mark.django_db

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
NOW = dt.datetime(2026, 4, 19, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def noon(travel):
    travel(NOW)


def due(**ago: float):
    return make_connection(check_due_at=NOW - dt.timedelta(**ago))


def test_what_is_due_in_the_usual_rhythm_is_left_alone():
    some = [due(minutes=minutes) for minutes in (0, 5, 15)]
    assert spread_checks(NOW) == 0
    assert [credential_of(each).check_due_at for each in some] == [NOW - n * MINUTE for n in (0, 5, 15)]


def test_after_hours_of_downtime_they_are_caught_up_at_the_pace_at_which_they_were_missed():
    eldest, middle, newest = due(hours=6), due(hours=4), due(minutes=1)
    later = make_connection(check_due_at=NOW + HOUR)
    assert spread_checks(NOW) == 3
    assert credential_of(eldest).check_due_at == NOW
    assert credential_of(middle).check_due_at == NOW + 2 * HOUR
    assert credential_of(newest).check_due_at == NOW + 6 * HOUR - MINUTE
    assert credential_of(later).check_due_at == NOW + HOUR


@pytest.mark.parametrize("days", [1, 2.5, 30])
def test_after_a_day_and_more_each_goes_back_to_its_own_moment_of_the_day(days):
    connections = make_connections(12)
    since = NOW - days * DAY
    for each in connections:
        Credential.objects.filter(pk=each.pk).update(check_due_at=next_check_at(each.pk, since))
    due_before = Credential.objects.filter(check_due_at__lte=NOW).count()
    eldest = min(credential_of(each).check_due_at for each in connections)
    assert due_before == 12 and NOW - eldest >= LATE
    spread_checks(NOW)
    dates = [credential_of(each).check_due_at for each in connections]
    assert all(NOW <= date <= NOW + DAY for date in dates)
    if NOW - eldest >= DAY:
        own = [next_check_at(each.pk, NOW) for each in connections]
        assert [abs(date - mine) < MINUTE for date, mine in zip(dates, own, strict=True)] == [True] * 12


def test_no_hour_is_busier_than_twice_the_usual(travel):
    connections = make_connections(96)
    travel(NOW - 9 * HOUR)
    for place, each in enumerate(connections):
        at = NOW - 9 * HOUR + place * DAY / 96
        Credential.objects.filter(pk=each.pk).update(check_due_at=at)
    travel(NOW)
    spread_checks(NOW)
    busy = Counter((credential_of(each).check_due_at - NOW) // HOUR for each in connections)
    assert max(busy.values()) <= 8, "four an hour are usual"
    assert sum(busy.values()) == 96


def test_doing_it_again_changes_nothing():
    due(hours=6), due(hours=4)
    assert spread_checks(NOW) == 2
    assert spread_checks(NOW) == 0


def test_what_somebody_works_on_is_left_to_them():
    held, free = due(hours=6), due(hours=6)
    claimed(held, "check")
    assert spread_checks(NOW) == 1
    assert credential_of(held).check_due_at == NOW - 6 * HOUR
    assert credential_of(free).check_due_at == NOW


def test_each_meta_app_goes_by_its_own_eldest():
    tenant = make_tenant()
    own = make_connection(
        tenant=tenant, meta_app=make_meta_app(tenant=tenant), check_due_at=NOW - HOUR, instagram_id="1"
    )
    other = due(hours=6)
    in_time = make_connection(tenant=tenant, meta_app=own.meta_app, check_due_at=NOW, instagram_id="2")
    assert spread_checks(NOW) == 3
    assert credential_of(own).check_due_at == NOW
    assert credential_of(in_time).check_due_at == NOW + HOUR
    assert credential_of(other).check_due_at == NOW


def closed_by_brake(connection):
    Brake.objects.create(meta_app=connection.meta_app, cause=Brake.Cause.WEATHER, fallen_at=NOW)


def closed_by_limit(connection):
    AppBudget.objects.create(meta_app=connection.meta_app, paused_until=NOW + HOUR)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("close", [closed_by_brake, closed_by_limit])
def test_what_nobody_may_ask_now_is_spread_when_it_may_be_asked(close, monkeypatch):
    monkeypatch.setattr(tasks, "_drained", lambda purpose, tenant: {})
    waiting = due(hours=6)
    close(waiting)
    tasks.check()
    assert credential_of(waiting).check_due_at == NOW - 6 * HOUR
    Brake.objects.update(lifted_at=NOW)
    AppBudget.objects.all().delete()
    tasks.check()
    assert credential_of(waiting).check_due_at == NOW


@pytest.mark.django_db(transaction=True)
def test_a_worker_spreads_before_it_asks(emulator):
    emulator.state.add_person("anna")
    made = [
        make_connection(
            token=emulator.state.issue_token("anna"),
            check_due_at=timezone.now() - hours * HOUR,
            instagram_id=str(hours),
        )
        for hours in (1, 2, 3)
    ]
    tasks.check()
    assert len(emulator.state.requests("/me")) == 1, "the eldest alone; the others come at their pace"
    assert sum(credential_of(each).check_due_at > timezone.now() for each in made) == 3
