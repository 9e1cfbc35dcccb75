"""Rule 2: token, dates and event stand or fall together, and a late answer never overwrites a newer token."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connections
from django.db import connection as database
from django.utils import timezone

from accounts import events
from accounts.models import Event
from tests.factories import make_connection, make_user
from tests.tokens.fake_meta import FakeMeta, dead, in_turn, permission, refused, renewed, transient, unexpected
from tests.tokens.helpers import (
    ago,
    attempt,
    claimed,
    credential_of,
    events_of,
    owed,
    raw_token,
    row,
    status_of,
    sweep,
    taken,
)
from tokens.fields import seal
from tokens.meta import Profile, Secret
from tokens.models import Connection, Credential, Link
from tokens.services import group as grouping
from tokens.services import mail_link, persistence
from tokens.services import store as storing
from tokens.services.attempt import work
from tokens.services.claims import LEASE
from tokens.services.disconnect import disconnect
from tokens.services.link_account import Account, store_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connection():
    return make_connection(token="IGAAold", due_at=ago(minutes=1), check_due_at=ago(minutes=1))


def broken(*args, **kwargs):
    raise DatabaseError("the disk is full")


def test_when_the_event_cannot_be_written_nothing_is_and_the_attempt_is_repeated(connection, monkeypatch, travel):
    travel(timezone.now())
    before, meta = row(connection), FakeMeta()
    with monkeypatch.context() as patched:
        # Together with others, and by itself.
        patched.setattr(events, "record_all", broken)
        patched.setattr(Event.objects, "create", broken)
        assert sweep(meta, threads=1) == {"error": 1}
    after = row(connection)
    assert {name for name in before if before[name] != after[name]} == {"fence", "lease_owner", "lease_until"}
    assert events_of(connection) == []

    assert sweep(meta, threads=1) == {}, "its lease has not ended"
    travel(timezone.now() + LEASE)
    assert sweep(meta, threads=1) == {"refreshed": 1}
    assert events_of(connection) == ["refreshed"]
    assert meta.asked("refresh") == ["IGAAold", "IGAAold"]


@pytest.mark.parametrize("place", [(Event.objects, "create"), (Link.objects, "create"), (mail_link, "notify")])
def test_a_death_its_event_and_its_mail_stand_or_fall_together(connection, monkeypatch, place):
    before = row(connection)
    meta = FakeMeta(on_refresh=dead("password_changed"), on_me=dead("password_changed"))
    with monkeypatch.context() as patched:
        patched.setattr(*place, broken)
        assert sweep(meta, threads=1) == {"error": 1}
    after = row(connection)
    assert {name for name in before if before[name] != after[name]} == {"fence", "lease_owner", "lease_until"}
    assert (status_of(connection), events_of(connection), owed()) == (("active", ""), [], [])
    assert not Link.objects.exists()


def test_a_fault_while_writing_the_row_leaves_no_event(connection, monkeypatch):
    monkeypatch.setattr(grouping, "write_rows", broken)
    monkeypatch.setattr(storing, "_apply", broken)
    assert sweep(FakeMeta(), threads=1) == {"error": 1}
    assert events_of(connection) == []
    assert raw_token(connection)
    assert credential_of(connection).token.reveal() == "IGAAold"


# Passing faults of the database


def test_a_passing_fault_at_commit_is_retried_and_the_answer_is_not_lost(connection, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr("tokens.services.persistence.time.sleep", pauses.append)
    monkeypatch.setattr(storing, "_store", stumbling(storing._store, times=3))
    meta = FakeMeta()
    assert attempt(connection, meta) == "refreshed"
    assert len(meta.calls) == 1
    assert len(pauses) == 3
    assert credential_of(connection).token.reveal() == "IGAArenewed"
    assert events_of(connection) == ["refreshed"]


def test_a_fault_after_the_writing_rolls_back_and_is_retried_whole(connection, monkeypatch):
    monkeypatch.setattr("tokens.services.persistence.time.sleep", lambda seconds: None)
    monkeypatch.setattr(storing, "_store", stumbling(storing._store, times=2, after=True))
    assert attempt(connection, FakeMeta()) == "refreshed"
    assert events_of(connection) == ["refreshed"], "written once, not three times"


def test_a_fault_that_stays_is_tried_until_the_lease_ends_and_changes_nothing(connection, monkeypatch, travel):
    start = timezone.now()
    travel(start)
    tries: list[int] = []
    slept = [0.0]

    def pass_time(seconds: float) -> None:
        slept[0] += seconds
        travel(start + dt.timedelta(seconds=slept[0]))

    monkeypatch.setattr("tokens.services.persistence.time.sleep", pass_time)

    def stumbling_always(*args):
        tries.append(1)
        stumble()

    monkeypatch.setattr(storing, "_store", stumbling_always)
    with pytest.raises(OperationalError):
        attempt(connection, FakeMeta())
    assert LEASE.total_seconds() <= slept[0] <= LEASE.total_seconds() + persistence.LONGEST_PAUSE
    assert len(tries) > LEASE.total_seconds() / persistence.LONGEST_PAUSE
    assert credential_of(connection).token.reveal() == "IGAAold"


def test_a_database_that_is_disturbed_while_meta_answers_loses_no_token():
    connection = make_connection(token="IGAAold", due_at=timezone.now())

    def answer(token):
        DISTURB[database.vendor]()
        return renewed("IGAAnew")

    assert attempt(connection, FakeMeta(on_refresh=answer)) == "refreshed"
    assert credential_of(connection).token.reveal() == "IGAAnew"


def end_this_threads_line() -> None:
    """As a restart of the server does."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
    other = database.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    other.close()


def let_somebody_else_write() -> None:
    """As another process does, for a moment."""
    other = sqlite3.connect(database.settings_dict["NAME"], check_same_thread=False, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(0.2, other.close).start()


DISTURB = {"postgresql": end_this_threads_line, "sqlite": let_somebody_else_write}


def stumble():
    raise OperationalError("database is locked")


def stumbling(function, *, times: int, after: bool = False):
    left = [times]

    def call(*args):
        result = function(*args) if after else None
        if left[0]:
            left[0] -= 1
            stumble()
        return result if after else function(*args)

    return call


# Late answers


def newer_token(connection: Connection) -> None:
    """As connecting again stores it."""
    profile = Profile(connection.instagram_id, connection.app_scoped_id, connection.handle, None, None, None)
    now = timezone.now()
    account = Account(profile, Secret("IGAAnewer"), issued_at=now, expires_at=now + dt.timedelta(days=60))
    store_token(connection, account, now=now)


LATE = {
    "renewed": FakeMeta(on_refresh=renewed("IGAAlate")),
    "dead": FakeMeta(on_refresh=dead(), on_me=dead()),
    "contradicted": FakeMeta(on_refresh=dead()),
    "permission": FakeMeta(on_refresh=permission()),
    "refused": FakeMeta(on_refresh=refused()),
    "too young": FakeMeta(on_refresh=refused("too_young")),
    "transient": FakeMeta(on_refresh=transient()),
    "unexpected": FakeMeta(on_refresh=unexpected()),
}


@pytest.mark.parametrize("meta", LATE.values(), ids=LATE)
@pytest.mark.parametrize("meanwhile", ["reconnected", "disconnected", "version", "fence"])
def test_a_late_answer_of_any_kind_changes_nothing(connection, meta, meanwhile):
    claim = claimed(connection)
    seen: dict[str, Any] = {}
    user = make_user()

    def answer(told):
        def during(token: str):
            if not seen:
                MEANWHILE[meanwhile](connection, user)
                seen.update(row(connection), events=events_of(connection), owed=owed())
            return told(token) if callable(told) else told

        return during

    late = FakeMeta(on_refresh=answer(meta.on_refresh), on_me=meta.on_me)
    assert work(claim, late.client_for, pause=lambda seconds: None) == "lost"
    assert seen == {**row(connection), "events": events_of(connection), "owed": owed()}


MEANWHILE = {
    "reconnected": lambda connection, user: newer_token(connection),
    "disconnected": lambda connection, user: disconnect(connection, by=user),
    # each guard alone holds: somebody changed the row, or somebody claimed it anew
    "version": lambda connection, user: Credential.objects.filter(pk=connection.pk).update(
        version=7, token=seal("IGAAnewer")
    ),
    "fence": lambda connection, user: Credential.objects.filter(pk=connection.pk).update(
        fence=7, lease_owner="another", lease_until=timezone.now() + LEASE
    ),
}


@pytest.mark.parametrize("meanwhile", ["reconnected", "disconnected"])
def test_a_late_check_revives_nothing_and_kills_nothing(connection, meanwhile):
    for on_me in (dead("password_changed"), Profile("1", None, "renamed", None, None, None)):
        claim = claimed(connection, "check")
        seen: dict[str, Any] = {}

        def during(token: str, told=on_me, seen=seen):
            if not seen:
                MEANWHILE[meanwhile](connection, make_user())
                seen.update(row(connection))
            return told

        assert work(claim, FakeMeta(on_me=during).client_for, pause=lambda seconds: None) == "lost"
        assert seen == row(connection)
        newer_token(connection)
        Connection.objects.filter(pk=connection.pk).update(status="active")


def test_the_second_claimer_wins_over_the_first_whose_lease_ended(connection, travel):
    start = timezone.now()
    travel(start)
    first = taken()
    travel(start + LEASE)
    second = taken()
    assert second.fence == first.fence + 1
    assert work(second, FakeMeta(on_refresh=renewed("IGAAsecond")).client_for) == "refreshed"
    before = row(connection)
    assert work(first, FakeMeta(on_refresh=renewed("IGAAfirst")).client_for) == "lost"
    assert row(connection) == before
    assert events_of(connection) == ["refreshed"]


# No transaction across the network


@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_no_transaction_is_open_during_any_call(purpose):
    for _ in range(3):
        make_connection(due_at=ago(minutes=1), check_due_at=ago(minutes=1))
    meta = FakeMeta(
        on_refresh=in_turn(dead(), renewed(), renewed("IGAAdoubtful", None)),
        on_me=in_turn(dead(), dead(), Profile("1", None, "a", None, None, None)),
    )
    sweep(meta, purpose)
    assert len(meta.calls) >= 4
    assert not any(meta.in_transaction)


def test_none_is_open_inside_a_request_either(connection):
    meta = FakeMeta()
    attempt(connection, meta)
    assert meta.in_transaction == [False]


def test_the_row_is_not_locked_during_the_call(connection):
    """Another connection writes it while Meta is asked, without waiting."""

    def write_from_elsewhere(token: str):
        other = database.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("UPDATE tokens_credential SET check_failures = 3")
        finally:
            other.close()
        return renewed()

    assert attempt(connection, FakeMeta(on_refresh=write_from_elsewhere)) == "refreshed"
    assert connections["default"].in_atomic_block is False
