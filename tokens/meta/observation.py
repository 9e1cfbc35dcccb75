"""What each call to Meta cost, told to whoever looks on, without the client's callers passing anything along.

This is the hot path: while nobody looks on a call pays for one look at a context variable.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from .throttle import app_usage
from .types import Call


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question that went out to Meta.

    Args:
        call: which of our calls.
        seconds: until its answer was read, or until it was given up.
        status: HTTP status of the answer, `None` where none came.
        usage: percent of the Meta app's limit that is used up, `None` where Meta told nothing.
    """

    call: Call
    seconds: float
    status: int | None
    usage: float | None


_onlooker: ContextVar[list[Exchange] | None] = ContextVar("onlooker", default=None)


@contextmanager
def observing() -> Iterator[list[Exchange]]:
    """A list that grows by every exchange of this thread (or task) until the block ends."""
    exchanges: list[Exchange] = []
    before = _onlooker.set(exchanges)
    try:
        yield exchanges
    finally:
        _onlooker.reset(before)


def observe(call: Call, started: float, status: int | None, headers: Mapping[str, str] | None) -> None:
    """Notes an exchange for whoever looks on.

    Args:
        call: which of our calls.
        started: when it began, on the monotonic clock.
        status: HTTP status of the answer, `None` where none came.
        headers: of the answer, in a mapping that ignores the case of names.
    """
    exchanges = _onlooker.get()
    if exchanges is not None:
        usage = None if headers is None else app_usage(headers)
        exchanges.append(Exchange(call, time.monotonic() - started, status, usage))
