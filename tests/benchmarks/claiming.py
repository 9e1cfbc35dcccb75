"""Taking 500 due credentials among very many, through the door that the workers take."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection as database

from tests.benchmarks import population
from tokens.services.claims import claim_batch, hand_back

CLAIMS = 500
# By the due date, and by the days that are left.
INDEXES = ("credential_due", "credential_urgent")


def measure(*, sizes: list[int], rounds: int) -> dict[str, Any]:
    """Claims 500 of the hundredth that is due, in tables of each of `sizes` rows, `rounds` times.

    At 100,000 and more rows, or too few are due once a fifth is revoked.

    Returns:
        Under `sizes`, for each: `rows`, milliseconds of each round as `all_active` and, once a fifth is revoked, as
        `fifth_revoked`, and the bytes of the indexes by name as `index_bytes` and `index_bytes_revoked`.
    """
    return {"sizes": [_in_a_table_of(rows, rounds) for rows in sizes]}


def _in_a_table_of(rows: int, rounds: int) -> dict[str, Any]:
    population.refill(rows, **population.A_HUNDREDTH_DUE)
    seen: dict[str, Any] = {"rows": rows, "index_bytes": _index_bytes()}
    seen["all_active"] = [_claim() for _ in range(rounds)]
    population.revoke_a_fifth()
    seen["fifth_revoked"] = [_claim() for _ in range(rounds)]
    seen["index_bytes_revoked"] = _index_bytes()
    return seen


def _claim() -> float:
    """Milliseconds of a claim of 500; then all are given back."""
    started = time.perf_counter()
    taken = claim_batch("refresh", CLAIMS)
    took = (time.perf_counter() - started) * 1000
    assert len(taken) == CLAIMS, f"only {len(taken)} were to be had"
    hand_back(*(held.claim for held in taken))
    with database.cursor() as cursor:
        cursor.execute("VACUUM tokens_credential")
    return took


def _index_bytes() -> dict[str, int]:
    sizes = {}
    with database.cursor() as cursor:
        for name in INDEXES:
            cursor.execute("SELECT pg_relation_size(%s::regclass)", [name])
            sizes[name] = int(cursor.fetchone()[0])
    return sizes
