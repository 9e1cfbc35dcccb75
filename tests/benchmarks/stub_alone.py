"""How many requests a second the stub answers by itself: it must not be what the other measurements measure."""

from __future__ import annotations

import socket
import time
from typing import Any

from tests.benchmarks.processes import Stub, stub

CALLERS = 16
QUESTION = (
    b"GET /refresh_access_token?grant_type=ig_refresh_token&access_token=" + b"x" * 249 + b" HTTP/1.1\r\n"
    b"Host: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: application/json\r\nConnection: keep-alive\r\n\r\n"
)


def measure(*, rounds: int, seconds: float) -> dict[str, Any]:
    """Asks a stub without latency over 16 kept-alive connections, each one question at a time.

    Returns:
        `rate` (requests a second) and `stub_us` (the stub's CPU microseconds a request), a value a round.
    """
    with stub(0) as meta:
        seen = [_ask(meta, seconds) for _ in range(rounds)]
    return {"rate": [one[0] for one in seen], "stub_us": [one[1] for one in seen]}


def _ask(meta: Stub, seconds: float) -> tuple[float, float]:
    callers = [socket.create_connection(("127.0.0.1", meta.port), timeout=10) for _ in range(CALLERS)]
    before, started = meta.told(), time.perf_counter()
    while time.perf_counter() - started < seconds:
        for caller in callers:
            caller.sendall(QUESTION)
        for caller in callers:
            caller.recv(4096)
    took, after = time.perf_counter() - started, meta.told()
    for caller in callers:
        caller.close()
    answered = after["answered"] - before["answered"]
    return answered / took, (after["cpu_seconds"] - before["cpu_seconds"]) / answered * 1e6
