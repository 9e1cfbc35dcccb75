"""Runs a command as a shell would, within this process: exit code, both streams, the JSON at the end."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from django.core.management import CommandError, call_command


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
