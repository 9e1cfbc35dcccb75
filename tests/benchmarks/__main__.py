"""`python -m tests.benchmarks`: measures, prints a table, writes .artifacts/bench.json. BENCH=quick (default) or full.

Each measurement is a process with a group of its own: whatever it started ends with it, on Ctrl-C as well.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from tests.benchmarks import figures, report
from tests.benchmarks.databases import NotOurs, own_postgresql
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.processes import ROOT
from tests.demo.environment import DEFAULTS

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/perennial_bench"
RESULT = ROOT / ".artifacts" / "bench.json"
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: seconds of a round, sizes of tables, credentials due, and seconds for everything."""

    seconds: float
    sizes: tuple[int, ...]
    many: int
    memory_rounds: int
    limit: float


PLANS = {
    "quick": Plan(4, (100_000, 1_000_000), 20_000, 1, 225),
    "full": Plan(20, (100_000, 1_000_000, 10_000_000), 200_000, ROUNDS, 5400),
}
# Of tokens a second against the naive loop's in the same round.
RATES = {"postgresql 200 ms": Target(300, True), "postgresql 50 ms": Target(60, True), "sqlite": Target(100, True)}


@dataclass(slots=True)
class Run:
    """One run: its plan, its folder, and what it has found so far."""

    plan: Plan
    folder: Path
    console: Console
    found: list[Figure] = field(default_factory=list)
    stages: dict[str, Any] = field(default_factory=dict)
    failed: bool = False
    ends_at: float = 0.0

    def measure(self, title: str, stage: str, database_url: str, **arguments: Any) -> dict[str, Any] | None:
        """One measurement in a process of its own; None, and a line that says so, where it came to nothing."""
        self.console.print(f"{title} …", highlight=False)
        command = ["-m", "tests.benchmarks.stage", stage, json.dumps(arguments)]
        out = self._child(command, database_url)
        if out is None:
            self.failed = True
            self.found.append(Figure(title, "not measured: it failed or time was up"))
            return None
        seen: dict[str, Any] = json.loads(out.splitlines()[-1])
        self.stages[title] = seen
        return seen

    def migrate(self, database_url: str) -> bool:
        return self._child(["manage.py", "migrate", "--verbosity", "0", "--skip-checks"], database_url) is not None

    def _child(self, arguments: list[str], database_url: str) -> str | None:
        """What a Python process prints; None where it fails or takes longer than the run may."""
        with subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment(database_url, self.folder),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                out, _ = process.communicate(timeout=max(1.0, self.ends_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                return None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return out if process.returncode == 0 else None


def environment(database_url: str, folder: Path) -> dict[str, str]:
    """Of every process of a run: nothing of the machine's own installation reaches in."""
    return {
        **os.environ,
        **dict.fromkeys(DEFAULTS, ""),
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": "only-for-benchmarks-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
        "FERNET_KEYS": "YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtMDE=",
        "SITE_URL": "http://localhost:8000",
        "EMAIL_URL": f"filemail:///{folder / 'mail'}",
        "INSTAGRAM_APP_ID": "1234567890",
        "INSTAGRAM_APP_SECRET": "no-secret",
        "INSTAGRAM_API_URL": "http://127.0.0.1:9",
        "INSTAGRAM_GRAPH_URL": "http://127.0.0.1:9",
        "ALLOW_INSECURE_META": "True",
    }


def on_postgresql(run: Run, url: str) -> None:
    plan, folder = run.plan, str(run.folder)
    for latency in (200, 50):
        place = f"PostgreSQL, 2 workers, {latency} ms"
        asked = {"latency": latency, "workers": 2, "rounds": ROUNDS, "seconds": plan.seconds, "folder": folder}
        if seen := run.measure(place, "end_to_end", url, **asked):
            run.found += figures.end_to_end(place, seen, RATES[f"postgresql {latency} ms"])
    asked = {"many": plan.many, "workers": 2, "rounds": plan.memory_rounds, "folder": folder}
    if seen := run.measure("PostgreSQL, memory", "memory", url, **asked):
        run.found += figures.memory(seen)


def on_sqlite(run: Run, url: str) -> None:
    place = "SQLite, 1 worker, 200 ms"
    asked = {"latency": 200, "workers": 1, "rounds": ROUNDS, "seconds": run.plan.seconds, "folder": str(run.folder)}
    if seen := run.measure(place, "end_to_end", url, **asked):
        run.found += figures.end_to_end(place, seen, RATES["sqlite"])
    if seen := run.measure("The stub alone", "stub_alone", url, rounds=ROUNDS, seconds=1):
        run.found += figures.stub_alone(seen)


def claims(run: Run, url: str) -> None:
    if seen := run.measure("PostgreSQL, claiming", "claiming", url, sizes=run.plan.sizes, rounds=ROUNDS):
        run.found += figures.claiming(seen)


def everything(run: Run) -> str | None:
    """Measures all that the plan has. Returns the version of PostgreSQL, None where there is none."""
    sqlite = f"sqlite:///{run.folder / 'bench.sqlite3'}"
    if run.migrate(sqlite):
        on_sqlite(run, sqlite)
    url = os.environ.get("BENCH_DATABASE_URL", POSTGRESQL)
    try:
        with own_postgresql(url) as version:
            if run.migrate(url):
                on_postgresql(run, url)
                claims(run, url)
            return version
    except psycopg.OperationalError as error:
        # The class alone: the text may quote the address.
        reason = f"not measured: no database ({type(error).__name__})"
    except NotOurs as error:
        reason = f"not measured: {error}"
    run.failed = True
    run.found.append(Figure("PostgreSQL", reason))
    return None


def main() -> int:
    """Returns 0 where all was measured, whether or not a target is met; 1 where something was not; 2: no such plan."""
    console, errors = Console(width=None if sys.stdout.isatty() else 160), Console(stderr=True)
    name = os.environ.get("BENCH") or "quick"
    if name not in PLANS:
        errors.print(f"BENCH is one of {', '.join(PLANS)}, not {name}.")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        plan = PLANS[name]
        run = Run(plan, Path(folder), errors, ends_at=time.monotonic() + plan.limit)
        facts = {"bench": name, **report.machine(None)}
        try:
            facts["postgresql"] = everything(run)
        except KeyboardInterrupt:
            errors.print("Interrupted; everything that ran has been ended.")
            return 130
    report.render(run.found, console)
    console.print(", ".join(f"{key} {value}" for key, value in facts.items()), highlight=False)
    report.write(RESULT, facts, run.found, run.stages)
    return int(run.failed)


if __name__ == "__main__":
    sys.exit(main())
