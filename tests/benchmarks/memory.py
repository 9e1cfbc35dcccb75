"""The most memory that a worker holds, with few and with many credentials due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.benchmarks import population
from tests.benchmarks.processes import cluster, peak_memory, stub, until
from tokens.models import Credential
from tokens.services.ring import ring_one

FEW, WORKED = 1_000, 500
PATIENCE = 60.0


def measure(*, many: int, workers: int, rounds: int, folder: str) -> dict[str, Any]:
    """Fresh workers refresh 500 tokens while at first 1,000, or `many`, are due.

    Returns:
        `many`, and under `few_kib` and `many_kib` the peak of the largest process of each round.
    """
    seen: dict[str, Any] = {"many": many, "few_kib": [], "many_kib": []}
    with stub(0) as meta:
        for _ in range(rounds):
            for name, due in (("few_kib", FEW), ("many_kib", many)):
                seen[name].append(_peak(meta.url, due, workers, Path(folder)))
    return seen


def _peak(meta_url: str, due: int, workers: int, folder: Path) -> int:
    population.refill(due)
    rung_at = timezone.now()
    rows = Credential.objects.filter(due_at__lte=rung_at)
    with cluster(meta_url, folder, workers=workers) as pid:
        ring_one("tokens.tasks.sweep")
        until(lambda: rows.count() <= due - WORKED, f"refreshing {WORKED} tokens", patience=PATIENCE, pause=0.2)
        return peak_memory(pid)
