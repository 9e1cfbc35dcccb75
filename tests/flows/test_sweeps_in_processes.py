"""Sweeps of several processes at once, and sweeps that are killed: every token is renewed, each once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Event, Tenant
from tests.emulator.server import EmulatorServer
from tests.emulator.state import State
from tests.factories import make_connection
from tests.flows.processes import result_of, start, until
from tokens import tasks
from tokens.models import Connection, Credential
from tokens.services.claims import LEASE

THREADS = settings.SWEEP_THREADS
pytestmark = pytest.mark.django_db(transaction=True)
Travel = Callable[[dt.datetime], Any]


def enlist(state: State, tenant: Tenant, count: int) -> None:
    """So many connections with tokens of 50 days, all due."""
    due_at = timezone.now() - dt.timedelta(minutes=1)
    with transaction.atomic():
        for token in state.issue_tokens(count, "creator", age_days=50):
            make_connection(tenant=tenant, token=token, due_at=due_at)


def assert_each_renewed_once(state: State, count: int) -> None:
    assert state.counts()["refreshes"] == {f"creator{number}": 1 for number in range(count)}
    assert_all_renewed(state, count)


def assert_all_renewed(state: State, count: int) -> None:
    assert Credential.objects.filter(version=2, refresh_failures=0, lease_until=None).count() == count
    assert Connection.objects.filter(status="active").count() == count
    assert Event.objects.filter(kind="refreshed").count() == count
    for credential in Credential.objects.all():
        assert credential.token is not None
        assert state.tokens[credential.token.reveal()].trouble(state.now()) is None


@pytest.mark.parametrize(("processes", "count"), [(2, 80), (4, 100)])
def test_several_sweeps_at_once_share_the_work_and_never_ask_twice(
    processes: int, count: int, tenant: Tenant, emulator: EmulatorServer
):
    state = emulator.state
    enlist(state, tenant, count)
    # Nobody gets an answer before every thread of every process has asked.
    state.add_fault("hang", path="/refresh_access_token", times=processes * THREADS)
    # And nobody claims all of them at once.
    size = str(THREADS)
    running = [start(emulator.url, "refresh_tokens", "--json", CLAIM_SIZE=size) for _ in range(processes)]
    try:
        assert state.gate.wait_for_waiting(processes * THREADS, 20)
    finally:
        state.release()
    results = [result_of(process) for process in running]
    assert all(result["refreshed"] >= THREADS for result in results)
    assert sum(result["refreshed"] for result in results) == count
    others = set().union(*results) - {"due", "refreshed", "left_due"}
    assert {word: sum(result[word] for result in results) for word in others} == dict.fromkeys(others, 0)
    assert_each_renewed_once(state, count)


@contextmanager
def killed_in_the_middle(emulator: EmulatorServer) -> Iterator[None]:
    """A sweep that is killed while all of its threads wait for Meta's answer."""
    sweep = start(emulator.url, "refresh_tokens", "--json")
    try:
        assert emulator.state.gate.wait_for_waiting(THREADS, 30)
        yield
    finally:
        sweep.kill()
        sweep.communicate(timeout=30)
    # The emulator notices that nobody waits any more, and performs nothing for them.
    until(lambda: emulator.state.gate.waiting == 0)


def held() -> int:
    return Credential.objects.filter(lease_until__isnull=False).count()


def test_what_a_killed_sweep_held_is_taken_up_when_its_leases_end(tenant: Tenant, emulator: EmulatorServer):
    state = emulator.state
    enlist(state, tenant, 40)
    state.add_fault("hang", path="/refresh_access_token", after=12)
    with killed_in_the_middle(emulator):
        until(lambda: sum(state.counts()["refreshes"].values()) == 12)
    state.clear_faults()
    # What it waited for, and what it had claimed and not asked for yet.
    assert held() == 28

    result = result_of(start(emulator.url, "refresh_tokens", "--json"))
    assert (result["refreshed"], result["left_due"]) == (0, 28)

    # A process of its own has the real clock: moving the leases back plays the time that passes.
    Credential.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    result = result_of(start(emulator.url, "refresh_tokens", "--json"))
    assert (result["refreshed"], result["left_due"]) == (28, 0)
    assert_each_renewed_once(state, 40)


def test_the_real_lease_holds_to_its_last_second_and_not_longer(
    tenant: Tenant, emulator: EmulatorServer, travel: Travel
):
    state = emulator.state
    enlist(state, tenant, 12)
    state.add_fault("hang", path="/refresh_access_token")
    with killed_in_the_middle(emulator):
        pass
    state.clear_faults()
    held_until = Credential.objects.values_list("lease_until", flat=True)
    leases = sorted(each for each in held_until if each is not None)
    assert len(leases) == 12
    assert timezone.now() < leases[0] <= leases[-1] <= timezone.now() + LEASE

    travel(leases[0] - dt.timedelta(seconds=1))
    assert tasks.drain() == {}
    travel(leases[-1])
    assert tasks.drain() == {"refreshed": 12}
    assert_each_renewed_once(state, 12)


def test_a_sweep_killed_after_meta_had_done_its_work_asks_again_and_loses_nothing_where_the_old_string_lives(
    tenant: Tenant, emulator: EmulatorServer
):
    state = emulator.state
    state.configure(old_string="lives")
    enlist(state, tenant, 10)
    # Meta renews at once; its answers arrive too slowly to be read before the end.
    state.add_fault("drip", path="/refresh_access_token", seconds=0.5, times=THREADS)
    sweep = start(emulator.url, "refresh_tokens", "--json")
    try:
        until(lambda: sum(state.counts()["refreshes"].values()) >= THREADS)
    finally:
        sweep.kill()
        sweep.communicate(timeout=30)
    state.clear_faults()
    # The passing of the leases' time, as above.
    Credential.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert result_of(start(emulator.url, "refresh_tokens", "--json"))["left_due"] == 0
    twice = [name for name, number in state.counts()["refreshes"].items() if number == 2]
    assert len(twice) == THREADS
    assert_all_renewed(state, 10)


def test_a_late_answer_of_a_sweep_that_was_paused_changes_nothing(tenant: Tenant, emulator: EmulatorServer):
    state = emulator.state
    state.configure(old_string="lives")
    enlist(state, tenant, THREADS)
    state.add_fault("hang", path="/refresh_access_token", times=THREADS)
    late = start(emulator.url, "refresh_tokens", "--json")
    try:
        assert state.gate.wait_for_waiting(THREADS, 30)
        # Its leases are over, as if the machine had slept meanwhile.
        Credential.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
        assert result_of(start(emulator.url, "refresh_tokens", "--json"))["refreshed"] == THREADS
        newest = {row.pk: row.token.ciphertext for row in Credential.objects.all() if row.token}
    finally:
        state.release()
    result = result_of(late)
    assert (result["refreshed"], result["lost"]) == (0, THREADS)
    assert {row.pk: row.token.ciphertext for row in Credential.objects.all() if row.token} == newest
    assert_all_renewed(state, THREADS)
