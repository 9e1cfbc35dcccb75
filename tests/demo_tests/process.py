"""The demo as a process, as `make demo` starts it, on a folder of the test's own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from tests.flows.processes import ROOT, until

TOLD = "Ctrl-C ends everything."
READY_WITHIN = 60
ENDS_WITHIN = 20


class Demo:
    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.output_file = folder.with_name(f"{folder.name}.{time.time_ns()}.out")
        began = time.monotonic()
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.demo"],
                cwd=ROOT,
                # The first connection falls due at once: nobody waits for it here.
                env={**os.environ, "PERENNIAL_DEMO_DIR": str(folder), "PERENNIAL_DEMO_DUE_SECONDS": "0", **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.began = began
        self.took = 0.0

    @property
    def output(self) -> str:
        return self.output_file.read_text("utf-8")

    def until_told(self) -> Demo:
        until(lambda: TOLD in self.output or self.process.poll() is not None, patience=READY_WITHIN)
        self.took = time.monotonic() - self.began
        assert TOLD in self.output, self.output
        return self

    def end(self, signum: int = signal.SIGINT) -> int:
        self.process.send_signal(signum)
        return self.process.wait(ENDS_WITHIN)

    def address(self, name: str) -> str:
        found = re.search(rf"^  {name} +(http://localhost:\d+)/", self.output, re.M)
        assert found, self.output
        return found[1]

    def left_behind(self) -> list[str]:
        """Processes that work on this folder still."""
        mark = f"PERENNIAL_DEMO_DIR={self.folder}\0".encode()
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (each / "environ").read_bytes():
                    found.append((each / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found


@contextlib.contextmanager
def demo(folder: Path, **env: str) -> Iterator[Demo]:
    """Ended in any case."""
    started = Demo(folder, **env)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.end(signal.SIGTERM)


def rows(folder: Path, query: str, *values: str) -> list[tuple[object, ...]]:
    """What stands in the demo's database."""
    database = sqlite3.connect(f"file:{folder / 'perennial.sqlite3'}?mode=ro".replace(" ", "%20"), uri=True, timeout=20)
    with contextlib.closing(database):
        return database.execute(query, values).fetchall()


class Browser(requests.Session):
    """Somebody's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def press(self, page: str, path: str, **fields: str) -> requests.Response:
        """Sends the form that `page` holds for `path`."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page, timeout=20).text)
        assert found, page
        fields["csrfmiddlewaretoken"] = found[1]
        origin = "/".join(page.split("/")[:3])
        return self.post(f"{origin}{path}", fields, headers={"Origin": origin}, timeout=30)

    def sign_in(self, site: str, email: str, password: str) -> requests.Response:
        return self.press(f"{site}/accounts/login/", "/accounts/login/", login=email, password=password)
