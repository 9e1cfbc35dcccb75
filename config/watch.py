"""The site looks whether the work is done, so that staff hear of it also where no worker runs.

A request costs one look at the process's clock. Once a minute a process starts a thread that asks the database whose
turn it is; nobody waits for it, and whatever becomes of it stays in it. It works alike under all of gunicorn's workers,
and a worker that ends takes it along: what it claimed is free again when its lease ends.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import connections
from django.http import HttpRequest, HttpResponse

from tokens.watch import EVERY, look_and_send

logger = logging.getLogger(__name__)


class WatchMiddleware:
    """Stands before all others: a probe that asks for nothing but a sign of life is reason enough to look."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._one_at_a_time = threading.Lock()
        self._looked_at = float("-inf")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        self.look_soon()
        return response

    def look_soon(self) -> threading.Thread | None:
        """Starts a look unless this process has within the minute, or is at it still. Gives its thread."""
        just_now = time.monotonic() - self._looked_at < EVERY.total_seconds()
        if just_now or not self._one_at_a_time.acquire(blocking=False):
            return None
        self._looked_at = time.monotonic()
        thread = threading.Thread(target=self._look, name="watch the work", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            self._one_at_a_time.release()
            return None
        return thread

    def _look(self) -> None:
        try:
            look_and_send()
        except Exception as error:  # of a database that does not answer the pages tell
            logger.warning("Nobody could look whether the work is done: %s", type(error).__name__)
        finally:
            connections.close_all()
            self._one_at_a_time.release()
