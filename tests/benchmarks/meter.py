"""What a block of a run takes: time, and the CPU of workers, database and stub."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType

from django.db import connection as database

from tests.benchmarks.processes import Stub, cpu_seconds, own_cpu_seconds

LOOK_EVERY = 0.25


class Meter:
    """A block that refreshes tokens, measured from outside; `seen` holds the result once it has ended.

    Args:
        meta: the stub that answers.
        workers: the main process of the cluster that works; None: this very process does.
        tokens: how many are refreshed in the block.

    `seen` has `seconds`, `rate` (tokens a second), and a token's CPU milliseconds: `worker_ms`, `stub_ms` and
    `database_ms`, which is None where the database has no processes that can be seen.
    """

    def __init__(self, meta: Stub, workers: int | None, tokens: int) -> None:
        self._meta, self._workers, self._tokens = meta, workers, tokens
        self._backends = Backends(of_this_process=workers is None)
        self.seen: dict[str, float | None] = {}

    def __enter__(self) -> Meter:
        self._before = self._used()
        self._started = self._looked = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        seconds = time.perf_counter() - self._started
        if kind is not None:
            return
        self.seen = {"seconds": seconds, "rate": self._tokens / seconds}
        for name, after in self._used().items():
            before = self._before[name]
            self.seen[name] = None if before is None or after is None else (after - before) * 1000 / self._tokens

    def look(self) -> bool:
        """To be called again and again meanwhile: sees the database's processes that end before the block does."""
        if time.perf_counter() - self._looked >= LOOK_EVERY:
            self._looked = time.perf_counter()
            self._backends.cpu_seconds()
        return True

    def _used(self) -> dict[str, float | None]:
        return {
            "worker_ms": time.process_time() if self._workers is None else cpu_seconds(self._workers),
            "database_ms": self._backends.cpu_seconds(),
            "stub_ms": self._meta.told()["cpu_seconds"],
        }


class Backends:
    """PostgreSQL's processes that serve this database: this process's own one, or all others."""

    def __init__(self, *, of_this_process: bool) -> None:
        self._which = "=" if of_this_process else "<>"
        self._seen: dict[int, float] = {}

    def cpu_seconds(self) -> float | None:
        """What all of them have used that were ever seen; None for SQLite, and for a server elsewhere."""
        if database.vendor != "postgresql":
            return None
        # Not autovacuum: it comes after the filling of a table, whenever it likes.
        asked = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"  # noqa: S608
            f" AND backend_type IN ('client backend', 'parallel worker') AND pid {self._which} %s"
        )
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            own = cursor.fetchone()[0]
            if not _is_postgres(own):
                return None
            cursor.execute(asked, [own])
            for (pid,) in cursor.fetchall():
                self._seen[pid] = own_cpu_seconds(pid) or self._seen.get(pid, 0.0)
        return sum(self._seen.values())


def _is_postgres(pid: int) -> bool:
    name = Path(f"/proc/{pid}/comm")
    return name.exists() and name.read_text().startswith("postgres")
