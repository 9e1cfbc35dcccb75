"""A slot is freed only when its answer is stored: what a kill can lose is what is in flight, never more."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from tests.factories import make_connections
from tests.tokens.engine.answering import eventually
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import ago, sweep
from tokens.models import Credential
from tokens.services import claims, rows
from tokens.services import group as grouping
from tokens.services import sweep as sweeping
from tokens.services.sweep import Sweep

pytestmark = pytest.mark.django_db(transaction=True)


def numbered() -> Any:
    """A new token for each that is asked."""
    return lambda token: renewed(f"{token}+")


def test_while_the_database_does_not_answer_nobody_further_is_asked(monkeypatch):
    make_connections(12, due_at=ago(minutes=1))
    meta = FakeMeta(on_refresh=numbered())
    write = rows.write_rows
    asked_at_failure: list[int] = []

    def fails(writes: Any) -> Any:
        if len(asked_at_failure) < 3:
            eventually(lambda: len(meta.calls) >= 4)
            asked_at_failure.append(len(meta.calls))
            raise OperationalError("gone for a moment")
        return write(writes)

    monkeypatch.setattr("tokens.services.persistence.time.sleep", lambda seconds: None)
    monkeypatch.setattr(grouping, "write_rows", fails)
    assert sweep(meta, threads=4) == {"refreshed": 12}
    assert asked_at_failure == [4, 4, 4]
    assert len(meta.calls) == 12, "each was asked once, and each answer stored"


def test_never_more_are_asked_and_not_stored_than_there_are_threads(monkeypatch):
    make_connections(30, due_at=ago(minutes=1))
    stored, most, lock = [0], [0], threading.Lock()
    meta = FakeMeta()

    def answer(token: str) -> Any:
        with lock:
            most[0] = max(most[0], len(meta.calls) - stored[0])
        return renewed(f"{token}+")

    store = grouping.store_group

    def counting(answers: Any, **options: Any) -> Any:
        words = store(answers, **options)
        with lock:
            stored[0] += len(words)
        return words

    meta.on_refresh = answer
    monkeypatch.setattr(sweeping, "store_group", counting)
    assert sweep(meta, threads=3) == {"refreshed": 30}
    assert 1 <= most[0] <= 3


@pytest.mark.parametrize(("size", "threads"), [(1, 1), (1, 4), (5, 4), (8, 16)])
def test_no_more_are_claimed_than_a_batch_and_what_is_in_flight(settings, monkeypatch, size, threads):
    settings.CLAIM_SIZE = size
    make_connections(40, due_at=ago(minutes=1))
    leased: list[int] = []
    claim = claims.claim_batch

    def watched(*args: Any, **options: Any) -> Any:
        found = claim(*args, **options)
        leased.append(Credential.objects.filter(lease_until__gt=timezone.now()).count())
        return found

    monkeypatch.setattr(sweeping, "claim_batch", watched)
    assert sweep(FakeMeta(on_refresh=numbered()), threads=threads) == {"refreshed": 40}
    assert 0 < max(leased) <= size + threads


def test_a_sweep_ends_although_the_database_never_took_some_of_its_answers(monkeypatch):
    """Their leases end by themselves; for ever renewed, nobody would take them up again."""
    made = make_connections(4, due_at=ago(minutes=1))
    write = rows.write_rows
    refused: list[uuid.UUID] = []

    def fails(writes: Any) -> Any:
        if not refused:
            refused.extend(each.claim.connection_id for each in writes)
            raise OperationalError("gone")
        return write(writes)

    monkeypatch.setattr(grouping, "write_rows", fails)
    monkeypatch.setattr(Sweep, "_leases_last", lambda self: False)
    with pytest.raises(OperationalError):
        sweep(FakeMeta(on_refresh=numbered()), threads=2)
    for each in Credential.objects.filter(pk__in=[connection.pk for connection in made]):
        assert (each.version == 2) or (each.pk in refused) == (each.lease_until is not None)
    assert Credential.objects.filter(version=1, lease_until__isnull=False).count() == len(refused)
