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
from django_q.models import Schedule

from notifications.models import OutboxMessage
from tests import queue
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
    """A cluster that works when the test rings, and at no other time."""
    Schedule.objects.all().delete()
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


def ended(worker: subprocess.Popen[bytes]) -> bool:
    """Whether the main process and all that it started are gone, but for those that only init has not buried yet."""
    if worker.poll() is None:
        return False
    return not any(group == worker.pid and "Z" not in state for group, state in listed("pgid=", "stat="))


def guard_of(worker: subprocess.Popen[bytes]) -> int:
    [guard] = children(worker.pid)
    return guard


def children(pid: int) -> list[int]:
    """The processes that this one has started, oldest first."""
    return [child for child, parent in listed("pid=", "ppid=", "--sort=start_time,pid") if int(parent) == pid]


def listed(number: str, of: str, *options: str) -> list[tuple[int, str]]:
    """Two columns of `ps` over all processes."""
    command = ["ps", "-A", "-o", f"{number},{of}", *options]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [(int(first), second) for first, second in (line.split() for line in lines)]


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
    # More than the workers hold in hand: nobody may wait for room in a queue that nobody empties any more.
    for _ in range(20):
        ring()
    until(lambda: queue.untaken() <= 37)
    if whom == "the main process":
        worker.send_signal(signal.SIGTERM)
    else:
        os.killpg(worker.pid, signal.SIGTERM)
    until(lambda: ended(worker), patience=STOPS_WITHIN)
    assert not Credential.objects.filter(lease_until__isnull=False).exists()
    emulator.state.clear_faults()
    emulator.state.release()
    call_command("refresh_tokens")
    assert refreshed() == 20


@pytest.mark.parametrize("whom", ["the main process", "the whole group", "both"])
def test_an_idle_worker_told_to_stop_ends(whom, worker):
    if whom != "the whole group":
        worker.send_signal(signal.SIGTERM)
    if whom != "the main process":
        os.killpg(worker.pid, signal.SIGTERM)
    until(lambda: ended(worker), patience=STOPS_WITHIN)
    assert worker.returncode == 0


def test_a_worker_that_is_killed_is_replaced_and_the_others_go_on(worker, emulator):
    before = children(guard_of(worker))
    os.kill(before[0], signal.SIGTERM)
    until(lambda: before[0] not in children(guard_of(worker)) and len(children(guard_of(worker))) == len(before))
    due(emulator, 30)
    ring()
    until(lambda: refreshed() == 30)


def test_a_main_process_that_is_killed_takes_everything_along(worker):
    worker.kill()
    until(lambda: ended(worker), patience=STOPS_WITHIN)


def test_a_guard_that_is_killed_takes_everything_along_and_says_so(worker, tmp_path):
    os.kill(guard_of(worker), signal.SIGKILL)
    until(lambda: ended(worker), patience=STOPS_WITHIN)
    assert worker.returncode == 1
    assert "guard ended by itself" in (tmp_path / "worker.log").read_text()


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


def test_idle_workers_that_are_killed_leave_a_cluster_that_works(worker, emulator):
    """One of them waits for the next task with the queue's lock in its hand."""
    due(emulator, 3)
    [first, second] = workers_of(worker)
    for pid in (first, second):
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(set(workers_of(worker)) - {first, second}) == 2)
    ring()
    until(lambda: refreshed() == 3)


def test_a_worker_that_is_killed_lets_the_others_end_what_they_are_at(worker, emulator):
    due(emulator, 1)
    emulator.state.add_fault("hang", path="/refresh_access_token")
    ring()
    until(lambda: in_flight(emulator, 1))
    [busy] = {owner.split(":")[1] for owner in Credential.objects.values_list("lease_owner", flat=True)}
    [idle] = set(workers_of(worker)) - {int(busy)}
    os.kill(idle, signal.SIGKILL)
    until(lambda: len(set(workers_of(worker)) - {int(busy), idle}) == 2)
    emulator.state.clear_faults()
    emulator.state.release()
    # Killed, it would hold its lease for minutes. On a machine that stands still for longer than workers are waited
    # for, it hands back what hangs.
    until(lambda: refreshed() == 1 or not Credential.objects.filter(lease_until__isnull=False).exists())
    if not refreshed():
        ring()
        until(lambda: refreshed() == 1)


def workers_of(worker: subprocess.Popen[bytes]) -> list[int]:
    """The two that were started last but for the monitor and the pusher, who always follow them."""
    return children(guard_of(worker))[-4:-2]
