"""After ten days without workers: how long catching up takes, and whether the most urgent go first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from tests.benchmarks import population
from tests.benchmarks.end_to_end import due, verify
from tests.benchmarks.processes import Stub, cluster, stub, until
from tokens.models import Credential
from tokens.services.ring import ring_one

# No factor of any number of tokens that is asked for here: each place from 0 on is given once.
STRIDE = 7919
# Each has its place; place 0 has an hour left and is due since ten days, the last one ten days and is due now. The
# places are scattered over the table.
PLACE = "mod(n.i::bigint * {stride}, {tokens})"
LEFT = "interval '1 hour' + interval '239 hours' * ({place}::float / {tokens})"


def measure(*, latency: float, tokens: int, workers: int, rounds: int, patience: float, folder: str) -> dict[str, Any]:
    """Lets fresh workers catch up with `tokens` overdue credentials, `rounds` times.

    Args:
        latency: of the stub, in milliseconds.
        tokens: how many are overdue; 7919 must not divide it.
        workers: of the cluster.
        rounds: how many.
        patience: seconds that a round may take.
        folder: for the cluster's log.

    Returns:
        `tokens`; `held`, how many claims all workers have at once at most; and of each round `seconds` and `rate`, the
        share that was refreshed no more than `held` places after its turn as `in_turn`, and the most places that one
        was late as `latest`.
    """
    held = workers * (settings.CLAIM_SIZE + settings.SWEEP_THREADS + settings.SWEEP_THREADS // 4)
    seen = []
    with stub(latency) as meta, cluster(meta.url, Path(folder), workers=workers) as pid:
        assert pid
        for _ in range(rounds):
            seconds = _catch_up(meta, tokens, patience)
            late = lateness(tokens)
            seen.append(
                {
                    "seconds": seconds,
                    "rate": tokens / seconds,
                    "in_turn": sum(each <= held for each in late) / len(late),
                    "latest": max(late),
                }
            )
    return {"tokens": tokens, "held": held, "rounds": seen}


def overdue(tokens: int) -> dict[str, str]:
    """The columns of so many copies, as SQL."""
    place = PLACE.format(stride=STRIDE, tokens=tokens)
    left = LEFT.format(place=place, tokens=tokens)
    return {"expires_at": f"now() + {left}", "due_at": f"now() + {left} - interval '10 days'"}


def lateness(tokens: int) -> list[int]:
    """How many places each token was refreshed after its turn, by its place; less than 0: before it."""
    told = Credential.objects.values_list("connection__instagram_id", "refreshed_at")
    # The copies have numbers for ids; the original has no place.
    copies = [(at, place_of(int(number), tokens)) for number, at in told if int(number) < tokens]
    # Those of one commit have one instant: among them the order is not to be known, and none is late for it.
    return [turn - place for turn, (_, place) in enumerate(sorted(copies), start=1)]


def place_of(number: int, tokens: int) -> int:
    """The place of the copy of that number, as `PLACE` has it."""
    return number * STRIDE % tokens


def _catch_up(meta: Stub, tokens: int, patience: float) -> float:
    population.refill(tokens, **overdue(tokens))
    rung_at = timezone.now()
    ring_one("tokens.tasks.sweep")
    until(lambda: not due(rung_at).exists(), f"catching up with {tokens} tokens", patience=patience)
    verify(meta, tokens)
    last = Credential.objects.order_by("-refreshed_at").values_list("refreshed_at", flat=True)[0]
    assert last is not None
    return (last - rung_at).total_seconds()
