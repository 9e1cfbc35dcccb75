"""Servers of a run's own, on loopback and in folders of its own: they may be stopped without harm to anybody."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tests.benchmarks.processes import until

# Where Debian keeps them; elsewhere they are on the path.
POSTGRESQL = Path("/usr/lib/postgresql")
Stop = Literal["fast", "immediate"]


class Missing(Exception):
    """A server's programs are not on this machine."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Postgres:
    """A cluster of PostgreSQL. `user` is whom its processes run as; empty: whoever runs this."""

    programs: str
    data: str
    port: int
    user: str

    def url(self, name: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        # No log collector, no statistics of its own: what it says goes into its folder.
        self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", f"{self.data}/server.log")

    def stop(self, how: Stop) -> None:
        """fast: ends its sessions. immediate: as if the power had gone."""
        self._run("pg_ctl", "stop", "-w", "-D", self.data, "-m", how)

    def copy(self, name: str, original: str) -> None:
        """Makes a database that is a copy of another one, to which nobody may be connected."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-T", original, name)

    def _run(self, program: str, *arguments: str) -> None:
        run_as(self.user, [str(Path(self.programs) / program), *arguments])


def run_as(user: str, command: list[str]) -> None:
    """Runs a program to its end. Its output goes nowhere: a server that it starts would keep a pipe open."""
    who: dict[str, Any] = {}
    if user:
        entry = pwd.getpwnam(user)
        who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    subprocess.run(
        command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=120, **who
    )


def postgresql_programs() -> Path:
    """The folder with the newest server's programs.

    Raises:
        Missing: there is none.
    """
    found = sorted(POSTGRESQL.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Missing("no programs of a PostgreSQL server")
    return Path(on_path).resolve().parent


@contextlib.contextmanager
def own_postgres() -> Iterator[Postgres]:
    """A cluster that listens on loopback alone and trusts everybody there, gone with the block.

    Raises:
        Missing: the programs are not here.
    """
    programs = postgresql_programs()
    # The server refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else ""
    folder = Path(tempfile.mkdtemp(prefix="perennial-crashes-pg-"))
    try:
        if user:
            shutil.chown(folder, user)
        server = Postgres(str(programs), str(folder / "data"), free_port(), user)
        run_as(user, [str(programs / "initdb"), "-D", server.data, "-U", "postgres", "-A", "trust", "--no-sync"])
        with Path(server.data, "postgresql.conf").open("a") as configuration:
            configuration.write(
                f"\nport = {server.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
                "max_connections = 60\nshared_buffers = 64MB\n"
            )
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Redis:
    """A Redis that keeps nothing on disk."""

    port: int

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def answers(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0

    def start(self) -> None:
        options = {"--bind": "127.0.0.1", "--port": str(self.port), "--daemonize": "yes", "--save": ""}
        program = shutil.which("redis-server")
        if program is None:
            raise Missing("no redis-server")
        arguments = [word for option in options.items() for word in option]
        run_as("", [program, *arguments, "--appendonly", "no", "--dir", tempfile.gettempdir()])
        until(lambda: self.answers, "the start of Redis", patience=20)

    def flush(self) -> None:
        self._say(b"FLUSHALL\r\n")

    def stop(self) -> None:
        if self.answers:
            self._say(b"SHUTDOWN NOSAVE\r\n")
        until(lambda: not self.answers, "the end of Redis", patience=20)

    def _say(self, words: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as caller:
            caller.sendall(words)
            caller.recv(100)


@contextlib.contextmanager
def own_redis() -> Iterator[Redis]:
    """A Redis on a free port, gone with the block. Raises Missing where its program is not here."""
    server = Redis(free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def as_json(server: Postgres | Redis) -> dict[str, Any]:
    """What another process needs to know to stop and start the same server."""
    return asdict(server)
