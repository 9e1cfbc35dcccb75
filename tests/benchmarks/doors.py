"""What one question to Meta costs, by the door through which it leaves: why the hot call takes the narrowest."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.benchmarks.population import TOKEN
from tests.benchmarks.processes import stub
from tokens.meta import Secret
from tokens.meta.wire import Question, Reply, Wire

PATIENCE = (5.0, 10.0)
WARM_UP = 20


def measure(*, calls: int, rounds: int) -> dict[str, Any]:
    """Asks a stub without latency through each door, one question at a time, the doors in turn.

    Returns:
        Under each door's name the CPU microseconds of a call, a value a round.
    """
    with stub(0) as meta, _doors(f"{meta.url}/refresh_access_token") as doors:
        for ask in doors.values():
            _cpu_us(ask, WARM_UP)
        seen: dict[str, list[float]] = {name: [] for name in doors}
        for _ in range(rounds):
            for name, ask in doors.items():
                seen[name].append(_cpu_us(ask, calls))
    return {"doors": seen}


def _cpu_us(ask: Callable[[], object], calls: int) -> float:
    started = time.process_time()
    for _ in range(calls):
        ask()
    return (time.process_time() - started) / calls * 1e6


@contextlib.contextmanager
def _doors(url: str) -> Iterator[dict[str, Callable[[], object]]]:
    """Each asks the same; all but the first keep their connection."""
    params = {"grant_type": "ig_refresh_token", "access_token": TOKEN}
    question = Question(call="refresh", url=url, query={**params, "access_token": Secret(TOKEN)})
    adapter = HTTPAdapter(max_retries=0)
    wire = Wire(pool_size=1, connect_timeout=PATIENCE[0], read_timeout=PATIENCE[1])
    with requests.Session() as plain, requests.Session() as bare:
        bare.trust_env = False
        bare.mount("http://", adapter)

        def send() -> bytes:
            prepared = bare.prepare_request(requests.Request("GET", url, params=params))
            with adapter.send(prepared, stream=True, timeout=PATIENCE) as response:
                return response.content

        def pool() -> None:
            assert isinstance(wire.ask(question, time.monotonic() + PATIENCE[1]), Reply)

        yield {
            "requests.get": lambda: requests.get(url, params=params, timeout=PATIENCE).content,
            "Session.request": lambda: plain.get(url, params=params, timeout=PATIENCE).content,
            "Session.request without the environment": lambda: bare.get(url, params=params, timeout=PATIENCE).content,
            "HTTPAdapter.send": send,
            "the adapter's pool": pool,
        }
        wire.close()
