"""Told to stop, a drain hands back what nobody was asked about, and stores what Meta still answers in time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from notifications import worker
from tests.factories import make_connections
from tests.tokens.engine.answering import eventually
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import ago, sweep
from tokens.models import Credential
from tokens.services import sweep as sweeping

pytestmark = pytest.mark.django_db(transaction=True)


class Left(BaseException):
    """The process would have ended here."""


@pytest.fixture
def stop(monkeypatch):
    told = threading.Event()
    monkeypatch.setattr(sweeping, "TICK", 0.01)
    monkeypatch.setattr(worker, "asked_to_stop", told.is_set)

    def leave() -> None:
        raise Left

    monkeypatch.setattr(worker, "leave_at_once", leave)
    return told


def free() -> int:
    return Credential.objects.filter(version=1, lease_owner="", lease_until=None).count()


def test_told_before_it_begins_it_claims_nothing(stop):
    make_connections(2, due_at=ago(minutes=1))
    stop.set()
    assert sweep(FakeMeta()) == {}
    assert not Credential.objects.filter(fence__gt=0).exists()


def test_what_nobody_was_asked_about_is_handed_back_at_once_and_what_comes_is_stored(stop):
    make_connections(9, due_at=ago(minutes=1))

    def slow(token: str) -> Any:
        stop.set()
        eventually(lambda: free() == 7, "what waits for a thread was not handed back")
        return renewed(f"{token}+")

    meta = FakeMeta(on_refresh=slow)
    assert sweep(meta, threads=2) == {"refreshed": 2}
    assert len(meta.calls) == 2
    assert (Credential.objects.filter(version=2, lease_until=None).count(), free()) == (2, 7)


def test_what_does_not_come_within_the_grace_is_handed_back_too(stop, monkeypatch):
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.05)
    make_connections(5, due_at=ago(minutes=1))
    over = threading.Event()

    def hangs(token: str) -> Any:
        stop.set()
        over.wait(20)
        return renewed(f"{token}+")

    try:
        with pytest.raises(Left):
            sweep(FakeMeta(on_refresh=hangs), threads=2)
        assert free() == 5
    finally:
        over.set()


def test_what_others_took_over_meanwhile_is_not_handed_back(stop):
    made = make_connections(4, due_at=ago(minutes=1))
    taken = [connection.pk for connection in made]

    def slow(token: str) -> Any:
        if not stop.is_set():
            Credential.objects.filter(pk__in=taken).update(lease_owner="another", fence=9)
            stop.set()
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=slow), threads=1) == {"lost": 1}
    assert set(Credential.objects.values_list("lease_owner", "fence")) == {("another", 9)}
    assert not Credential.objects.filter(lease_until=None).exists()


def test_out_of_time_it_hands_back_what_it_has_not_asked(monkeypatch):
    make_connections(9, due_at=ago(minutes=1))
    monkeypatch.setattr(sweeping, "TICK", 0.01)

    def slow(token: str) -> Any:
        eventually(lambda: free() == 7)
        return renewed(f"{token}+")

    work = sweeping.Sweep("refresh", FakeMeta(on_refresh=slow).make_client, threads=2, seconds=0.1)
    assert work.run() == {"refreshed": 2}
    assert work.ran_out_of_time
    assert free() == 7
