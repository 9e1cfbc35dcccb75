"""Two PostgreSQL servers of the run's own, alike but for one thing: the disk of one takes 2 ms longer to write."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.benchmarks.processes import until

DELAY_US = 2_000
SOURCE = Path(__file__).with_name("slow_sync.c")
COMMITS = 100
# Where Debian and its kin keep the server's programs: not in PATH.
PLACES = "/usr/lib/postgresql/*/bin"
# A server never runs as root.
SOMEBODY = "postgres"


class NotHere(Exception):
    """This machine lacks what it takes."""


@contextlib.contextmanager
def pair() -> Iterator[dict[str, str]]:
    """The addresses of two databases, `fast` and `slow`, for the length of the block. Both listen on 127.0.0.1 alone.

    Raises:
        NotHere: no programs of a server, no compiler, or nobody to run the server as.
        TooLate: a server did not start.
    """
    programs, user = _programs(), _user()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perennial-bench-disk-")))
        # The server's user must get in; its own folder is closed to all others.
        folder.chmod(0o711)
        delay = _compiled(folder / "slow_sync.so")
        # Both carry the delay's code along; one is told to wait.
        yield {
            name: stack.enter_context(_server(programs, folder / name, user, {"LD_PRELOAD": str(delay), **told}))
            for name, told in (("fast", {}), ("slow", {"SLOW_SYNC_US": str(DELAY_US)}))
        }


def commits_ms(urls: dict[str, str]) -> dict[str, float]:
    """Milliseconds of one small commit on each server of `pair`; the median of a hundred, one after the other.

    Raises:
        NotHere: the slow one is not slow.
    """
    took = {name: _commit_ms(url) for name, url in urls.items()}
    if took["slow"] - took["fast"] < DELAY_US / 2000:
        raise NotHere("the delay did not take")
    return took


def _commit_ms(url: str) -> float:
    took = []
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE TABLE commits (number integer)")
        for number in range(COMMITS):
            started = time.perf_counter()
            server.execute("INSERT INTO commits VALUES (%s)", [number])
            took.append((time.perf_counter() - started) * 1000)
        server.execute("DROP TABLE commits")
    return median(took)


def _programs() -> Path:
    here = shutil.which("initdb")
    places = [*sorted(Path("/").glob(PLACES[1:]), reverse=True), *([Path(here).resolve().parent] if here else [])]
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres")):
            return place
    raise NotHere("no programs of a PostgreSQL server")


def _user() -> str | None:
    """Whom the server runs as; None: whoever runs this."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SOMEBODY).pw_name
    except KeyError:
        raise NotHere(f"root runs this, and there is no user {SOMEBODY}") from None


def _compiled(target: Path) -> Path:
    compiler = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
    if compiler is None:
        raise NotHere("no compiler")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(target), str(SOURCE), "-ldl"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise NotHere("the compiler refused the delay")
    target.chmod(0o755)
    return target


@contextlib.contextmanager
def _server(programs: Path, folder: Path, user: str | None, environment: dict[str, str]) -> Iterator[str]:
    """A server of its own; the address of its database."""
    folder.mkdir(mode=0o700)
    as_user: dict[str, Any] = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if user is not None:
        shutil.chown(folder, user, user)
        as_user |= {"user": user, "group": user, "extra_groups": []}
    made = [programs / "initdb", "-D", folder, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
    if subprocess.run([*map(str, made), "--no-sync"], check=False, **as_user).returncode:
        raise NotHere("initdb failed")
    port = _free_port()
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "shared_buffers": "512MB"}
    started = [
        str(programs / "postgres"),
        "-D",
        str(folder),
        *(f"--{name}={value}" for name, value in settings.items()),
    ]
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    with subprocess.Popen(started, env={**os.environ, **environment}, **as_user) as process:
        try:
            until(lambda: _answers(url), "the start of a server", patience=30)
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # ends its connections and itself
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
