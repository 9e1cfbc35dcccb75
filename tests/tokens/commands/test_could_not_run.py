"""Exit code 1: a database that does not answer or is not migrated, for every command."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.config.installation import SOUND, Installation

COMMANDS = [
    ["create_tenant", "Alice", "--owner", "alice@example.com"],
    ["refresh_tokens"],
    ["refresh_tokens", "--dry-run", "--json"],
    ["check_tokens", "--all"],
    ["deliver_notifications"],
    ["import_tokens", "manage.py", "--tenant", "alice"],
    ["export_tenant", "alice"],
    ["sync_schedules"],
]
NOWHERE = "postgres://somebody:c4n4ry@127.0.0.1:9/nothing"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installation"))


def is_one_sentence(run: subprocess.CompletedProcess[str]) -> bool:
    return run.stdout == "" and len(run.stderr.strip().splitlines()) == 1 and run.stderr.strip().endswith(".")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_an_unreachable_database_ends_it_with_exit_code_1(command: list[str], installation: Installation) -> None:
    run = installation.manage(*command, **SOUND, DATABASE_URL=NOWHERE)
    assert run.returncode == 1
    assert is_one_sentence(run)
    assert "DATABASE_URL" in run.stderr
    assert "c4n4ry" not in run.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_an_unmigrated_database_ends_it_with_exit_code_1(
    command: list[str], installation: Installation, tmp_path: Path
) -> None:
    run = installation.manage(*command, **SOUND, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert run.returncode == 1
    assert is_one_sentence(run)
    assert "migrate" in run.stderr


def test_a_freshly_migrated_installation_runs_with_its_defaults_alone(tmp_path: Path) -> None:
    fresh = Installation(tmp_path)
    migrated = fresh.manage("migrate", "--verbosity=0", **SOUND)
    assert (migrated.returncode, migrated.stdout, migrated.stderr) == (0, "", "")
    created = fresh.manage("create_tenant", "Alice & Co", "--owner", "alice@example.com", **SOUND)
    assert (created.returncode, created.stdout.split()[-1]) == (0, "alice-co")
    refreshed = fresh.manage("refresh_tokens", "--json", **SOUND)
    assert (refreshed.returncode, json.loads(refreshed.stdout)["due"]) == (0, 0)
    wrong = fresh.manage("refresh_tokens", "--nonsense", **SOUND)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    without_app = fresh.manage("import_tokens", "manage.py", "--tenant", "alice-co", **SOUND)
    assert without_app.returncode == 2
