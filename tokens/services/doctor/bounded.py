"""Runs what may hang in threads that nobody waits for longer than was said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class TookTooLong(Exception):
    """It gave no answer in its time."""


class Aside(Generic[T]):
    """A function at work in a thread of its own, which dies with the process: names may take minutes to resolve."""

    def __init__(self, function: Callable[[], T], seconds: float) -> None:
        self._function = function
        self._ends_at = time.monotonic() + seconds
        self._value: list[T] = []
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="doctor", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value.append(self._function())
        except Exception as error:  # whatever it is, it is raised again where somebody asks
            self._error = error
        finally:
            # A queue or cache of another kind than it is taken for may have opened one.
            connections.close_all()

    def result(self) -> T:
        """What the function returned.

        Raises:
            TookTooLong: its time is over.
            Exception: what the function raised.
        """
        self._thread.join(max(0.0, self._ends_at - time.monotonic()))
        if self._error is not None:
            raise self._error
        if not self._value:
            raise TookTooLong
        return self._value[0]


def within(seconds: float, function: Callable[[], T]) -> T:
    """As `Aside`, waited for at once."""
    return Aside(function, seconds).result()
