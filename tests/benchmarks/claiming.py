"""Taking 500 due credentials among very many, through the door that the workers take."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection as database

from tests.benchmarks import population
from tokens.models import Credential
from tokens.services.claims import claim_next

CLAIMS = 500


def measure(*, sizes: list[int], rounds: int) -> dict[str, Any]:
    """Claims 500 of the hundredth that is due, in tables of each of `sizes` rows, `rounds` times.

    Returns:
        Under `sizes`, for each: `rows`, milliseconds of each round as `all_active` and, once a fifth is revoked, as
        `fifth_revoked`, and the bytes of the index as `index_bytes` and `index_bytes_revoked`.
    """
    return {"sizes": [_in_a_table_of(rows, rounds) for rows in sizes]}


def _in_a_table_of(rows: int, rounds: int) -> dict[str, Any]:
    population.refill(rows, due_at=population.A_HUNDREDTH_DUE)
    seen: dict[str, Any] = {"rows": rows, "index_bytes": _index_bytes()}
    seen["all_active"] = [_claim() for _ in range(rounds)]
    population.revoke_a_fifth()
    seen["fifth_revoked"] = [_claim() for _ in range(rounds)]
    seen["index_bytes_revoked"] = _index_bytes()
    return seen


def _claim() -> float:
    """Milliseconds of 500 claims, one after the other since that is what the door gives; then all are given back."""
    started = time.perf_counter()
    taken = sum(claim_next("refresh") is not None for _ in range(CLAIMS))
    took = (time.perf_counter() - started) * 1000
    assert taken == CLAIMS, f"only {taken} were to be had"
    Credential.objects.exclude(lease_owner="").update(lease_owner="", lease_until=None)
    with database.cursor() as cursor:
        cursor.execute("VACUUM tokens_credential")
    return took


def _index_bytes() -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('credential_due')")
        return int(cursor.fetchone()[0])
