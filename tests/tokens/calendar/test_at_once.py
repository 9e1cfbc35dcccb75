"""Several processes at once, and workers that claim meanwhile: nothing is moved twice, nothing is overwritten."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction

from tests.races import together
from tests.tokens.calendar.nights import NOW, crowd, dates, night, on_nights, smooth
from tests.tokens.fake_meta import FakeMeta
from tests.tokens.helpers import attempt, credential_of
from tokens.models import Credential
from tokens.services import smooth_calendar as smoothing
from tokens.services.claims import claim_one, hand_back
from tokens.services.smooth_calendar import smooth_calendar

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(smoothing, "BATCH", 2)


def test_two_at_once_do_what_one_does():
    crowd(45, 30)
    crowd(14, 29)
    before = dates()
    smooth()
    alone = dates()
    for pk, due_at, due_by_rule, *_ in before:
        Credential.objects.filter(pk=pk).update(due_at=due_at, due_by_rule=due_by_rule)
    results = together(lambda: smooth_calendar(NOW), lambda: smooth_calendar(NOW))
    assert all(done for _, done in results)
    assert sum(counts["moved"] for counts, _ in results) == 39
    assert dates() == alone


def test_those_that_workers_claim_meanwhile_keep_their_date():
    first = crowd(40, 30)
    keys = list(Credential.objects.exclude(pk=first.pk).order_by("-pk").values_list("pk", flat=True)[:8])
    held: list[Any] = []

    def claim_all() -> None:
        for pk in keys:
            claim = claim_one(pk, "refresh")
            assert claim is not None
            held.append((claim, Credential.objects.get(pk=pk).due_at))

    calls: list[Callable[[], object]] = [lambda: smooth_calendar(NOW), claim_all]
    together(*calls)
    for claim, due_at in held:
        # It may have been moved before it was claimed, and never after.
        row = Credential.objects.get(pk=claim.connection_id)
        assert (row.due_at, row.fence, row.lease_owner) == (due_at, claim.fence, claim.owner)
        hand_back(claim)
    smooth()
    assert on_nights() == {30: 10, 29: 10, 28: 10, 27: 10}


def test_a_renewal_that_is_stored_meanwhile_stands():
    first = crowd(12, 30)
    Credential.objects.exclude(pk=first.pk).update(expiry_told=False)
    renewed_to: list[Any] = []

    def renew() -> bool:
        if not renewed_to:
            attempt(first, FakeMeta())
            renewed_to.append(credential_of(first).due_at)
        return True

    smooth_calendar(NOW, go_on=renew)
    credential = credential_of(first)
    assert (credential.due_at, credential.due_by_rule) == (renewed_to[0], None)


def test_those_that_somebody_is_writing_are_passed_by():
    crowd(12, 30)
    lowest = Credential.objects.order_by("pk")[0].connection
    with transaction.atomic() if database.vendor == "postgresql" else contextlib.nullcontext():
        # On SQLite nobody can be writing while a batch runs; there the claim alone is looked at.
        assert claim_one(lowest.pk, "refresh") is not None
        [(results, done)] = together(lambda: smooth_calendar(NOW))
    assert (results["moved"], done) == (2, True)
    assert credential_of(lowest).due_at == night(30)
