"""`python -m tests.year`: plays a year, prints what happened, writes .artifacts/year.json; docs/simulated-year.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from rich.console import Console

from tests.benchmarks.databases import NotOurs, own_postgresql
from tests.benchmarks.processes import ROOT
from tests.demo.environment import DEFAULTS

RESULT = ROOT / ".artifacts" / "year.json"
# After so many times the seconds that it may take, the run is ended wherever it stands.
PATIENCE = 5
TO_SET_UP = 120


def environment(database_url: str) -> dict[str, str]:
    """Of every process of a run: nothing of the machine's own installation reaches in."""
    own = ("SECRET_KEY", "FERNET_KEYS", "SITE_URL", "INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET", "STAFF_ALERT_EMAILS")
    inherited = {name: value for name, value in os.environ.items() if name not in own}
    return {
        **inherited,
        **dict.fromkeys(DEFAULTS, ""),
        "DJANGO_SETTINGS_MODULE": "tests.year.settings",
        "DATABASE_URL": database_url,
        # The second opinion comes at once: the clock stands still while workers act.
        "CONFIRM_PAUSE_SECONDS": "0",
    }


@contextlib.contextmanager
def own_database() -> Iterator[str]:
    """An empty database for the run: a file in a folder of its own, or what DATABASE_URL names on PostgreSQL."""
    asked = os.environ.get("DATABASE_URL", "")
    if asked.startswith("postgres"):
        with own_postgresql(asked):
            yield asked
    else:
        with tempfile.TemporaryDirectory(prefix="perennial-year-") as folder:
            yield f"sqlite:///{folder}/year.sqlite3"


def child(arguments: list[str], database_url: str, seconds: float) -> int:
    """Runs a Python process in a group of its own. Returns its exit code; 1 where it took too long."""
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment(database_url), start_new_session=True
    ) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return 1
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wishes(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.year", description="A year of Perennial in virtual time.")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--checked", type=int, help="so many of them are checked daily; 200, with --faults all")
    parser.add_argument(
        "--faults", type=float, help="instead of a year's weather: this share of all calls meets a fault that passes"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=180, help="that it may take; more breaks a promise")
    parser.add_argument("--result", type=Path, default=RESULT)
    found = parser.parse_args(arguments)
    if found.checked is None:
        found.checked = found.connections if found.faults is not None else min(200, found.connections)
    if found.faults is not None and not 0 <= found.faults <= 0.5:
        parser.error("faults are a share from 0 to 0.5")
    if found.connections < 1 or found.days < 1 or not 0 <= found.checked <= found.connections or found.seconds <= 0:
        parser.error("connections, days and seconds are at least 1, and no more are checked than there are")
    return found


def main() -> int:
    """Returns 0 where every promise was kept, 1 where one was not or the run could not be made."""
    asked = wishes()
    errors = Console(stderr=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    told = {**vars(asked), "result": str(asked.result.resolve()), "began": time.time(), "patience": PATIENCE}
    try:
        with own_database() as url:
            if code := child(["manage.py", "migrate", "--verbosity", "0", "--skip-checks"], url, TO_SET_UP):
                return code
            return child(["-m", "tests.year.run", json.dumps(told)], url, PATIENCE * asked.seconds + TO_SET_UP)
    except KeyboardInterrupt:
        return 130
    except NotOurs:
        errors.print("DATABASE_URL names a database that exists already: name one that the run may make.")
    except psycopg.Error as error:
        # The class alone: the text may quote the address.
        errors.print(f"No database could be made: {type(error).__name__}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
