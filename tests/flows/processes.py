"""Real processes of the product, on the test's own database and the test's own emulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.emulator.addresses import addresses

ROOT = Path(__file__).resolve().parent.parent.parent


def until(condition: Callable[[], object], patience: float = 30) -> None:
    """Waits for what another process is about to bring about."""
    pause, tries = threading.Event(), int(patience / 0.02)
    assert any(condition() or pause.wait(0.02) for _ in range(tries)), "it never came"


def database_url() -> str:
    """Of the database that this very test uses: what it commits, a process sees, and the other way round."""
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{there['NAME']}"
    password = f":{quote(there['PASSWORD'], safe='')}" if there["PASSWORD"] else ""
    place = f"{there['HOST'] or '127.0.0.1'}:{there['PORT'] or 5432}"
    return f"postgres://{quote(there['USER'], safe='')}{password}@{place}/{there['NAME']}"


def environment(meta_url: str, **changes: str) -> dict[str, str]:
    """A process's environment: this one's, pointing at the test's database and emulator."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        # The test rings through its own Redis database, where there is one; a worker must listen there.
        "BROKER_URL": str(settings.Q_CLUSTER.get("redis", "")),
        "CACHE_URL": str(settings.CACHES["default"]["LOCATION"]) if settings.CACHE_URL else "",
        **addresses(meta_url),
        **changes,
    }


def start(meta_url: str, *arguments: str, **changes: str) -> subprocess.Popen[str]:
    """`manage.py` with `arguments`, its output kept."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        cwd=ROOT,
        env=environment(meta_url, **changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result_of(process: subprocess.Popen[str], patience: float = 60) -> dict[str, Any]:
    """What a command with `--json` says on its last line, once it has ended well."""
    out, errors = process.communicate(timeout=patience)
    assert process.returncode == 0, errors
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    return told
