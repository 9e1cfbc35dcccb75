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

from tests.benchmarks import figures, report, slow_disk
from tests.benchmarks.databases import NotOurs, own_postgresql
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.processes import ROOT, TooLate
from tests.demo.environment import DEFAULTS

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/perennial_bench"
RESULT = ROOT / ".artifacts" / "bench.json"
ROUNDS = 3
# One claim takes a moment, and any other process may take that moment.
CLAIM_ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Args:
        seconds: of a round.
        sizes: of the tables that are claimed from, in rows.
        many: credentials due where a worker's memory is measured.
        overdue: credentials after a downtime.
        alone: tokens and calls of the measurements in one process.
        mails: of a round that are delivered.
        rounds: of memory and of catching up; the others have three.
        everything: whether also what takes servers of its own, and what the settings are worth.
        limit: seconds for everything.
    """

    seconds: float
    sizes: tuple[int, ...]
    many: int
    overdue: int
    alone: int
    mails: int
    rounds: int
    everything: bool
    limit: float


PLANS = {
    "quick": Plan(6, (100_000, 1_000_000), 20_000, 10_000, 1_000, 300, 1, everything=False, limit=480),
    "full": Plan(
        20, (100_000, 1_000_000, 10_000_000), 100_000, 200_000, 5_000, 1_000, ROUNDS, everything=True, limit=5400
    ),
}
# Of tokens a second against the naive loop's in the same round.
RATES = {
    "postgresql 200 ms": Target(300, at_least=True, aim=400),
    "postgresql 50 ms": Target(60, at_least=True),
    "sqlite": Target(100, at_least=True),
}
LEFT_OUT = "not measured in the quick run: make bench BENCH=full"


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
    for latency in (200, 50, 0):
        place = f"PostgreSQL, 2 workers, {latency} ms"
        asked = {"latency": latency, "workers": 2, "rounds": ROUNDS, "seconds": plan.seconds, "folder": folder}
        if seen := run.measure(place, "end_to_end", url, **asked):
            run.found += figures.end_to_end(place, seen, RATES.get(f"postgresql {latency} ms"))
    place = "PostgreSQL, in one process, 200 ms"
    if seen := run.measure(place, "parts", url, latency=200, tokens=plan.alone, rounds=ROUNDS):
        run.found += figures.parts(place, seen)
    if not plan.everything:
        run.found.append(Figure(f"{place}: what the settings are worth", LEFT_OUT))
    elif seen := run.measure(f"{place}, settings", "defaults", url, latency=200, tokens=plan.alone, rounds=ROUNDS):
        run.found += figures.defaults(place, seen)
    if seen := run.measure("PostgreSQL, mails", "mails", url, mails=plan.mails, ends=11, rounds=ROUNDS, folder=folder):
        run.found += figures.mails("PostgreSQL", seen)
    asked = {"rounds": plan.rounds, "patience": plan.limit, "folder": folder}
    if seen := run.measure("PostgreSQL, memory", "memory", url, many=plan.many, **asked):
        run.found += figures.memory(seen)
    place = "PostgreSQL, 2 workers, 200 ms"
    if seen := run.measure(
        f"{place}, catching up", "catching_up", url, workers=2, latency=200, tokens=plan.overdue, **asked
    ):
        run.found += figures.catching_up(place, seen)


def on_sqlite(run: Run, url: str) -> None:
    place = "SQLite, 1 worker, 200 ms"
    asked = {"latency": 200, "workers": 1, "rounds": ROUNDS, "seconds": run.plan.seconds, "folder": str(run.folder)}
    if seen := run.measure(place, "end_to_end", url, **asked):
        run.found += figures.end_to_end(place, seen, RATES["sqlite"])
    if seen := run.measure("The stub alone", "stub_alone", url, rounds=ROUNDS, seconds=1):
        run.found += figures.stub_alone(seen)
    if seen := run.measure("The doors to Meta", "doors", url, calls=run.plan.alone, rounds=ROUNDS):
        run.found += figures.doors(seen)


def claims(run: Run, url: str) -> None:
    if seen := run.measure("PostgreSQL, claiming", "claiming", url, sizes=run.plan.sizes, rounds=CLAIM_ROUNDS):
        run.found += figures.claiming(seen)


def on_a_slow_disk(run: Run) -> None:
    """Engine and naive loop on two servers that are alike but for the disk, in turn."""
    title = "PostgreSQL with a disk 2 ms slower"
    if not run.plan.everything:
        run.found.append(Figure(title, LEFT_OUT))
        return
    try:
        with slow_disk.pair() as urls:
            commits = slow_disk.commits_ms(urls)
            rounds = _rounds_on(run, title, urls)
    except (slow_disk.NotHere, TooLate) as error:
        run.failed = True
        run.found.append(Figure(title, f"not measured: {error}"))
        return
    if len(rounds) == ROUNDS:
        run.found += figures.slow_disk(rounds, commits)
        run.stages[title] = {"commit_ms": commits, "rounds": rounds}


def _rounds_on(run: Run, title: str, urls: dict[str, str]) -> list[dict[str, Any]]:
    """Tokens a second of both loops on both disks, a round each; fewer rounds where one came to nothing."""
    if not all(run.migrate(url) for url in urls.values()):
        run.failed = True
        run.found.append(Figure(title, "not measured: the tables could not be made"))
        return []
    tokens, rounds = 0, list[dict[str, Any]]()
    asked = {"latency": 0, "workers": 2, "rounds": 1, "seconds": run.plan.seconds, "folder": str(run.folder)}
    for number in range(ROUNDS):
        rates: dict[str, Any] = {}
        for disk in sorted(urls, reverse=bool(number % 2)):
            seen = run.measure(f"{title}, {disk}, {number + 1}", "end_to_end", urls[disk], tokens=tokens, **asked)
            if seen is None:
                return rounds
            tokens = seen["tokens"]
            rates[disk] = {who: seen["rounds"][0][who]["rate"] for who in ("engine", "naive")}
        rounds.append(rates)
    return rounds


def everything(run: Run) -> str | None:
    """Measures all that the plan has. Returns the version of PostgreSQL, None where there is none."""
    sqlite = f"sqlite:///{run.folder / 'bench.sqlite3'}"
    if run.migrate(sqlite):
        on_sqlite(run, sqlite)
    on_a_slow_disk(run)
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
