"""Exit code 1: a database that does not answer or is not migrated, for every command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.config.installation import SOUND, Installation
from tests.tokens.commands.shell import on_database, run_from_command_line

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


@pytest.fixture(autouse=True)
def elsewhere(django_db_blocker: Any) -> Iterator[None]:
    """Nothing here touches the suite's own database."""
    with django_db_blocker.unblock():
        yield


def is_one_sentence(stdout: str, stderr: str) -> bool:
    return stdout == "" and len(stderr.strip().splitlines()) == 1 and stderr.strip().endswith(".")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_an_unreachable_database_ends_it_with_exit_code_1(command: list[str]) -> None:
    with on_database(NOWHERE):
        ran = run_from_command_line(*command)
    assert ran.code == 1
    assert is_one_sentence(ran.stdout, ran.stderr)
    assert "DATABASE_URL" in ran.stderr
    assert "c4n4ry" not in ran.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_an_unmigrated_database_ends_it_with_exit_code_1(command: list[str], tmp_path: Path) -> None:
    with on_database(f"sqlite:///{tmp_path}/empty.sqlite3"):
        ran = run_from_command_line(*command)
    assert ran.code == 1
    assert is_one_sentence(ran.stdout, ran.stderr)
    assert "migrate" in ran.stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_an_error_of_a_system_check_ends_it_with_exit_code_1(command: list[str], settings: Any) -> None:
    settings.INSTAGRAM_APP_SECRET = ""
    with on_database(NOWHERE):
        ran = run_from_command_line(*command)
    assert (ran.code, ran.stdout) == (1, "")
    assert ran.stderr.count("perennial.E007") == 1
    assert "DATABASE_URL" not in ran.stderr


def test_a_process_ends_so_with_an_unreachable_database(installation: Installation) -> None:
    ended = installation.manage("refresh_tokens", "--dry-run", "--json", **SOUND, DATABASE_URL=NOWHERE)
    assert ended.returncode == 1
    assert is_one_sentence(ended.stdout, ended.stderr)
    assert "DATABASE_URL" in ended.stderr
    assert "c4n4ry" not in ended.stderr


def test_a_process_ends_so_with_an_unmigrated_database(installation: Installation, tmp_path: Path) -> None:
    ended = installation.manage("check_tokens", **SOUND, DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert ended.returncode == 1
    assert is_one_sentence(ended.stdout, ended.stderr)
    assert "migrate" in ended.stderr


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
