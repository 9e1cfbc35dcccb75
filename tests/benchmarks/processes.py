"""Processes of a run: starting and ending them, and what they cost as /proc tells it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
TICK = os.sysconf("SC_CLK_TCK")


class TooLate(Exception):
    """What was waited for did not come within its time."""


def until(condition: Callable[[], object], what: str, *, patience: float, pause: float = 0.05) -> None:
    """Waits for `condition`, asking every `pause` seconds.

    Raises:
        TooLate: it did not hold within `patience` seconds.
    """
    ends_at = time.monotonic() + patience
    while not condition():
        if time.monotonic() >= ends_at:
            raise TooLate(f"{what} did not happen within {patience:.0f} s")
        # What it waits for happens in other processes, which give no sign but what `condition` reads.
        time.sleep(pause)


@dataclass(frozen=True, slots=True)
class Stub:
    """A running stub of Meta's refresh endpoint."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def told(self) -> dict[str, Any]:
        """CPU seconds, requests answered, tokens given and their prefix, as the stub counts them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/control")
            facts: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return facts

    def gave(self, token: str) -> bool:
        """Whether `token` is one of those that it has answered with."""
        facts = self.told()
        start = len(facts["prefix"])
        number = token[start : start + 10]
        return token.startswith(facts["prefix"]) and number.isdigit() and 0 < int(number) <= facts["given"]


@contextlib.contextmanager
def stub(latency: float) -> Iterator[Stub]:
    """A stub that answers after `latency` milliseconds, for the length of the block."""
    command = [sys.executable, "-m", "tests.benchmarks.stub", str(latency)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield Stub(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.stdout.close()
        _end(process, patience=2)


@contextlib.contextmanager
def cluster(meta_url: str, folder: Path, *, workers: int) -> Iterator[int]:
    """A real `qcluster` of so many workers, ready for work; its main process's id."""
    log = folder / "cluster.log"
    addresses = dict.fromkeys(("INSTAGRAM_API_URL", "INSTAGRAM_GRAPH_URL"), meta_url)
    env = {**os.environ, **addresses, "BENCH_WORKERS": str(workers)}
    with log.open("wb") as output:
        command = [sys.executable, "manage.py", "qcluster"]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        until(lambda: b"running" in log.read_bytes(), "the start of the workers", patience=30)
        yield process.pid
    except TooLate:
        print(*log.read_text("utf-8", "replace").splitlines()[-10:], sep="\n", file=sys.stderr)
        raise
    finally:
        everybody = tree(process.pid)
        process.terminate()
        _end(process, patience=15)
        for pid in everybody:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name; nothing where the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def parent_of(pid: int) -> int:
    stat = _stat(pid)
    return int(stat[1]) if stat else 0


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            children.setdefault(parent_of(int(each.name)), []).append(int(each.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def own_cpu_seconds(pid: int) -> float:
    """What a process of one thread has used so far, to the nanosecond where the kernel counts them; 0: it is gone."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return sum(map(int, _stat(pid)[11:13])) / TICK


def cpu_seconds(pid: int) -> float:
    """What a process tree has used so far, those that ended in it included."""
    return sum(int(ticks) for one in tree(pid) for ticks in _stat(one)[11:15]) / TICK


def peak_memory(pid: int) -> int:
    """The most that the largest process of a tree has held at once (VmHWM), in KiB."""
    peaks = [0]
    for one in tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{one}/status").read_text().splitlines()
            peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return max(peaks)
