"""What the settings of the engine are worth: each smaller and larger by itself, beside the defaults in one round."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.test.utils import override_settings

from tests.benchmarks import population
from tests.benchmarks.end_to_end import verify
from tests.benchmarks.processes import Stub, stub
from tokens.clients import keeper_of
from tokens.services.sweep import Sweep

OTHERS = {
    "SWEEP_THREADS": (64, 128, 512),
    "CLAIM_SIZE": (100, 2000),
    "GROUP_SIZE": (1, 16, 256),
}


def measure(*, latency: float, tokens: int, rounds: int) -> dict[str, Any]:
    """Refreshes `tokens` in one process with the defaults and with each of `OTHERS`.

    Returns:
        `tokens`, `defaults` (the settings' own values), and under `variants` by name, `defaults` the first, a value a
        round: `rate` (tokens a second) and `cpu_ms` (of this process, a token).
    """
    variants: dict[str, dict[str, int]] = {"defaults": {}}
    variants |= {f"{name} {value}": {name: value} for name, values in OTHERS.items() for value in values}
    seen: dict[str, dict[str, list[float]]] = {name: {"rate": [], "cpu_ms": []} for name in variants}
    with stub(latency) as meta:
        for _ in range(rounds):
            for name, changed in variants.items():
                seconds, cpu = _sweep(meta, tokens, changed)
                seen[name]["rate"].append(tokens / seconds)
                seen[name]["cpu_ms"].append(cpu * 1000 / tokens)
    return {"tokens": tokens, "defaults": {name: getattr(settings, name) for name in OTHERS}, "variants": seen}


def _sweep(meta: Stub, tokens: int, changed: dict[str, int]) -> tuple[float, float]:
    """Seconds, and CPU seconds."""
    population.refill(tokens)
    with override_settings(INSTAGRAM_GRAPH_URL=meta.url, **changed):
        started, used = time.perf_counter(), time.process_time()
        Sweep("refresh", keeper_of).run()
        took = time.perf_counter() - started, time.process_time() - used
    verify(meta, tokens)
    return took
