"""The demo's processes: started, waited for, watched, and ended together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from .folder import START_AFRESH, Folder

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 60.0
# The worker waits seven seconds for what is in flight.
ENDS_WITHIN = 10.0
GLANCE = 0.1
PR_SET_PDEATHSIG = 1
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_libc = ctypes.CDLL(None)


class PartFailed(Exception):
    """A part did not start, or ended by itself. The text says which, and where its log is."""


class PortLost(PartFailed):
    """Somebody else was quicker at a port that was free a moment ago."""


@dataclass
class Parts:
    """`with Parts(folder, env) as parts:` ends whatever was started, in whatever state it is."""

    folder: Folder
    env: Mapping[str, str]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _impatient: bool = False

    def start(self, name: str, *command: str, files: tuple[int, ...] = ()) -> None:
        """Starts Python with `command`, in a process group of its own: Ctrl-C is ours to answer."""
        self._running[name] = self._spawn(name, command, self.env, files=files)

    def run(self, name: str, *command: str, **changes: str) -> None:
        """As `start`, and waits for its end. What it prints is for the visitor, its log for when it fails."""
        sys.stdout.flush()
        self._running[name] = self._spawn(name, command, {**self.env, **changes}, shown=True)
        if self._running[name].wait():
            raise PartFailed(f"{self._complaint(name, 'failed')}\n{START_AFRESH}")
        del self._running[name]

    def _spawn(
        self,
        name: str,
        command: tuple[str, ...],
        env: Mapping[str, str],
        *,
        shown: bool = False,
        files: tuple[int, ...] = (),
    ) -> subprocess.Popen[bytes]:
        with self.folder.log(name).open("wb") as log:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=None if shown else log,
                stderr=log,
                start_new_session=True,
                pass_fds=files,
                preexec_fn=_end_with_parent,
            )

    def await_ready(self, name: str, is_ready: Callable[[], bool]) -> None:
        """Says in a line when a part is ready.

        Raises:
            PortLost: somebody took its port since it was chosen.
            PartFailed: it does not come.
        """
        ends = time.monotonic() + STARTS_WITHIN
        while not is_ready():
            if self._running[name].poll() is not None or time.monotonic() > ends:
                told = self._complaint(name, "did not start")
                raise PortLost(told) if "in use" in told.lower() else PartFailed(f"{told}\n{START_AFRESH}")
            time.sleep(GLANCE)
        say_ready(name)

    def says(self, name: str, words: bytes) -> bool:
        return words in self.folder.log(name).read_bytes()

    def watch(self) -> None:
        """Until a part ends by itself.

        Raises:
            PartFailed: always, if nothing else is raised before.
        """
        while True:
            for name, process in self._running.items():
                if process.poll() is not None:
                    raise PartFailed(self._complaint(name, "has ended by itself"))
            time.sleep(3 * GLANCE)

    def _complaint(self, name: str, what: str) -> str:
        log = self.folder.log(name)
        last = log.read_text("utf-8", "replace").strip().rpartition("\n")[2]
        return f"The {name} {what}{f': {last}' if last else '.'}\nIts log: {log}"

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_: object) -> None:
        """All are told at once and waited for; who does not listen, or whose visitor loses patience, is killed."""
        before = {each: signal.signal(each, self._lose_patience) for each in ENDINGS}
        for process in self._running.values():
            process.terminate()
        ends = time.monotonic() + ENDS_WITHIN
        while time.monotonic() < ends and not self._impatient and self._any_lives():
            time.sleep(GLANCE)
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # stragglers of a part that has ended, too
            process.wait()
        for each, handler in before.items():
            signal.signal(each, handler)
        if self._impatient:
            os.kill(os.getpid(), signal.SIGINT)  # whoever goes on after this hears of it as well

    def _any_lives(self) -> bool:
        return any(process.poll() is None for process in self._running.values())

    def _lose_patience(self, signum: int, frame: FrameType | None) -> None:
        self._impatient = True


def _end_with_parent() -> None:
    """Even where the demo itself is killed, its parts end: Linux tells them."""
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def answers(port: int, path: str = "/") -> bool:
    """Whether somebody answers there as they should. No proxy stands between."""
    line = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", path, headers={"Host": f"localhost:{port}"})
        return line.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        line.close()


def say_ready(name: str, what: str = "") -> None:
    print(f"  {name:9} ready{f'  {what}' if what else ''}", flush=True)
