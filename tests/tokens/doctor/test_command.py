"""`manage.py doctor`: what it prints where, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.config.installation import SOUND, Installation
from tests.tokens.commands.shell import on_database, run, run_from_command_line

pytestmark = pytest.mark.django_db


def test_people_read_lines_under_headings_with_remedies_below(emulator, settings):
    settings.STAFF_ALERT_EMAILS = []
    ran = run("doctor")
    assert ran.code == 0
    lines = ran.stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if "STAFF_ALERT_EMAILS" in line)
    assert lines[at].split()[:2] == ["warning", "STAFF_ALERT_EMAILS"]
    assert "→ Name somebody" in lines[at + 1]
    assert "Settings" in lines
    assert lines[-1].split()[1::2] == ["ok,", "warning,", "wrong"]
    assert "\x1b[" not in ran.stdout, "colours are for terminals"
    assert max(map(len, lines)) <= 120
    assert ran.stderr.count("\n") == 1


def test_programs_read_one_object_on_the_last_line(emulator):
    ran = run("doctor", "--json")
    told = ran.json
    assert set(told) == {"ok", "warning", "wrong", "findings"}
    assert {*told["findings"][0]} == {"area", "name", "level", "sentence", "remedy"}
    assert sum(told[level] for level in ("ok", "warning", "wrong")) == len(told["findings"])
    assert ran.stdout.count("\n") == 1


def test_it_ran_to_its_end_whatever_it_found(emulator, settings):
    settings.INSTAGRAM_APP_SECRET = ""
    ran = run_from_command_line("doctor", "--json")
    assert ran.code == 0, "a failed system check is a line, not the end"
    assert "perennial.E007" in {each["name"] for each in ran.json["findings"]}


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_a_database_that_does_not_answer_is_a_line_and_exit_code_1(how, emulator):
    with on_database("postgres://somebody:c4n4ry@127.0.0.1:9/nothing"):
        ran = run_from_command_line("doctor", *how)
    assert ran.code == 1
    assert "It does not answer (OperationalError)." in ran.stdout
    assert "The database does not answer" in ran.stderr
    assert "c4n4ry" not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_unmigrated_one_likewise(emulator, tmp_path: Path):
    with on_database(f"sqlite:///{tmp_path}/empty.sqlite3"):
        ran = run_from_command_line("doctor", "--json")
    assert ran.code == 1
    assert "manage.py migrate" in json.dumps(ran.json)


@pytest.mark.parametrize("how", [["--mail", "nobody"], ["--mail"], ["--nonsense"]])
def test_a_wrong_call_is_exit_code_2(how, emulator):
    ran = run_from_command_line("doctor", *how)
    assert (ran.code, ran.stdout) == (2, "")


def test_a_test_mail_goes_where_it_is_asked_for(emulator, mailoutbox):
    run("doctor")
    assert mailoutbox == []
    assert [each["level"] for each in run("doctor", "--json", "--mail", "anna@acme.dev").json["findings"]]
    assert [each.to for each in mailoutbox] == [["anna@acme.dev"]]


def test_a_process_runs_it_before_the_first_user(tmp_path: Path):
    """Without a network, a worker or an app: each is a line, and it ends."""
    fresh = Installation(tmp_path)
    unmigrated = fresh.manage("doctor", **SOUND)
    assert (unmigrated.returncode, "Run `python manage.py migrate`." in unmigrated.stdout) == (1, True)
    fresh.manage("migrate", "--verbosity=0", **SOUND)
    ran = fresh.manage("doctor", "--json", **SOUND, INSTAGRAM_GRAPH_URL="https://graph.invalid")
    assert ran.returncode == 0
    assert ran.stderr == "Looking at everything; this takes twenty seconds at most.\n"
    levels = {each["name"]: each["level"] for each in json.loads(ran.stdout)["findings"]}
    assert (levels["Connection"], levels["Workers"], levels["graph.invalid"]) == ("ok", "wrong", "wrong")
