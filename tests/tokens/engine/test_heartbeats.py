"""A drain renews the leases of what it holds for as long as it waits for answers, and no longer."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from tests.factories import make_connection, make_connections
from tests.tokens.engine.answering import eventually
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import ago, credential_of, sweep, taken, token_of
from tokens.services import sweep as sweeping
from tokens.services.claims import LEASE, claim_batch, renew

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(sweeping, "TICK", 0.01)
    monkeypatch.setattr(sweeping, "RENEW_EVERY", 0.02)


def test_leases_grow_while_an_answer_is_awaited():
    """Of what is in flight, and of what waits for a thread."""
    made = make_connections(2, due_at=ago(minutes=1))
    seen: list[Any] = []

    def slow(token: str) -> Any:
        if not seen:
            begin = max(credential_of(connection).lease_until for connection in made)
            seen.append(begin)
            eventually(lambda: all(credential_of(connection).lease_until > begin for connection in made))
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=slow), threads=1) == {"refreshed": 2}
    assert seen
    assert {credential_of(connection).lease_until for connection in made} == {None}


def test_an_answer_that_is_stored_ends_its_lease_for_good():
    first, second = make_connections(2, due_at=ago(minutes=1))
    tokens: list[str] = []

    def slow(token: str) -> Any:
        tokens.append(token)
        if len(tokens) == 2:
            done, other = (first, second) if token == token_of(second) else (second, first)
            begin = credential_of(other).lease_until
            eventually(lambda: credential_of(other).lease_until > begin)
            assert credential_of(done).lease_until is None
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=slow), threads=1) == {"refreshed": 2}


def test_what_somebody_else_took_over_stays_his(travel):
    start = timezone.now()
    travel(start)
    connection = make_connection(due_at=start)
    first = taken()
    travel(start + LEASE)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tokens.services.claims.owner_name", lambda: "another")
        [second] = claim_batch("refresh", 1)
    travel(start + LEASE * 1.5)
    renew([first])
    credential = credential_of(connection)
    assert (credential.lease_owner, credential.lease_until) == ("another", second.claim.until)


def test_a_heartbeat_that_fails_loses_no_answer(monkeypatch):
    """The database was away for just that moment."""
    make_connections(3, due_at=ago(minutes=1))
    failed: list[int] = []

    def fails(claims: Any) -> None:
        if len(failed) < 2:
            failed.append(1)
            database.close()
            raise OperationalError("gone for a moment")
        renew(claims)

    monkeypatch.setattr(sweeping, "renew", fails)

    def slow(token: str) -> Any:
        eventually(lambda: len(failed) == 2)
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=slow), threads=3) == {"refreshed": 3}
