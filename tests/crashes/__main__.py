"""`python -m tests.crashes [scenario …]`: plays crashes, prints a table, writes .artifacts/crashes.json.

CRASHES=quick (default) or full. Each scenario is a process of its own on a database of its own; PostgreSQL and Redis
are servers of this run's own.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.processes import ROOT
from tests.benchmarks.report import machine
from tests.crashes.plan import DATABASES, SCENARIOS, SIZES, Job, Size, jobs
from tests.crashes.servers import Missing, Postgres, Redis, as_json, own_postgres, own_redis
from tests.demo.environment import DEFAULTS

RESULT = ROOT / ".artifacts" / "crashes.json"
BASE = "base"
# A stage that is told to end stops its machines first.
ENDS_WITHIN = 90.0


@dataclass(slots=True)
class Run:
    """One run: what it was asked for, what it stands on, and what it has seen."""

    options: argparse.Namespace
    size: Size
    folder: Path
    console: Console
    ends_at: float
    postgres: Postgres | None = None
    redis: Redis | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)

    def prepare(self) -> None:
        """Migrates one database of each kind; every scenario gets a copy."""
        if "sqlite" in self.options.databases:
            self._python(["manage.py", "migrate", "--verbosity", "0", "--skip-checks"], self._url("sqlite", BASE))
        if self.postgres is not None:
            self.postgres.copy(BASE, "template1")
            self._python(["manage.py", "migrate", "--verbosity", "0", "--skip-checks"], self._url("postgres", BASE))

    def play(self, number: int, job: Job) -> None:
        """Plays one job and notes its line; where its process fails or time is up, that is a broken promise."""
        line: dict[str, Any] = {"scenario": job.scenario, "place": job.place, "arguments": job.arguments}
        self.console.print(f"{job.scenario} on {job.place} …", highlight=False)
        try:
            seen = self._stage(number, job)
        except Missing as missing:
            seen = {"title": job.scenario, "figures": {}, "broken": [f"not played: {missing}"]}
        # At once: a run that is interrupted has shown it all the same.
        self.console.print(f"  {told(seen)}", highlight=False)
        for sentence in seen["broken"]:
            self.console.print(f"  broken: {sentence}", style="red", highlight=False)
        self.lines.append({**line, **seen})

    def _stage(self, number: int, job: Job) -> dict[str, Any]:
        if job.database == "postgres" and self.postgres is None:
            raise Missing("no programs of a PostgreSQL server")
        if job.broker == "redis" and self.redis is None:
            raise Missing("no redis-server")
        folder = self.folder / f"{number}-{job.scenario}"
        folder.mkdir()
        name = f"crashes_{number}"
        if job.database == "sqlite":
            shutil.copy(self.folder / f"{BASE}.sqlite3", self.folder / f"{name}.sqlite3")
        elif self.postgres is not None:
            self.postgres.copy(name, BASE)
        if self.redis is not None:
            self.redis.flush()
        told = {
            **dataclasses.asdict(job),
            "folder": str(folder),
            "seed": self.options.seed + number,
            "threads": self.options.threads,
            "latency": self.options.latency,
            "postgres": as_json(self.postgres) if self.postgres else None,
            "redis": as_json(self.redis) if self.redis else None,
        }
        broker = self.redis.url if job.broker == "redis" and self.redis else ""
        out = self._python(["-m", "tests.crashes.stage", json.dumps(told)], self._url(job.database, name), broker)
        if out is None:
            end_machines(folder)
            return {"title": job.scenario, "figures": {}, "broken": ["it failed or time was up"]}
        seen: dict[str, Any] = json.loads(out.splitlines()[-1])
        return seen

    def _url(self, database: str, name: str) -> str:
        if database == "sqlite":
            return f"sqlite:///{self.folder / f'{name}.sqlite3'}"
        assert self.postgres is not None
        return self.postgres.url(name)

    def _python(self, arguments: list[str], database_url: str, broker_url: str = "") -> str | None:
        """What a Python process prints; None where it fails or the run's time is up."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**environment(database_url), "BROKER_URL": broker_url},
            stdout=subprocess.PIPE,
            stderr=None if self.options.verbose else subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(timeout=max(1.0, self.ends_at - time.monotonic()))
        except subprocess.TimeoutExpired:
            return None
        finally:
            end(process)
        return out if process.returncode == 0 else None


def end(process: subprocess.Popen[str]) -> None:
    """SIGTERM, so that it stops what it has started; SIGKILL where that does not help."""
    if process.poll() is None:
        process.terminate()
        try:
            process.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def end_machines(folder: Path) -> None:
    """Ends the machines of a stage that could not end them itself."""
    with contextlib.suppress(FileNotFoundError):
        for line in (folder / "machines").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(line), signal.SIGKILL)


def environment(database_url: str) -> dict[str, str]:
    """Of every process of a run: nothing of the machine's own installation reaches in."""
    return {
        **os.environ,
        **dict.fromkeys(DEFAULTS, ""),
        "DJANGO_SETTINGS_MODULE": "tests.crashes.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": "only-for-crashes-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
        "FERNET_KEYS": "Y3Jhc2gtY3Jhc2gtY3Jhc2gtY3Jhc2gtY3Jhc2gtMDE=",
        "SITE_URL": "http://localhost:8000",
        "EMAIL_URL": "consolemail://",
        "STAFF_ALERT_EMAILS": "staff@perennial.example",
        "INSTAGRAM_APP_ID": "1234567890",
        "INSTAGRAM_APP_SECRET": "emulator-app-secret",
        "ALLOW_INSECURE_META": "True",
    }


@contextlib.contextmanager
def servers(run: Run) -> Iterator[None]:
    """PostgreSQL and Redis of this run's own, where their programs are here; what needs a missing one is not played."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Missing):
            if "postgres" in run.options.databases:
                run.postgres = stack.enter_context(own_postgres())
        with contextlib.suppress(Missing):
            run.redis = stack.enter_context(own_redis())
        yield


def told(seen: dict[str, Any]) -> str:
    return ", ".join(f"{word} {value}" for word, value in seen["figures"].items())


def render(lines: list[dict[str, Any]], console: Console) -> None:
    table = Table("Played", "On", "Seen", "Promises", title="make crashes")
    for line in lines:
        broken = "; ".join(line["broken"])
        table.add_row(line["title"], line["place"], told(line), broken or "kept", style="red" if broken else "")
    console.print(table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; all by default")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--tokens", type=int, help="of each scenario")
    parser.add_argument("--database", choices=DATABASES, help="both by default")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of everything left to chance")
    parser.add_argument("--threads", type=int, default=16, help="calls that a worker has in flight at most")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds that an answer of Meta takes")
    parser.add_argument("--keep", type=Path, help="a folder that does not exist yet, for logs and databases")
    parser.add_argument("--verbose", action="store_true", help="show what the scenarios log")
    options = parser.parse_args()
    unknown = set(options.scenario) - set(SCENARIOS)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    options.scenarios = options.scenario or list(SCENARIOS)
    options.databases = [options.database] if options.database else list(DATABASES)
    return options


def main() -> int:
    """Returns 0 where every promise was kept, 1 where one was broken or could not be tried, 2 for a wrong call."""
    options = arguments()
    console, errors = Console(width=None if sys.stdout.isatty() else 200), Console(stderr=True)
    name = os.environ.get("CRASHES") or "quick"
    if name not in SIZES:
        errors.print(f"CRASHES is one of {', '.join(SIZES)}, not {name}.")
        return 2
    size = SIZES[name]
    size = dataclasses.replace(
        size,
        kills=options.kills or size.kills,
        tokens=options.tokens or size.tokens,
        others=options.tokens or size.others,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    errors.print(f"seed {options.seed}", highlight=False)
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perennial-crashes-")))
        folder.mkdir(exist_ok=not options.keep)
        run = Run(options, size, folder.resolve(), errors, time.monotonic() + size.limit)
        facts = {"crashes": name, "seed": options.seed, **machine(None)}
        try:
            with servers(run):
                run.prepare()
                for number, job in enumerate(jobs(options.scenarios, options.databases, size)):
                    run.play(number, job)
        except KeyboardInterrupt:
            errors.print("Interrupted; everything that ran has been ended.")
            return 130
    render(run.lines, console)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"facts": facts, "lines": run.lines}, indent=1) + "\n", "utf-8")
    return int(any(line["broken"] for line in run.lines))


if __name__ == "__main__":
    sys.exit(main())
