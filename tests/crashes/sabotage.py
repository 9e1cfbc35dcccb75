"""Inside a worker of a run: a machine's name of its own, a wall clock that jumps, a database file that is full.

The run sets clock and room by files in its folder; a worker looks at them whenever it needs them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.db.backends.signals import connection_created
from django.utils import timezone

CLOCK, ROOM = "clock", "room"
# SQLite's own limit, as good as none; a limit below what a file has means what it has.
UNLIMITED, FULL = 4_294_967_294, 1


def prepare(machine: str, folder: Path) -> None:
    """Makes this process one of `machine`'s, under whose name it holds leases."""
    socket.gethostname = lambda: machine
    _let_jump(folder / CLOCK)
    connection_created.connect(_limiting(folder / ROOM), weak=False)


def put(folder: Path, name: str, value: float) -> None:
    """Tells workers a new value, in one step: nobody ever reads half of it."""
    written = folder / f"{name}.new"
    written.write_text(str(value))
    os.replace(written, folder / name)


@contextlib.contextmanager
def clock_of_workers(folder: Path) -> Iterator[None]:
    """Whatever the block writes bears the time that workers have by now: else their queue would keep it for later."""
    real = timezone.now
    _let_jump(folder / CLOCK)
    try:
        yield
    finally:
        timezone.now = real


def _let_jump(told: Path) -> None:
    """Wall time is read through `django.utils.timezone.now` alone: it is moved there, by seconds."""
    real = timezone.now

    def now() -> dt.datetime:
        return real() + dt.timedelta(seconds=_read(told, 0.0))

    timezone.now = now


def _limiting(told: Path) -> Callable[..., None]:
    def limit(connection: Any, **_: Any) -> None:
        if connection.vendor == "sqlite":
            connection.execute_wrappers.append(_Room(told, connection))

    return limit


class _Room:
    """Keeps a connection's `max_page_count` to what the run has told last."""

    def __init__(self, told: Path, connection: Any) -> None:
        self._told, self._connection, self._set = told, connection, float(UNLIMITED)

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        wanted = _read(self._told, UNLIMITED)
        if wanted != self._set:
            self._connection.connection.execute(f"PRAGMA max_page_count = {int(wanted)}")
            self._set = wanted
        return execute(sql, params, many, context)


def _read(told: Path, otherwise: float) -> float:
    try:
        return float(told.read_text())
    except FileNotFoundError:
        return otherwise
