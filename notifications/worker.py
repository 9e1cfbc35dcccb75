"""What the tasks of all apps have in common: how they end, well or badly.

Told to stop, workers take up no more, finish what is in flight and hand the rest back, within ten seconds.
django-q2 waits for its workers without limit and tells them nothing. So the cluster's main process sets a flag
that its workers inherit, and each worker answers SIGTERM by itself, for a signal to the whole process group.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")

# In flight at the moment of the signal: a call may take longer than anybody waits for a worker to end.
GRACE_SECONDS = 7.0

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
    """Whether the cluster that this process belongs to, or this worker, was told to stop."""
    return bool(_stop.value)


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
    signal.signal(signal.SIGTERM, _on_sigterm)


def _on_sigterm(signum: int, frame: FrameType | None) -> None:
    _process.terminated = True
    ask_to_stop()
    if not _process.busy:
        sys.exit(0)


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
