"""A fresh checkout of the product in a directory of its own, run as an operator runs it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
BOOT = 30.0
# The least that starts it.
SOUND = {
    "SECRET_KEY": "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "FERNET_KEYS": "dGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtdGVzdHMtMDE=",
}


class Installation:
    """Without a `.env` of somebody's machine; nothing of the tests' own environment reaches it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # These two decide where the installation lies, so they are real copies; the rest is the repository's.
        shutil.copytree(REPOSITORY / "config", directory / "config", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(REPOSITORY / "manage.py", directory)
        for name in ("accounts", "notifications", "tokens", "templates", "static", "gunicorn.conf.py"):
            (directory / name).symlink_to(REPOSITORY / name)

    def environment(self, **variables: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
        return {**inherited, **variables}

    def python(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.directory,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.python("manage.py", *arguments, **variables)

    @contextmanager
    def serving(self, *arguments: str, port: int, **variables: str) -> Iterator[list[str]]:
        """A server in the background. The list holds all that it printed, once the block has ended."""
        printed: list[str] = []
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.directory,
            env=self.environment(PYTHONUNBUFFERED="1", **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            wait_for(port, process)
            yield printed
        finally:
            process.terminate()
            printed.append(process.communicate(timeout=PATIENCE)[0])


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Until the server answers; it is asked a few times a second for as long as it lives."""
    until = time.monotonic() + BOOT
    while time.monotonic() < until:
        with suppress(OSError, HTTPException):
            get(port, "/healthz")
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            break
    raise AssertionError("The server did not answer.")


def get(port: int, path: str, **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Host": "localhost:8000", **named})
        return connection.getresponse().status
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
