"""Each sweep that found something leaves a record of itself."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import worker
from tests.factories import make_connection, make_connections, make_tenant
from tests.tokens.fake_meta import FakeMeta, dead, in_turn, renewed, transient
from tests.tokens.helpers import ago, claim_next, claimed, sweep, token_of
from tokens.models import Credential, SweepRun
from tokens.services import sweep as sweeping
from tokens.services.claims import claim_batch, hand_back, process_name
from tokens.services.clear_up import clear_up
from tokens.services.sweep import Sweep

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sweep_tells_what_it_did():
    make_connections(3, due_at=ago(minutes=1))
    before = timezone.now()
    sweep(FakeMeta())
    run = SweepRun.objects.get()
    assert (run.purpose, run.tenant, run.owner) == ("refresh", None, process_name())
    assert (run.claimed, run.refreshed, run.alive, run.failed, run.lost) == (3, 3, 0, {}, 0)
    assert run.ended_at is not None
    assert before <= run.started_at <= run.ended_at <= timezone.now()
    assert 0 < run.seconds < 60
    assert run.rate == pytest.approx(3 / run.seconds)


def test_a_check_tells_how_many_were_alive():
    make_connections(2, check_due_at=ago(minutes=1))
    sweep(FakeMeta(), "check")
    run = SweepRun.objects.get()
    assert (run.purpose, run.claimed, run.refreshed, run.alive) == ("check", 2, 0, 2)


def test_every_other_word_is_a_class_of_failure():
    make_connections(3, due_at=ago(minutes=1))
    failing = in_turn(transient(), dead(), renewed())
    results = sweep(FakeMeta(on_refresh=failing, on_me=dead()), threads=1)
    run = SweepRun.objects.get()
    assert run.refreshed == results.pop("refreshed") == 1
    assert run.failed == results == {"failed": 1, "died": 1}
    assert run.claimed == 3


def test_a_late_answer_counts_as_lost():
    connection = make_connection(due_at=ago(minutes=1))

    def reconnected_meanwhile(token: str) -> Any:
        Credential.objects.filter(pk=connection.pk).update(version=9)
        return renewed()

    sweep(FakeMeta(on_refresh=reconnected_meanwhile), threads=1)
    run = SweepRun.objects.get()
    assert (run.lost, run.refreshed, run.failed) == (1, 0, {})


@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_a_sweep_that_found_nothing_due_leaves_none(purpose):
    make_connection()
    sweep(FakeMeta(), purpose)
    assert not SweepRun.objects.exists()


def test_a_sweep_of_one_tenant_names_it():
    tenant = make_tenant()
    make_connection(tenant=tenant, due_at=ago(minutes=1))
    sweep(FakeMeta(), tenant=tenant)
    assert SweepRun.objects.get().tenant == tenant


def test_while_it_runs_its_record_has_no_end():
    make_connection(due_at=ago(minutes=1))
    seen: list[SweepRun] = []

    def look(token: str) -> Any:
        seen.append(SweepRun.objects.get())
        return renewed()

    sweep(FakeMeta(on_refresh=look))
    [meanwhile] = seen
    assert (meanwhile.ended_at, meanwhile.claimed) == (None, 1)
    assert SweepRun.objects.get().ended_at is not None


def test_a_sweep_that_breaks_ends_its_record_all_the_same(monkeypatch):
    make_connections(2, due_at=ago(minutes=1))
    taken = iter([claim_batch])

    def break_down(*args: Any, **details: Any) -> Any:
        for claim in taken:
            return claim(*args, **details)
        raise OperationalError("gone")

    monkeypatch.setattr(sweeping, "claim_batch", break_down)
    with pytest.raises(OperationalError):
        sweep(FakeMeta(), threads=1)
    run = SweepRun.objects.get()
    assert (run.claimed, run.refreshed) == (2, 2)
    assert run.ended_at is not None


def test_a_sweep_that_is_told_to_stop_and_leaves_its_work_behind_ends_its_record(monkeypatch):
    """The process ends at once then: nothing after it would run."""
    make_connection(due_at=ago(minutes=1))
    in_flight, over = threading.Event(), threading.Event()
    left: list[SweepRun] = []

    def answer_late(token: str) -> Any:
        in_flight.set()
        over.wait(30)
        return renewed()

    def leave() -> None:
        left.append(SweepRun.objects.get())
        over.set()

    monkeypatch.setattr(worker, "asked_to_stop", in_flight.is_set)
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0)
    monkeypatch.setattr(worker, "leave_at_once", leave)
    sweep(FakeMeta(on_refresh=answer_late), threads=1)
    assert left[0].ended_at is not None
    assert (left[0].claimed, left[0].refreshed) == (1, 0)


def test_a_record_that_cannot_be_written_stops_no_sweep(monkeypatch, caplog):
    connection = make_connection(due_at=ago(minutes=1))

    def fail(*args: Any, **details: Any) -> None:
        raise OperationalError("could not connect to 10.1.2.3")

    monkeypatch.setattr(SweepRun, "save", fail)
    assert sweep(FakeMeta(on_refresh=renewed("IGAAnew"))) == {"refreshed": 1}
    assert token_of(connection) == "IGAAnew"
    assert "OperationalError" in caplog.text
    assert "10.1.2.3" not in caplog.text


def test_a_record_whose_beginning_could_not_be_written_is_written_at_its_end(monkeypatch):
    make_connection(due_at=ago(minutes=1))
    write, tries = SweepRun.save, []

    def fail_once(row: SweepRun, *args: Any, **details: Any) -> None:
        tries.append(row)
        if len(tries) == 1:
            raise OperationalError("busy")
        write(row, *args, **details)

    monkeypatch.setattr(SweepRun, "save", fail_once)
    sweep(FakeMeta())
    assert SweepRun.objects.get().refreshed == 1


def test_a_record_holds_no_secret_and_nobodys_name():
    connection = make_connection(due_at=ago(minutes=1), handle="anna_of_paris", contact_email="anna@paris.example")
    token = token_of(connection)
    sweep(FakeMeta(on_refresh=renewed("IGAAnewest")))
    told = repr(SweepRun.objects.values().get())
    for word in (token, "IGAAnewest", "anna", str(connection.pk), connection.instagram_id):
        assert word not in told


# Leases


def test_a_claim_from_a_lease_that_ended_is_recovered_and_others_are_not():
    killed = {"lease_owner": "host:1:abc", "lease_until": ago(seconds=1), "fence": 4}
    make_connections(2, due_at=ago(minutes=1), credential=killed)
    make_connections(3, due_at=ago(minutes=1))
    sweep(FakeMeta())
    run = SweepRun.objects.get()
    assert (run.claimed, run.leases_recovered, run.refreshed) == (5, 2, 5)


@pytest.mark.parametrize("ending", ["stored", "handed back"])
def test_a_lease_that_somebody_ended_is_not_recovered(ending):
    connection = make_connection(due_at=ago(minutes=1))
    if ending == "stored":
        sweep(FakeMeta(on_refresh=transient()))
        Credential.objects.update(due_at=ago(minutes=1))
    else:
        hand_back(claimed(connection))
    again = claim_next("refresh")
    assert again is not None
    assert not again.recovered


def test_to_tell_a_recovered_lease_costs_no_further_question():
    questions = []
    for lease in ({}, {"lease_owner": "killed", "lease_until": ago(seconds=1)}):
        make_connection(due_at=ago(minutes=1), credential=lease)
        with CaptureQueriesContext(database) as asked:
            claim = claim_next("refresh")
        assert claim is not None
        assert claim.recovered == bool(lease)
        questions.append([each["sql"].split()[0] for each in asked])
    assert questions[0] == questions[1]
    # Those with least days left, then the others.
    assert (questions[0].count("SELECT"), questions[0].count("UPDATE")) == (2, 1)


# Forgetting


def test_records_go_after_thirty_days():
    now = timezone.now()
    for days in (31, 29):
        SweepRun.objects.create(purpose="refresh", owner="x", started_at=now - dt.timedelta(days=days))
    clear_up(now)
    assert [(now - run.started_at).days for run in SweepRun.objects.all()] == [29]


def test_old_records_are_looked_for_once_an_hour():
    now = timezone.now()
    clear_up(now)
    SweepRun.objects.create(purpose="refresh", owner="x", started_at=now - dt.timedelta(days=31))
    clear_up(now)
    assert SweepRun.objects.count() == 1
    cache.clear()  # the hour is over
    clear_up(now)
    assert not SweepRun.objects.exists()


def test_a_workspaces_records_go_with_it():
    tenant = make_tenant()
    make_connection(tenant=tenant, due_at=ago(minutes=1))
    Sweep("refresh", FakeMeta().make_client, tenant=tenant, threads=1).run()
    assert SweepRun.objects.count() == 1
    tenant.delete()
    assert not SweepRun.objects.exists()
