"""Several people at once: each call in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

_T = TypeVar("_T")


def together(*calls: Callable[[], _T], meanwhile: Callable[[], object] | None = None) -> list[_T]:
    """Starts all `calls` at the same moment; their results in order.

    Args:
        calls: what each thread does.
        meanwhile: done by the caller's thread while they are under way.
    """
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], _T]) -> _T:
        start.wait(10)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        try:
            if meanwhile is not None:
                meanwhile()
        finally:
            results = [future.result(30) for future in futures]
    return results
