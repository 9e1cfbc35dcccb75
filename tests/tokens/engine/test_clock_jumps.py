"""The wall clock is set while a drain works: leases are reckoned by it, and none may change hands for that."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_connections
from tests.tokens.engine.answering import eventually
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import ago, claim_next, claimed, credential_of, sweep
from tokens.models import Credential
from tokens.services import clock
from tokens.services import sweep as sweeping
from tokens.services.claims import LEASE, claim_batch, claim_one
from tokens.services.clock import ClockWatch

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def jump(monkeypatch):
    """Sets the wall clock forward or back; the monotonic one goes on."""
    real, off = timezone.now, [dt.timedelta()]
    monkeypatch.setattr(timezone, "now", lambda: real() + off[0])
    monkeypatch.setattr(sweeping, "TICK", 0.01)

    def by(delta: dt.timedelta) -> None:
        off[0] += delta

    return by


@pytest.mark.parametrize("way", [HOUR, -HOUR], ids=["forward", "back"])
def test_what_a_drain_holds_is_renewed_at_once(jump, way):
    made = make_connections(3, due_at=ago(hours=2))
    seen: list[Any] = []

    def slow(token: str) -> Any:
        if not seen:
            seen.append(token)
            jump(way)
            least, most = timezone.now(), timezone.now() + 2 * LEASE
            keys = [connection.pk for connection in made]
            mine = Credential.objects.filter(pk__in=keys, lease_until__gt=least, lease_until__lt=most)
            eventually(lambda: mine.count() == 3)
            assert claim_next() is None, "nobody else gets any of them"
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=slow), threads=1) == {"refreshed": 3}


@pytest.mark.parametrize("way", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_drain_that_saw_it_takes_nothing_over_for_a_moment(jump, way):
    """Whoever holds it may be about to renew it."""
    others = make_connection(due_at=ago(hours=3))
    held = claimed(others)
    mine = make_connection(due_at=ago(hours=2))
    come_due = make_connection(due_at=timezone.now() + dt.timedelta(minutes=1))

    def slow(token: str) -> Any:
        if token == credential_of(mine).token.reveal():
            jump(way)
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=slow), threads=1) == {"refreshed": 2 if way > dt.timedelta() else 1}
    assert held.row().exists(), "taken over although its holder lives"
    assert credential_of(come_due).version == (2 if way > dt.timedelta() else 1)


def test_after_that_moment_it_takes_over_again(jump, monkeypatch):
    monkeypatch.setattr(clock, "SETTLES_AFTER", 0.0)
    claimed(make_connection(due_at=ago(hours=3)))
    make_connection(due_at=ago(hours=2))
    jumped: list[str] = []

    def slow(token: str) -> Any:
        if not jumped:
            jumped.append(token)
            jump(HOUR)
        return renewed(f"{token}+")

    assert sweep(FakeMeta(on_refresh=slow), threads=1) == {"refreshed": 2}


@pytest.mark.parametrize("seconds", [5, 61, 3600, -5, -61, -3600])
def test_every_jump_is_noticed_once(jump, seconds):
    watch = ClockWatch()
    assert not watch.jumped()
    assert watch.settled
    jump(dt.timedelta(seconds=seconds * 1.01))
    assert watch.jumped()
    assert not watch.jumped()
    assert not watch.settled


def test_a_lease_that_a_wrong_clock_gave_counts_as_ended():
    made = {minutes: make_connection(due_at=ago(minutes=1)) for minutes in (4.9, 5.1, 60 * 24 * 365)}
    for minutes, connection in made.items():
        until = timezone.now() + dt.timedelta(minutes=minutes)
        Credential.objects.filter(pk=connection.pk).update(lease_owner="of another time", lease_until=until)
    assert claim_one(made[4.9].pk, "refresh") is None
    taken = {held.claim.connection_id for held in claim_batch("refresh", 500)}
    assert taken == {made[5.1].pk, made[60 * 24 * 365].pk}
