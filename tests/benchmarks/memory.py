"""The most memory that a worker holds, with few and with many credentials due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.benchmarks import population
from tests.benchmarks.processes import cluster, peak_memory, stub, until
from tokens.models import Credential
from tokens.services.ring import ring_one

FEW = 1_000
LATENCY = 200.0


def measure(*, many: int, rounds: int, patience: float, folder: str) -> dict[str, Any]:
    """A fresh worker refreshes 1,000 tokens, and another `many`, to the last.

    One alone: of two each would have half of the 1,000, and might never hold as much at once as it may.

    Args:
        many: how many are due at most.
        rounds: how many.
        patience: seconds that refreshing them may take.
        folder: for the clusters' log.

    Returns:
        `many`, and of each round KiB: the peak of the largest process before there is any work as `idle_kib`, and
        until all is refreshed as `few_kib` and `many_kib`.
    """
    seen: dict[str, Any] = {"many": many, "idle_kib": [], "few_kib": [], "many_kib": []}
    with stub(LATENCY) as meta:
        for _ in range(rounds):
            for name, due in (("few_kib", FEW), ("many_kib", many)):
                population.refill(due)
                with cluster(meta.url, Path(folder), workers=1) as pid:
                    idle, peak = _peaks(pid, patience)
                seen[name].append(peak)
            seen["idle_kib"].append(idle)
    return seen


def _peaks(pid: int, patience: float) -> tuple[int, int]:
    """Of the largest process, before the sweep is rung and until nothing is due."""
    rung_at = timezone.now()
    rows = Credential.objects.filter(due_at__lte=rung_at)
    idle = peak = peak_memory(pid)

    def done() -> bool:
        nonlocal peak
        # Looked at meanwhile: a worker may be replaced by a new one before all is done.
        peak = max(peak, peak_memory(pid))
        return not rows.exists()

    ring_one("tokens.tasks.sweep")
    until(done, "refreshing all that is due", patience=patience, pause=0.5)
    return idle, peak
