"""`refresh_tokens` and `check_tokens` tell of their sweep what its record holds."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from tests.factories import make_connection
from tests.tokens.commands.shell import run
from tests.tokens.helpers import ago
from tokens.models import SweepRun

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due(emulator):
    """Three that are due, of which one was left behind by a worker that was killed; bert is answered by an error."""
    for person in ("anna", "bert", "cleo"):
        emulator.state.add_person(person)
        lease = {"lease_owner": "killed", "lease_until": ago(minutes=1)} if person == "anna" else {}
        token = emulator.state.issue_token(person, age_days=51)
        make_connection(token=token, due_at=ago(hours=1), check_due_at=ago(hours=1), credential=lease)
    for path in ("/refresh_access_token", "/me"):
        emulator.state.add_fault("http_503", path=path, username="bert")


def test_people_read_it_as_a_table(due):
    lines = run("refresh_tokens").stdout.splitlines()
    table = [re.fullmatch(r"(\S.*?) {2,}(.+)", line) for line in lines[lines.index("Sweep") + 1 :]]
    shown = {line[1]: line[2] for line in table if line}
    seconds, rate = float(shown.pop("Seconds")), float(shown.pop("Tokens a second"))
    assert shown == {
        **{"Claimed": "3", "Renewed": "2", "Working": "0", "Failed": "1  failed 1", "Lost": "0"},
        "Leases recovered": "1",
    }
    assert seconds >= 0
    assert rate > 0
    assert len(shown) == len(table) - 2


@pytest.mark.parametrize("command", ["refresh_tokens", "check_tokens"])
def test_with_nothing_due_there_is_no_table(command, emulator):
    make_connection(due_at=timezone.now().replace(year=timezone.now().year + 1))
    assert run(command).stdout.splitlines() == ["Due: 0"]
    assert not SweepRun.objects.exists()


def test_the_table_goes_to_standard_output_alone(due):
    ran = run("refresh_tokens")
    assert "Leases recovered" in ran.stdout
    assert "Leases recovered" not in ran.stderr


def test_the_json_keeps_its_shape(due):
    assert {type(value) for value in run("refresh_tokens", "--json").json.values()} == {int}


def test_a_dry_run_is_no_sweep(due):
    run("refresh_tokens", "--dry-run", "--json")
    assert not SweepRun.objects.exists()
