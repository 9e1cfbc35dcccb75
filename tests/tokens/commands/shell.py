"""Runs a command as a shell would, within this process: exit code, both streams, the JSON at the end."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from config import environment
from config.settings import BASE_DIR


@dataclass(frozen=True)
class Ran:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """What `--json` says on the last line."""
        told: dict[str, Any] = json.loads(self.stdout.splitlines()[-1])
        return told


def run(*arguments: str) -> Ran:
    out, errors, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command(*arguments, stdout=out, stderr=errors)
    except CommandError as error:
        code = error.returncode
        errors.write(f"{error}\n")
    return Ran(code, out.getvalue(), errors.getvalue())


def run_from_command_line(name: str, *arguments: str) -> Ran:
    """By the way that `manage.py` takes once Django is set up: argument errors, system checks and exit code as there.

    What is left for a real process: that settings and applications load, and what becomes of its streams at its end.
    """
    out, errors, code = io.StringIO(), io.StringIO(), 0
    # A process closes its connections as it ends; this one goes on.
    with redirect_stdout(out), redirect_stderr(errors), patch.object(connections, "close_all"):
        try:
            load_command_class(str(get_commands()[name]), name).run_from_argv(["manage.py", name, *arguments])
        except SystemExit as end:
            assert isinstance(end.code, int)
            code = end.code
    return Ran(code, out.getvalue(), errors.getvalue())


@contextmanager
def on_database(url: str) -> Iterator[None]:
    """This thread's queries go where DATABASE_URL `url` leads."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DATABASE_URL", url)
        databases = {DEFAULT_DB_ALIAS: environment.database("DATABASE_URL", "", BASE_DIR)}
    there = ConnectionHandler(databases)[DEFAULT_DB_ALIAS]
    usual = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = there
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = usual
        there.close()
