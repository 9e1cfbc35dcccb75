"""`check_tokens`: `/me` for each connection whose check is due."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.emulator.server import EmulatorServer
from tests.factories import credential_of, make_connection
from tests.tokens.commands.shell import run
from tokens import tasks
from tokens.models import Connection

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = dt.timedelta(hours=1)


def connected(emulator: EmulatorServer, person: str, check_due_in: dt.timedelta, **details: Any) -> Connection:
    emulator.state.add_person(person)
    token = emulator.state.issue_token(person, age_days=10)
    return make_connection(token=token, check_due_at=timezone.now() + check_due_in, **details)


def asked_about(emulator: EmulatorServer) -> list[str]:
    return sorted(entry["username"] for entry in emulator.state.requests("/me"))


def test_only_those_whose_check_is_due_are_asked(emulator: EmulatorServer) -> None:
    overdue = connected(emulator, "anna", -HOUR)
    connected(emulator, "bert", HOUR)
    ran = run("check_tokens", "--json")
    assert ran.code == 0
    assert (ran.json["due"], ran.json["alive"], ran.json["left_due"]) == (1, 1, 0)
    assert asked_about(emulator) == ["anna"]
    credential = credential_of(overdue)
    assert credential.check_due_at is not None
    assert timezone.now() < credential.check_due_at <= timezone.now() + dt.timedelta(hours=24)


def test_with_all_every_active_one_is_asked_once(emulator: EmulatorServer) -> None:
    connected(emulator, "anna", -HOUR)
    connected(emulator, "bert", HOUR)
    for person, status in [("cleo", "inactive"), ("dora", "disconnected")]:
        emulator.state.add_person(person)
        make_connection(token=emulator.state.issue_token(person), status=status)
    assert run("check_tokens", "--all", "--json").json["alive"] == 2
    assert asked_about(emulator) == ["anna", "bert"]


def test_overdue_ones_are_asked_all_at_once(emulator: EmulatorServer) -> None:
    for number in range(12):
        connected(emulator, f"person{number}", -HOUR * (number + 1))
    assert run("check_tokens", "--json").json["alive"] == 12


def test_nothing_is_renewed(emulator: EmulatorServer) -> None:
    connected(emulator, "anna", -HOUR, due_at=timezone.now() - HOUR)
    run("check_tokens", "--all")
    assert emulator.state.refreshes("anna") == 0


def test_a_death_is_stored_and_its_mail_waits_in_the_outbox(emulator: EmulatorServer) -> None:
    connection = connected(emulator, "anna", -HOUR, contact_email="anna@example.com")
    emulator.state.change_password("anna")
    ran = run("check_tokens", "--json")
    assert (ran.code, ran.json["died"]) == (0, 1)
    connection.refresh_from_db()
    assert (connection.status, connection.reason) == ("inactive", "password_changed")
    message = OutboxMessage.objects.get()
    assert (message.recipient, message.state) == ("anna@example.com", "pending")


@pytest.mark.parametrize("fault", ["http_503", "reset", "rate_17"])
def test_it_ends_well_where_instagram_fails(fault: str, emulator: EmulatorServer) -> None:
    connection = connected(emulator, "anna", -HOUR)
    emulator.state.add_fault(fault, path="/me")
    ran = run("check_tokens", "--json")
    assert (ran.code, ran.json["failed"]) == (0, 1)
    connection.refresh_from_db()
    assert connection.status == "active"


def test_people_read_the_same_in_words(emulator: EmulatorServer) -> None:
    connected(emulator, "anna", -HOUR)
    ran = run("check_tokens")
    assert ran.stdout.splitlines()[:3] == ["Due: 1", "1 working", "Sweep"]
    assert "Checking: 1 of 1" in ran.stderr


def test_the_workers_task_checks_what_is_due(emulator: EmulatorServer) -> None:
    connected(emulator, "anna", -HOUR)
    assert tasks.check() == {"alive": 1}
