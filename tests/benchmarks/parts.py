"""Where the CPU of a renewal goes: one sweep in this process, its parts timed on the threads that do them."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import override_settings

from accounts import events
from tests.benchmarks import population
from tests.benchmarks.end_to_end import verify
from tests.benchmarks.processes import Stub, stub
from tokens.clients import keeper_of
from tokens.fields import Sealed
from tokens.meta.wire import Wire
from tokens.services import brake, changes, group, heartbeat, sweep
from tokens.services.record_sweep import SweepRecord

# Below each: what belongs to the part. A part inside another counts as itself alone.
PARTS: dict[str, list[tuple[Any, str]]] = {
    "Fernet": [(Sealed, "reveal"), (changes, "seal")],
    "HTTP": [(Wire, "_exchange")],
    "ORM and SQL": [
        (sweep, "claim_batch"),
        (sweep, "renew"),
        (sweep, "hand_back"),
        (sweep, "clear_up"),
        (group, "write_rows"),
        (events, "record_all"),
        (brake, "tally"),
        (brake, "stormy_apps"),
        (heartbeat, "beat"),
        (SweepRecord, "_write"),
    ],
    "commit": [(BaseDatabaseWrapper, "_commit")],
}
REST = "the rest"


class Shares:
    """CPU seconds of the parts of a run, on all threads."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._threads: list[Counter[str]] = []

    @property
    def seconds(self) -> Counter[str]:
        return sum(self._threads, Counter())

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, its time counted as `part`'s, without that of the parts inside it."""

        @functools.wraps(function)
        def timed(*args: Any, **named: Any) -> Any:
            used, inner = self._of_this_thread()
            inner.append(0.0)
            # Waiting, for Meta or for Python's lock, costs no CPU and is not in it.
            started = time.thread_time()
            try:
                return function(*args, **named)
            finally:
                took = time.thread_time() - started
                used[part] += took - inner.pop()  # type: ignore[assignment]  # seconds, not a number of things
                if inner:
                    inner[-1] += took

        return timed

    def _of_this_thread(self) -> tuple[Counter[str], list[float]]:
        if not hasattr(self._here, "used"):
            self._here.used, self._here.inner = Counter(), []
            self._threads.append(self._here.used)
        return self._here.used, self._here.inner


def measure(*, latency: float, tokens: int, rounds: int) -> dict[str, Any]:
    """Refreshes `tokens` in one process, `rounds` times, against a stub of `latency` milliseconds.

    Returns:
        `tokens`, and under `rounds` CPU milliseconds a token: `total`, and each part of it by name.
    """
    with stub(latency) as meta:
        return {"tokens": tokens, "rounds": [_round(meta, tokens) for _ in range(rounds)]}


def _round(meta: Stub, tokens: int) -> dict[str, float]:
    population.refill(tokens)
    shares = Shares()
    with override_settings(INSTAGRAM_GRAPH_URL=meta.url), watched(shares):
        started = time.process_time()
        sweep.Sweep("refresh", keeper_of).run()
        total = time.process_time() - started
    verify(meta, tokens)
    used = {**dict.fromkeys(PARTS, 0.0), **shares.seconds}
    used[REST] = total - sum(used.values())
    return {name: seconds * 1000 / tokens for name, seconds in {"total": total, **used}.items()}


@contextlib.contextmanager
def watched(shares: Shares) -> Iterator[None]:
    """Within, every call of the parts is timed."""
    with contextlib.ExitStack() as stack:
        for part, places in PARTS.items():
            for owner, name in places:
                timed = shares.around(part, getattr(owner, name))
                stack.enter_context(mock.patch.object(owner, name, timed))
        yield
