"""A worker that is killed in the middle of an import: real processes, real signals."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from accounts.models import Event
from tests.flows.processes import until
from tests.flows.test_workers import STOPS_WITHIN, cluster, ended
from tests.tokens.moving.mover import Mover, held
from tokens.models import Connection, Credential, ImportLine
from tokens.services.ring import ring_import

pytestmark = pytest.mark.django_db(transaction=True)


def asked(mover: Mover) -> int:
    return len(mover.emulator.state.requests("/me"))


def done() -> int:
    return ImportLine.objects.exclude(outcome="").count()


def test_a_worker_works_off_what_was_confirmed(mover: Mover, tmp_path: Path) -> None:
    Schedule.objects.all().delete()
    with cluster(mover.emulator.url, tmp_path):
        job = mover.confirmed(["token", *mover.tokens(20), "garbage"])
        until(lambda: done() == 21)
        until(lambda: not type(job).objects.running().exists())
    job.refresh_from_db()
    assert job.counts == {"imported": 20, "refused": 1}


def test_after_a_kill_in_the_middle_the_rest_is_imported_once(mover: Mover, tmp_path: Path) -> None:
    Schedule.objects.all().delete()
    tokens = mover.tokens(40)
    mover.emulator.state.add_fault("hang", path="/me", username="many20")
    with cluster(mover.emulator.url, tmp_path) as process:
        job = mover.confirmed(["token", *tokens])
        until(lambda: done() >= 16 and any(each["status"] is None for each in mover.emulator.state.requests("/me")))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    mover.emulator.state.clear_faults()
    mover.emulator.state.release()
    before = done()
    held_by_nobody = ImportLine.objects.waiting().filter(lease_until__gt=timezone.now())
    assert 0 < held_by_nobody.count() <= 8
    assert Connection.objects.count() == before
    mover.work(job)
    # What the dead worker had in hand waits for its lease; everything else is done.
    assert ImportLine.objects.waiting().count() == held_by_nobody.count()
    assert job.finished_at is None
    held_by_nobody.update(lease_until=timezone.now())
    mover.work(job)
    assert job.counts == {"imported": 40}
    assert Connection.objects.count() == 40
    assert set(Credential.objects.values_list("version", flat=True)) == {1}
    assert Event.objects.filter(kind="imported").count() == 40
    assert held(job) == 0


def test_a_cluster_told_to_stop_hands_its_lines_back_in_time(mover: Mover, tmp_path: Path) -> None:
    Schedule.objects.all().delete()
    mover.emulator.state.add_fault("hang", path="/me")
    with cluster(mover.emulator.url, tmp_path) as process:
        job = mover.confirmed(["token", *mover.tokens(20)])
        until(lambda: asked(mover) >= 8)
        os.killpg(process.pid, signal.SIGTERM)
        until(lambda: ended(process), patience=STOPS_WITHIN)
    mover.emulator.state.clear_faults()
    mover.emulator.state.release()
    assert ImportLine.objects.free(timezone.now()).count() == 20
    mover.work(job)
    assert job.counts == {"imported": 20}


def test_a_kill_between_storing_and_reporting_can_not_happen(mover: Mover) -> None:
    """The connection and the line's outcome are one transaction: undone together, they are done together anew."""
    job = mover.confirmed(["token", mover.token("anna")])
    with transaction.atomic():
        mover.work(job)
        assert Connection.objects.count() == 1
        transaction.set_rollback(True)
    assert (Connection.objects.count(), held(job)) == (0, 1)
    ring_import(job.pk)
    mover.work(job)
    assert job.counts == {"imported": 1}
