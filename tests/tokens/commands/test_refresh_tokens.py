"""`refresh_tokens`: one sweep now, in the foreground."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.utils import timezone

from tests import queue
from tests.emulator.server import EmulatorServer
from tests.factories import credential_of, make_connection, make_tenant
from tests.flows.processes import result_of, start
from tests.tokens.commands.shell import run
from tokens import tasks
from tokens.models import Connection

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = dt.timedelta(hours=1)


def due(emulator: EmulatorServer, person: str, **details: Any) -> Connection:
    if person not in emulator.state.persons:
        emulator.state.add_person(person)
    token = emulator.state.issue_token(person, age_days=51)
    return make_connection(token=token, due_at=timezone.now() - HOUR, **details)


def asked(emulator: EmulatorServer) -> int:
    return len(emulator.state.requests())


def test_with_nothing_due_it_calls_nobody_and_ends_well(emulator: EmulatorServer) -> None:
    make_connection()
    ran = run("refresh_tokens", "--json")
    assert ran.code == 0
    assert (ran.json["due"], ran.json["refreshed"], ran.json["left_due"]) == (0, 0, 0)
    assert asked(emulator) == 0


def test_what_is_due_is_renewed(emulator: EmulatorServer) -> None:
    connections = [due(emulator, person) for person in ("anna", "bert", "cleo")]
    ran = run("refresh_tokens", "--json")
    assert ran.code == 0
    assert (ran.json["due"], ran.json["refreshed"], ran.json["left_due"]) == (3, 3, 0)
    for connection, person in zip(connections, ("anna", "bert", "cleo"), strict=True):
        assert emulator.state.refreshes(person) == 1
        newest = emulator.state.tokens_of(person)[-1].access_token
        stored = credential_of(connection).token
        assert stored is not None
        assert stored.reveal() == newest


def test_retries_and_ended_leases_are_taken_along_and_leases_that_hold_are_not(emulator: EmulatorServer) -> None:
    now = timezone.now()
    due(emulator, "retried", credential={"refresh_failures": 3, "last_failure": "server"})
    due(emulator, "orphaned", credential={"lease_owner": "killed", "lease_until": now - HOUR, "fence": 4})
    due(emulator, "held", credential={"lease_owner": "somebody", "lease_until": now + HOUR / 20})
    assert run("refresh_tokens", "--json").json["refreshed"] == 2
    assert emulator.state.refreshes("held") == 0


def test_inactive_and_disconnected_ones_are_left_alone(emulator: EmulatorServer) -> None:
    for person, status in [("gone", "disconnected"), ("dead", "inactive")]:
        emulator.state.add_person(person)
        make_connection(token=emulator.state.issue_token(person, age_days=51), status=status)
    assert run("refresh_tokens", "--json").json["due"] == 0
    assert asked(emulator) == 0


def test_a_dry_run_counts_and_calls_nobody(emulator: EmulatorServer) -> None:
    before = credential_of(due(emulator, "anna"))
    ran = run("refresh_tokens", "--dry-run", "--json")
    assert (ran.code, ran.json) == (0, {"due": 1, "dry_run": True})
    assert "Nothing was done." in run("refresh_tokens", "--dry-run").stdout
    assert asked(emulator) == 0
    after = credential_of(before.connection)
    assert (after.due_at, after.version, after.fence) == (before.due_at, before.version, before.fence)


def test_with_a_tenant_only_its_connections_are_renewed(emulator: EmulatorServer) -> None:
    mine, other = make_tenant("Mine"), make_tenant("Other")
    due(emulator, "anna", tenant=mine)
    due(emulator, "bert", tenant=other)
    ran = run("refresh_tokens", "--tenant", mine.slug, "--json")
    assert (ran.json["due"], ran.json["refreshed"], ran.json["left_due"]) == (1, 1, 0)
    assert (emulator.state.refreshes("anna"), emulator.state.refreshes("bert")) == (1, 0)


def test_an_unknown_tenant_is_a_wrong_call(emulator: EmulatorServer) -> None:
    due(emulator, "anna")
    ran = run("refresh_tokens", "--tenant", "nobody")
    assert (ran.code, ran.stdout) == (2, "")
    assert "nobody" in ran.stderr
    assert asked(emulator) == 0


def test_enqueue_leaves_drains_that_carry_nothing_and_that_a_worker_can_run(emulator: EmulatorServer) -> None:
    connection = due(emulator, "anna")
    ran = run("refresh_tokens", "--enqueue", "--json")
    assert (ran.code, ran.json) == (0, {"due": 1, "enqueued": 2})
    assert asked(emulator) == 0
    waiting = [(task["func"], task["args"], task["kwargs"]) for task in queue.waiting()]
    assert waiting == [("tokens.tasks.drain", (), {})] * 2
    stored = credential_of(connection).token
    assert stored is not None
    assert stored.reveal() not in str(queue.waiting())

    assert tasks.drain()["refreshed"] == 1
    assert tasks.drain() == {}
    assert emulator.state.refreshes("anna") == 1


def test_enqueue_with_a_tenant_leaves_drains_of_that_tenant(emulator: EmulatorServer) -> None:
    mine = make_tenant("Mine")
    due(emulator, "anna", tenant=mine)
    due(emulator, "bert")
    run("refresh_tokens", "--enqueue", "--tenant", mine.slug)
    assert {(task["func"], task["args"]) for task in queue.waiting()} == {("tokens.tasks.drain", (str(mine.pk),))}

    [arguments] = {task["args"] for task in queue.waiting()}
    assert tasks.drain(*arguments)["refreshed"] == 1
    assert (emulator.state.refreshes("anna"), emulator.state.refreshes("bert")) == (1, 0)


def test_a_drain_of_a_tenant_that_was_erased_since_does_nothing(emulator: EmulatorServer) -> None:
    due(emulator, "anna")
    tenant = make_tenant("Gone")
    gone = str(tenant.pk)
    tenant.delete()
    assert tasks.drain(gone) == {}
    assert asked(emulator) == 0


def test_the_sweep_of_each_minute_drains_and_rings_for_the_others_only_where_something_is_due(
    emulator: EmulatorServer,
) -> None:
    assert tasks.sweep() == {}
    assert queue.waiting() == []
    due(emulator, "anna")
    assert tasks.sweep() == {"refreshed": 1}
    [of_the_other_worker] = queue.waiting()
    assert of_the_other_worker["func"] == "tokens.tasks.drain"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("http_500", "failed"),
        ("rate_4", "failed"),
        ("reset", "failed"),
        ("permission_10", "permission_missing"),
        ("code_100", "refused"),
        ("client_secret", "our_fault"),
        ("password_changed", "cannot_refresh"),
    ],
)
def test_it_ends_well_whatever_instagram_answers(fault: str, outcome: str, emulator: EmulatorServer) -> None:
    due(emulator, "anna")
    emulator.state.add_fault(fault, path="/refresh_access_token")
    ran = run("refresh_tokens", "--json")
    assert ran.code == 0
    assert (ran.json["due"], ran.json[outcome], ran.json["left_due"]) == (1, 1, 0)


def test_the_sums_are_right_where_outcomes_differ(emulator: EmulatorServer) -> None:
    for person in ("anna", "bert", "cleo", "dora"):
        due(emulator, person)
    emulator.state.change_password("bert")
    emulator.state.add_fault("http_503", path="/refresh_access_token", username="cleo")
    result = run("refresh_tokens", "--json").json
    assert (result["refreshed"], result["died"], result["failed"]) == (2, 1, 1)
    words = {name: number for name, number in result.items() if name not in {"due", "left_due"}}
    assert sum(words.values()) == result["due"] == 4


def test_people_read_the_same_in_words(emulator: EmulatorServer) -> None:
    due(emulator, "anna")
    ran = run("refresh_tokens")
    assert ran.stdout.splitlines()[:3] == ["Due: 1", "1 renewed", "Sweep"]
    assert "Renewing: 1 of 1" in ran.stderr


def test_a_process_tells_progress_on_one_stream_and_one_result_on_the_other(emulator: EmulatorServer) -> None:
    connection = due(emulator, "anna")
    token = credential_of(connection).token
    assert token is not None
    process = start(emulator.url, "refresh_tokens", "--json")
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert len(out.splitlines()) == 1
    assert json.loads(out)["refreshed"] == 1
    assert "Renewing: 1 of 1" in errors
    for secret in emulator.state.secrets():
        assert secret not in out + errors


def test_an_unknown_tenant_ends_a_process_with_exit_code_2(emulator: EmulatorServer) -> None:
    process = start(emulator.url, "refresh_tokens", "--tenant", "nobody", "--json")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert errors.splitlines()[-1] == "There is no workspace “nobody”."
    assert "Traceback" not in errors


def test_a_process_with_a_dead_instagram_ends_well(emulator: EmulatorServer) -> None:
    due(emulator, "anna")
    assert result_of(start("http://127.0.0.1:9", "refresh_tokens", "--json"))["failed"] == 1
