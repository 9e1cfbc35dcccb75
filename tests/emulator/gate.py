"""The gate hanging requests wait at, until they are let go, give up, or the server closes."""

import threading
from collections.abc import Callable
from typing import Literal

Outcome = Literal["released", "timeout", "gone", "closed"]
SLICE = 0.2  # how often a waiting request looks whether its client is still there


class Gate:
    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._round = 0
        self._closed = False
        self.waiting = 0

    def release(self) -> int:
        """Lets go whoever waits now; later requests wait for the next release."""
        with self._moved:
            let_go = self.waiting
            self._round += 1
            self._moved.notify_all()
        return let_go

    def close(self) -> None:
        with self._moved:
            self._closed = True
            self._moved.notify_all()

    def wait_for_waiting(self, number: int, timeout: float = 5.0) -> bool:
        """For tests: until so many requests hang."""
        with self._moved:
            return self._moved.wait_for(lambda: self.waiting >= number, timeout)

    def wait(self, seconds: float | None, client_gone: Callable[[], bool]) -> Outcome:
        with self._moved:
            self.waiting += 1
            self._moved.notify_all()
            try:
                return self._wait(seconds, client_gone)
            finally:
                self.waiting -= 1

    def _wait(self, seconds: float | None, client_gone: Callable[[], bool]) -> Outcome:
        """Counts slices instead of reading a clock: clients may have stopped it for a test."""
        entered, left = self._round, seconds
        while not self._closed:
            pause = SLICE if left is None else min(SLICE, left)
            if self._moved.wait(pause):
                if self._round != entered:
                    return "released"
                continue
            if client_gone():
                return "gone"
            if left is not None and (left := left - pause) <= 0:
                return "timeout"
        return "closed"
