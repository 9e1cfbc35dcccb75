"""Machines with workers: each a real `qcluster` in a process group of its own, under a name of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.processes import ROOT, TooLate, until

# Ten seconds on a machine that has nothing else to do.
STOPS_WITHIN = 60.0
STARTS_WITHIN = 90.0


class Machine:
    """A cluster of workers that can be killed and started anew.

    Args:
        name: told apart from the other machines by it; with each start it gets another number behind.
        folder: for logs.
        environment: of its processes.
        workers: how many.
    """

    def __init__(self, name: str, folder: Path, environment: Mapping[str, str], workers: int) -> None:
        self.workers = workers
        self._name, self._folder, self._environment = name, folder, environment
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._others: set[int] = set()

    @property
    def owner(self) -> str:
        """What the names on its leases begin with, since its last start."""
        return f"{self._name}-{self._starts}:"

    @property
    def log(self) -> Path:
        return self._folder / f"{self._name}-{self._starts}.log"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts it; `wait_until_ready` waits."""
        self._starts += 1
        self._others = set()
        names = {"CRASHES_MACHINE": self.owner.removesuffix(":"), "CRASHES_WORKERS": str(self.workers)}
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                # The checks would look at every page: half of the start, and nothing to do with crashes.
                [sys.executable, "manage.py", "qcluster", "--skip-checks"],
                cwd=ROOT,
                env={**self._environment, **names, "CRASHES_FOLDER": str(self._folder)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        with (self._folder / "machines").open("a") as started:
            started.write(f"{self._process.pid}\n")

    def wait_until_ready(self) -> None:
        until(lambda: b"running" in self.log.read_bytes(), f"the start of {self._name}", patience=STARTS_WITHIN)

    def kill(self) -> str:
        """SIGKILL to the whole group. Returns what the names on the dead one's leases begin with."""
        assert self._process is not None
        processes = [self._process.pid, *self._below(self._process.pid)]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        until(lambda: not any(map(running, processes)), f"the end of {self._name}", patience=STOPS_WITHIN)
        return self.owner

    def kill_worker(self, rng: random.Random) -> int:
        """SIGKILL to one of its workers, which its guard replaces. Returns the dead one's process id."""
        victim = rng.choice(self.worker_ids())
        os.kill(victim, signal.SIGKILL)
        until(lambda: not running(victim), f"the end of a worker of {self._name}", patience=STOPS_WITHIN)
        return victim

    def worker_ids(self) -> list[int]:
        """The process ids of its workers, at least one."""
        assert self._process is not None
        until(lambda: self._found(), f"a worker of {self._name}", patience=STARTS_WITHIN)
        return self._found()

    def stop(self) -> None:
        """As an operator would: SIGTERM, and nothing of it is left afterwards. Raises TooLate where it does not end."""
        if self._process is None:
            return
        try:
            if self.alive:
                self._process.terminate()
                self._process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            raise TooLate(f"{self._name} did not end within {STOPS_WITHIN:.0f} s of SIGTERM") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _found(self) -> list[int]:
        """Workers, by what tells them from pusher and monitor: those two are started after the first workers."""
        assert self._process is not None
        below = [child for guard in children(self._process.pid) for child in children(guard) if running(child)]
        if not self._others and len(below) >= self.workers + 2:
            self._others = set(sorted(below)[self.workers : self.workers + 2])
        return [pid for pid in below if pid not in self._others] if self._others else []

    def _below(self, pid: int) -> list[int]:
        found = children(pid)
        return [*found, *(each for one in found for each in self._below(one))]


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [int(line[0]) for line in _listed() if int(line[1]) == pid]


def running(pid: int) -> bool:
    """Whether a process is there and not merely waiting for its parent to take note of its end."""
    return any(int(line[0]) == pid and not line[2].startswith("Z") for line in _listed())


def _listed() -> list[list[str]]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    return [line.split() for line in listed.splitlines()]
