"""Notices that the wall clock was set: leases are reckoned by it, and others' seem to have ended all at once then."""

from __future__ import annotations

import datetime as dt
import functools
import multiprocessing
import os
import time

from django.utils import timezone

# Between two looks the clocks of a sound machine drift apart by microseconds.
SMALLEST_JUMP = dt.timedelta(seconds=5)
# By then every drain has noticed it too, and renewed what it holds.
SETTLES_AFTER = 5.0


class ClockWatch:
    """Compares the wall clock with the monotonic one from look to look."""

    def __init__(self) -> None:
        self._wall, self._monotonic = timezone.now(), time.monotonic()
        self._jumped_at = float("-inf")

    def jumped(self) -> bool:
        """Whether the wall clock was set since the last look, to either side."""
        wall, monotonic = timezone.now(), time.monotonic()
        apart = (wall - self._wall) - dt.timedelta(seconds=monotonic - self._monotonic)
        self._wall, self._monotonic = wall, monotonic
        if abs(apart) < SMALLEST_JUMP:
            return False
        self._jumped_at = monotonic
        return True

    @classmethod
    def of_worker(cls) -> ClockWatch:
        """In a worker of the queue one watch for all its drains, since the clock may be set between two of them."""
        return _of_this_process() if multiprocessing.parent_process() is not None else cls()

    @property
    def settled(self) -> bool:
        """Whether leases of others can be told from their dates."""
        return time.monotonic() - self._jumped_at > SETTLES_AFTER


def _of_this_process() -> ClockWatch:
    return _watch_of(os.getpid())


@functools.lru_cache(maxsize=1)
def _watch_of(pid: int) -> ClockWatch:
    return ClockWatch()
