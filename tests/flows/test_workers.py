"""Real `qcluster` processes: they refresh, mail, stop gently when told to, and lose nothing when killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.factories import make_connection, make_tenant
from tests.flows.processes import ROOT, environment, until
from tokens.models import Credential
from tokens.services.ring import ring
from tokens.services.send_link import send_link
from tokens.services.sync_schedules import sync_schedules

pytestmark = pytest.mark.django_db(transaction=True)
STOPS_WITHIN = 40  # ten seconds on a machine that has nothing else to do


@pytest.fixture
def worker(emulator, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with cluster(emulator.url, tmp_path) as process:
        yield process


@contextlib.contextmanager
def cluster(meta_url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A cluster in a process group of its own, ready for work."""
    log = folder / "worker.log"
    env = environment(meta_url, DJANGO_SETTINGS_MODULE="config.settings", EMAIL_URL=f"filemail:///{folder / 'mail'}")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            until(lambda: b"running" in log.read_bytes())
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def due(emulator, number: int) -> None:
    tenant = make_tenant()
    for token in emulator.state.issue_tokens(number, "due", age_days=51):
        make_connection(tenant=tenant, token=token, due_at=timezone.now())


def in_flight(emulator, number: int) -> bool:
    return len([r for r in emulator.state.requests(path="/refresh_access_token") if r["status"] is None]) >= number


def refreshed() -> int:
    return Credential.objects.filter(version=2).count()


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_rung_worker_refreshes_what_is_due(worker, emulator):
    due(emulator, 5)
    ring()
    until(lambda: refreshed() == 5)
    assert emulator.state.counts()["refreshes"] == {f"due{n}": 1 for n in range(5)}


def test_the_schedule_alone_finds_what_is_due(emulator, tmp_path):
    sync_schedules()
    due(emulator, 2)
    with cluster(emulator.url, tmp_path):
        until(lambda: refreshed() == 2, patience=100)


def test_mail_leaves_by_itself_after_the_commit_that_owes_it(worker, tmp_path):
    connection = make_connection(tenant=make_tenant())
    send_link(connection, actor="somebody")
    until(lambda: OutboxMessage.objects.get().state == "sent")
    assert "/link/" in next((tmp_path / "mail").iterdir()).read_text()


@pytest.mark.parametrize("whom", ["the main process", "the whole group"])
def test_a_worker_told_to_stop_hands_back_what_hangs(whom, worker, emulator):
    due(emulator, 20)
    emulator.state.add_fault("hang", path="/refresh_access_token")
    ring()
    until(lambda: in_flight(emulator, 8))
    if whom == "the main process":
        worker.send_signal(signal.SIGTERM)
    else:
        os.killpg(worker.pid, signal.SIGTERM)
    until(lambda: worker.poll() is not None and not alive(worker.pid), patience=STOPS_WITHIN)
    assert not Credential.objects.filter(lease_until__isnull=False).exists()
    emulator.state.clear_faults()
    emulator.state.release()
    call_command("refresh_tokens")
    assert refreshed() == 20


def test_an_idle_worker_told_to_stop_ends(worker):
    os.killpg(worker.pid, signal.SIGTERM)
    until(lambda: worker.poll() is not None and not alive(worker.pid), patience=STOPS_WITHIN)


def test_a_killed_cluster_costs_a_lease_and_nothing_else(worker, emulator):
    due(emulator, 12)
    emulator.state.add_fault("hang", path="/refresh_access_token")
    ring()
    until(lambda: in_flight(emulator, 8))
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    emulator.state.clear_faults()
    emulator.state.release()
    held = Credential.objects.filter(lease_until__isnull=False)
    assert held.count() >= 8
    # Another process can't be taken along in time: its leases are moved into the past instead.
    held.update(lease_until=timezone.now())
    call_command("refresh_tokens")
    assert refreshed() == 12
