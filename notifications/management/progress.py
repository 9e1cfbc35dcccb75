"""Progress for people on standard error: a live bar on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

SECONDS_BETWEEN_LINES = 30.0


class Advance(Protocol):
    """What a command moves forward; safe to call from several threads."""

    def advance(self, n: int = 1) -> None: ...

    def update(self, *, total: int | None) -> None: ...


class PlainLines:
    """Progress where nobody watches: a line every half minute and one at the end, without control codes."""

    def __init__(self, say: Callable[[str], None], description: str, total: int | None) -> None:
        self._say = say
        self._description = description
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._told_at = time.monotonic()

    def advance(self, n: int = 1) -> None:
        with self._lock:
            self._done += n
            if time.monotonic() - self._told_at >= SECONDS_BETWEEN_LINES:
                self._tell()

    def update(self, *, total: int | None) -> None:
        self._total = total

    def close(self) -> None:
        if self._done or self._total:
            self._tell()

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        of_total = "" if self._total is None else f" of {self._total}"
        self._say(f"{self._description}: {self._done}{of_total}")


class Bar:
    """Progress on a terminal."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, n: int = 1) -> None:
        self._progress.advance(self._task, n)

    def update(self, *, total: int | None) -> None:
        self._progress.update(self._task, total=total)


class _Terminal(Console):
    def on_broken_pipe(self) -> None:
        # Rich would end the process. The work goes on when nobody watches any longer.
        self.quiet = True


@contextmanager
def plain_lines(say: Callable[[str], None], description: str, total: int | None) -> Iterator[Advance]:
    """Reports through `say`, a line at a time; the last one also when the work ends in an error."""
    lines = PlainLines(say, description, total)
    try:
        yield lines
    finally:
        lines.close()


@contextmanager
def live_bar(terminal: Console, description: str, total: int | None) -> Iterator[Advance]:
    """Draws a bar on `terminal` until the block ends; what `terminal` prints meanwhile appears above it."""
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=terminal,
        # Standard output carries results; rich would lead it to the terminal as well.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with progress:
        yield Bar(progress, progress.add_task(description, total=total))


def console_on(stream: IO[str]) -> Console:
    """A terminal to draw on whose death does not end the work."""
    return _Terminal(file=stream)
