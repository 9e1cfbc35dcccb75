"""From the sweep that is rung to the last commit, through real workers, beside the naive loop in the same round."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from django.db import connection as database
from django.utils import timezone
from django_q.models import OrmQ

from tests.benchmarks import naive, population
from tests.benchmarks.meter import Meter
from tests.benchmarks.processes import Stub, cluster, stub, until
from tokens.models import Credential
from tokens.services.ring import ring_one

PATIENCE = 90.0
# Fewer would say more about the doorbell than about the engine.
FIRST_TRY, WARM_UP = 1_000, 16
MOST = 200_000
# Of a round, seconds: two tasks are found in a queue that is looked at once a second.
DOORBELL = 1.0
# Of the seconds that a round should take.
ENOUGH = 0.75


class Unsound(Exception):
    """What a run left in the database is not what it should have left: its figures say nothing."""


def measure(
    *, latency: float, workers: int, rounds: int, seconds: float, folder: str, tokens: int = 0
) -> dict[str, Any]:
    """Measures engine and naive loop alternately.

    Args:
        latency: of the stub, in milliseconds.
        workers: of the cluster.
        rounds: how many.
        seconds: about how long a round's parts shall take: the engine's at least three quarters
            of it behind the doorbell, the naive one's half.
        folder: for the cluster's log.
        tokens: of each round; 0: as many as it takes.

    Returns:
        `tokens` and `naive_tokens` of each round, and under `rounds` what the meter saw of both.
    """
    loops = max(10, int(seconds / (latency / 1000 + 0.003) * 0.5))
    seen: list[dict[str, Any]] = []
    with stub(latency) as meta, cluster(meta.url, Path(folder), workers=workers) as pid:
        run_engine(meta, pid, WARM_UP)
        tokens, first = (tokens, run_engine(meta, pid, tokens)) if tokens else _fitting(meta, pid, seconds)
        seen.append({"engine": first, "naive": run_naive(meta, loops)})
        both = {"engine": lambda: run_engine(meta, pid, tokens), "naive": lambda: run_naive(meta, loops)}
        for number in range(1, rounds):
            order = sorted(both, reverse=bool(number % 2))
            seen.append({name: both[name]() for name in order})
    return {"tokens": tokens, "naive_tokens": loops, "rounds": seen}


def run_engine(meta: Stub, pid: int, tokens: int) -> dict[str, float | None]:
    """Makes `tokens` due, rings a sweep and waits until all are stored; what the meter saw meanwhile."""
    population.refill(tokens)
    rung_at = timezone.now()
    with Meter(meta, pid, tokens) as meter:
        ring_one("tokens.tasks.sweep")
        until(lambda: meter.look() and not due(rung_at).exists(), f"refreshing {tokens} tokens", patience=PATIENCE)
    # Workers that still clear up must not meet the next round's emptying.
    until(lambda: not OrmQ.objects.exists(), "the end of the last task", patience=30)
    verify(meta, tokens)
    return meter.seen


def run_naive(meta: Stub, tokens: int) -> dict[str, float | None]:
    """The same for the naive loop, in this very process."""
    population.refill(tokens)
    with Meter(meta, None, tokens) as meter:
        naive.refresh(tokens, meta.url)
    verify(meta, tokens)
    return meter.seen


def due(now: Any) -> Any:
    return Credential.objects.filter(due_at__lte=now)


def verify(meta: Stub, tokens: int) -> None:
    """Each row has moved on by one version, and one of them, by chance, opens to a token that the stub gave.

    Raises:
        Unsound: it is not so.
    """
    moved = Credential.objects.filter(version=2).count()
    if moved != tokens or Credential.objects.count() != tokens:
        raise Unsound(f"{moved} of {tokens} rows moved on")
    sample = Credential.objects.order_by("?").values_list("token", flat=True).first()
    if sample is None or not meta.gave(sample.reveal()):
        raise Unsound(f"a row of {database.vendor} holds a token that nobody gave")


def _fitting(meta: Stub, pid: int, seconds: float) -> tuple[int, dict[str, float | None]]:
    """Tries more and more tokens until the engine takes long enough; how many that were, and what the meter saw."""
    tokens = FIRST_TRY
    while True:
        seen = run_engine(meta, pid, tokens)
        took = seen["seconds"] or 0.0
        if took - DOORBELL >= ENOUGH * seconds or tokens == MOST:
            return tokens, seen
        tokens = more(tokens, took, seconds)


def more(tokens: int, took: float, seconds: float) -> int:
    """How many tokens should take `seconds` behind the doorbell, where so many took `took` with it."""
    factor = seconds / max(took - DOORBELL, seconds / 8)
    return min(MOST, math.ceil(tokens * max(2.0, factor) / 100) * 100)
