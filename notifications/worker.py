"""What the tasks of all apps have in common: how they end, well or badly.

Told to stop, workers take up no more, finish what is in flight and hand the rest back, within ten seconds.
django-q2 waits for its workers without limit and tells them nothing. So the cluster's main process sets a flag
that its workers inherit, and its guard signals each worker (`notifications.guard`).
"""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

# In flight at the moment of the signal: a call may take longer than anybody waits for a worker to end.
GRACE_SECONDS = 7.0
# Whoever has not ended by then never will: a call into a library may hold a process beyond any grace.
ENDS_WITHIN_SECONDS = GRACE_SECONDS + 1.5
_WATCH_SECONDS = 0.5

logger = logging.getLogger(__name__)

# Shared memory without a lock (a signal handler must not wait for one), made before the workers are forked.
_stop = multiprocessing.RawValue("b", 0)


@dataclass(slots=True)
class _Process:
    """What this very process is doing."""

    busy: bool = False
    terminated: bool = False


_process = _Process()


def asked_to_stop() -> bool:
    """Whether the cluster that this process belongs to, or this worker alone, was told to stop."""
    return bool(_stop.value) or _process.terminated


def ask_to_stop() -> None:
    """Tells every worker of this cluster."""
    _stop.value = 1


@contextlib.contextmanager
def working() -> Iterator[None]:
    """Within, SIGTERM lets the work come to its end; a worker that was signalled ends after it."""
    _process.busy = True
    try:
        yield
    finally:
        _process.busy = False
    if _process.terminated:
        sys.exit(0)


def leave_at_once() -> None:
    """Ends the process without waiting for threads that still talk to Meta: their calls die with it."""
    os._exit(0)


def prepare_worker(**kwargs: Any) -> None:
    """django-q2 calls this in each worker that it has spawned."""
    # Whatever is loaded by now stays: the garbage collector need not look through it again and again.
    gc.freeze()
    signal.signal(signal.SIGTERM, _on_sigterm)
    watch_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    if asked_to_stop():
        sys.exit(0)  # told before it could hear


def _on_sigterm(signum: int, frame: FrameType | None) -> None:
    if _process.terminated:
        return
    # Only this worker: the guard ends one that has run out of time by the same signal, and the others go on.
    _process.terminated = True
    if not _process.busy:
        sys.exit(0)


def watch_parent(on_orphaned: Callable[[], None]) -> None:
    """Notices from a thread that the process's parent was killed, and that the process itself won't end.

    Args:
        on_orphaned: called once when the parent is gone. Without it an orphan would wait at its queue for ever.
    """
    parent = multiprocessing.parent_process()
    expected = parent.pid if parent is not None else os.getppid()
    threading.Thread(target=_watch, args=(expected, on_orphaned), name="watch", daemon=True).start()


def _watch(parent: int | None, on_orphaned: Callable[[], None]) -> None:
    orphaned, terminated_at, pause = False, None, threading.Event()
    while True:
        # In a thread that does nothing else: no portable system call tells a process that its parent died.
        pause.wait(_WATCH_SECONDS)
        if not orphaned and os.getppid() != parent:
            orphaned = True
            on_orphaned()
        if _process.terminated:
            terminated_at = terminated_at or time.monotonic()
            if time.monotonic() - terminated_at > ENDS_WITHIN_SECONDS:
                os._exit(1)


class TaskFailed(Exception):
    """A task came to no good end. Its text is all that the queue's tables, logs and pages keep."""


def task(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Makes a task of a function: it ends gently when told to stop, and raises `TaskFailed` alone.

    The queue stores, logs and shows what a task raises: it gets the exception's class, never its text.
    """

    @functools.wraps(function)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            with working():
                return function(*args, **kwargs)
        except Exception as error:  # whatever it is, its text stays here
            sentence = f"{function.__name__} ended with {type(error).__name__}"
        logger.error("A task failed: %s", sentence)
        raise TaskFailed(sentence)

    return guarded
