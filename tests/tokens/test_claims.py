"""Rule 3: never two attempts in flight for one credential; whoever is killed leaves a lease that ends."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone

from config.environment import SettingsError, decimal
from tests.factories import make_connection, make_connections, make_tenant
from tests.tokens.fake_meta import FakeMeta, dead, in_turn, renewed
from tests.tokens.helpers import ago, attempt, claim_next, credential_of, events_of, row, sweep, taken, token_of
from tokens.clients import CALL_DEADLINE
from tokens.models import Credential
from tokens.services import attempt as attempting
from tokens.services.claims import LEASE, RENEW_EVERY, claim_one, hand_back

pytestmark = pytest.mark.django_db(transaction=True)


def drained(barrier: threading.Barrier) -> list:
    """Claims until nothing is left, as a worker's thread does."""
    try:
        barrier.wait(10)
        mine = []
        while claim := claim_next("refresh"):
            mine.append(claim)
        return mine
    finally:
        connections.close_all()


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_that_claim_at_once_get_each_due_row_once(threads):
    due = make_connections(24, due_at=ago(minutes=1))
    make_connection(due_at=timezone.now() + dt.timedelta(hours=1))
    barrier = threading.Barrier(threads)
    with ThreadPoolExecutor(threads) as pool:
        taken = [claim for mine in pool.map(drained, [barrier] * threads) for claim in mine]
    assert Counter(claim.connection_id for claim in taken) == Counter(connection.pk for connection in due)
    assert {claim.fence for claim in taken} == {1}


@pytest.mark.parametrize("threads", [2, 8])
def test_of_threads_that_want_the_same_row_one_gets_it(threads):
    connection = make_connection()
    barrier = threading.Barrier(threads)

    def want(number: int):
        try:
            barrier.wait(10)
            return claim_one(connection.pk, "refresh")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(threads) as pool:
        taken = [claim for claim in pool.map(want, range(threads)) if claim]
    assert len(taken) == 1
    assert credential_of(connection).fence == 1


def test_the_longest_due_is_claimed_first():
    dates = [ago(minutes=5), ago(days=2), ago(hours=1)]
    made = {due_at: make_connection(due_at=due_at).pk for due_at in dates}
    assert [taken().connection_id for _ in dates] == [made[due_at] for due_at in sorted(dates)]
    assert claim_next("refresh") is None


def test_due_means_at_or_before_now(travel):
    now = timezone.now().replace(microsecond=0)
    travel(now)
    make_connection(due_at=now + dt.timedelta(microseconds=1))
    assert claim_next("refresh") is None
    exactly = make_connection(due_at=now)
    assert taken().connection_id == exactly.pk


@pytest.mark.parametrize("status", ["inactive", "disconnected"])
def test_only_active_connections_are_ever_claimed(status):
    connection = make_connection(status=status)
    assert claim_next("refresh") is None
    assert claim_one(connection.pk, "refresh") is None
    assert claim_one(connection.pk, "check") is None


def test_a_tenants_sweep_claims_that_tenants_alone():
    mine, other = make_tenant(), make_tenant()
    ours = make_connection(tenant=mine, due_at=ago(minutes=1))
    theirs = make_connection(tenant=other, due_at=ago(minutes=2))
    meta = FakeMeta()
    assert sweep(meta, tenant=mine) == {"refreshed": 1}
    assert credential_of(ours).version == 2
    assert row(theirs)["fence"] == 0


# Leases


def test_a_lease_keeps_others_away_until_it_ends(travel):
    start = timezone.now()
    travel(start)
    connection = make_connection(due_at=start)
    first = taken()
    assert (first.until, credential_of(connection).lease_until) == (start + LEASE, start + LEASE)
    for purpose in ("refresh", "check"):
        assert claim_one(connection.pk, purpose) is None
    travel(start + LEASE - dt.timedelta(seconds=1))
    assert claim_next("refresh") is None
    travel(start + LEASE)
    again = taken()
    assert again.connection_id == connection.pk
    assert again.fence == first.fence + 1
    assert not first.row().exists()
    assert again.row().exists()


def test_handing_back_ends_ones_own_lease_alone(travel):
    start = timezone.now()
    travel(start)
    connection = make_connection(due_at=start)
    first = taken()
    travel(start + LEASE)
    second = taken()
    hand_back(first)
    assert credential_of(connection).lease_owner == second.owner
    hand_back(second)
    assert credential_of(connection).lease_until is None


def test_a_result_ends_the_lease_at_once():
    connection = make_connection(due_at=ago(minutes=1))
    attempt(connection, FakeMeta())
    credential = credential_of(connection)
    assert (credential.lease_owner, credential.lease_until) == ("", None)


def test_a_lease_is_short_and_missing_two_renewals_does_not_end_it():
    assert dt.timedelta(seconds=3 * RENEW_EVERY) < LEASE <= dt.timedelta(minutes=1)


def test_an_attempt_ends_before_its_worker_is_given_up(monkeypatch):
    monkeypatch.setenv("CONFIRM_PAUSE_SECONDS", "60.5")
    with pytest.raises(SettingsError):
        decimal("CONFIRM_PAUSE_SECONDS", 2, least=0, most=60)
    cluster: dict[str, Any] = {**django_settings.Q_CLUSTER}
    slowest = 2 * CALL_DEADLINE + django_settings.CONFIRM_PAUSE_SECONDS
    assert django_settings.DRAIN_SECONDS + slowest + 5 < cluster["timeout"] < cluster["retry"]


def test_no_attempt_makes_more_than_two_calls():
    """What the time that a worker may take is reckoned from."""
    for answers in ({"on_refresh": dead()}, {"on_refresh": dead(), "on_me": dead()},
                    {"on_refresh": renewed("IGAAdoubtful", None)}):  # fmt: skip
        meta = FakeMeta(**answers)
        attempt(make_connection(), meta)
        assert len(meta.calls) == 2
    meta = FakeMeta(on_me=in_turn(dead(), dead()))
    attempt(make_connection(), meta, "check")
    assert len(meta.calls) == 2


def test_the_settings_allow_no_longer_pause_than_a_minute():
    assert 0 <= django_settings.CONFIRM_PAUSE_SECONDS <= 60


# "Refresh now" and workers


def test_refresh_now_while_a_worker_holds_it_is_busy():
    connection = make_connection(due_at=ago(minutes=1))
    claim = taken()
    meta = FakeMeta()
    for purpose in ("refresh", "check"):
        assert attempting.now(connection.pk, purpose, meta.client_for) == attempting.BUSY
    assert meta.calls == []
    hand_back(claim)
    assert attempting.now(connection.pk, "refresh", meta.client_for) == "refreshed"


def test_a_sweep_while_somebody_refreshes_by_hand_leaves_it_alone():
    connection = make_connection(due_at=ago(minutes=1))
    meta = FakeMeta()
    meta.on_refresh = lambda token: renewed() if sweep(FakeMeta()) == {} else pytest.fail("taken twice")
    assert attempting.now(connection.pk, "refresh", meta.client_for) == "refreshed"
    assert events_of(connection) == ["refreshed"]


def test_never_two_attempts_in_flight_for_one_credential():
    """Sweeps of refreshing and checking at once, over the same rows."""
    make_connections(6, due_at=ago(minutes=1), check_due_at=ago(minutes=1))
    flying: Counter[str] = Counter()
    crashes, lock = [], threading.Lock()

    class Watched(FakeMeta):
        def _answer(self, call, token, told):
            key = token.reveal()
            with lock:
                flying[key] += 1
                if flying[key] > 1:
                    crashes.append(key)
            try:
                return super()._answer(call, token, told)
            finally:
                with lock:
                    flying[key] -= 1

    tokens = iter(f"IGAAfresh{number}" for number in range(100))
    meta = Watched(on_refresh=lambda token: renewed(next(tokens)))
    with ThreadPoolExecutor(4) as pool:
        purposes = ["refresh", "check", "refresh", "check"]
        results = [future.result() for future in [pool.submit(swept, meta, purpose) for purpose in purposes]]
    assert crashes == []
    results.append(sweep(meta))  # what a check held just when the refreshing sweeps looked
    assert sum(result.get("refreshed", 0) for result in results) == 6
    assert meta.count("refresh") == 6


def swept(meta: FakeMeta, purpose) -> dict[str, int]:
    try:
        return sweep(meta, purpose)
    finally:
        connections.close_all()


# Exceptions


def test_an_exception_in_one_credentials_work_does_not_stop_the_others(caplog):
    good, bad, last = make_connections(3, due_at=ago(minutes=1))
    secret = token_of(bad)

    def answer(token: str):
        if token == secret:
            raise RuntimeError(f"choked on {token}")
        return renewed(f"{token}+")

    with caplog.at_level(logging.DEBUG):
        assert sweep(FakeMeta(on_refresh=answer)) == {"refreshed": 2, "error": 1}
    assert {credential_of(good).version, credential_of(last).version} == {2}
    assert "RuntimeError" in caplog.text
    assert secret not in caplog.text
    credential = credential_of(bad)
    assert (credential.version, credential.refresh_failures) == (1, 0)
    assert credential.lease_until > timezone.now()


def test_a_lease_left_by_an_exception_ends_by_itself(travel):
    start = timezone.now()
    travel(start)
    connection = make_connection(due_at=start)
    assert sweep(FakeMeta(on_refresh=RuntimeError("bug"))) == {"error": 1}
    assert sweep(FakeMeta()) == {}
    travel(start + LEASE)
    assert sweep(FakeMeta()) == {"refreshed": 1}
    assert credential_of(connection).fence == 2


def test_a_row_with_a_date_but_without_a_token_never_keeps_a_sweep_busy():
    """It should not exist; if a restored backup brings one, the sweep still ends."""
    connection = make_connection(due_at=ago(minutes=1), check_due_at=ago(minutes=1))
    Credential.objects.filter(pk=connection.pk).update(token=None)
    done = []
    thread = threading.Thread(target=lambda: done.append(swept(FakeMeta(), "refresh")), daemon=True)
    thread.start()
    thread.join(10)
    assert done == [{"lost": 1}]
