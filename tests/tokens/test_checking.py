"""Rule 6: every active connection is asked once in CHECK_EVERY_HOURS whether it still works."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection, make_connections
from tests.tokens.fake_meta import EVERY_PASSING, FakeMeta, dead, profile
from tests.tokens.helpers import ago, attempt, credential_of, events_of, owed, row, status_of, sweep, token_of
from tokens.due_dates import next_check_at
from tokens.models import Connection
from tokens.services.claims import LEASE, claim_one
from tokens.services.make_due import make_all_checks_due

pytestmark = pytest.mark.django_db(transaction=True)

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("hours", [6, 24])
def test_each_is_asked_once_in_the_interval_and_spread_over_it(travel, settings, hours):
    """Two intervals, with a sweep at every twelfth part of one."""
    settings.CHECK_EVERY_HOURS = hours
    travel(START)
    connections = make_connections(12)
    names = {token_of(connection) for connection in connections}
    meta, asked = FakeMeta(on_me=profile("")), []
    step = hours * HOUR / 12
    for tick in range(1, 25):
        travel(START + tick * step)
        before = len(meta.calls)
        sweep(meta, "check", threads=1)
        asked.append(meta.asked("me")[before:])
    for half in (asked[:12], asked[12:]):
        assert sorted(name for tick in half for name in tick) == sorted(names)
    assert sum(bool(tick) for tick in asked[:12]) > 4, "not all at once"


def test_overdue_ones_are_asked_all_at_once_and_then_keep_their_slots(travel):
    travel(START)
    connections = make_connections(5)
    travel(START + 10 * DAY)
    meta = FakeMeta()
    assert sweep(meta, "check") == {"alive": 5}
    for connection in connections:
        credential = credential_of(connection)
        assert credential.check_due_at == next_check_at(connection.pk, START + 10 * DAY)
        assert credential.checked_at == START + 10 * DAY
    assert sweep(meta, "check") == {}


def test_the_command_asks_overdue_ones_and_with_all_everybody():
    make_connection(check_due_at=ago(days=3), token="IGAAoverdue")
    make_connection(token="IGAAlater")
    make_connection(status="inactive")
    make_connection(status="disconnected")
    assert make_all_checks_due(timezone.now()) == 1
    meta = FakeMeta()
    assert sweep(meta, "check") == {"alive": 2}
    assert sorted(meta.asked("me")) == ["IGAAlater", "IGAAoverdue"]


def test_all_means_also_those_whose_lease_was_left_by_a_killed_worker(travel):
    travel(START)
    left, held = make_connections(2)
    claim_one(left.pk, "check")
    travel(START + LEASE)
    claim_one(held.pk, "check")
    assert make_all_checks_due(timezone.now()) == 1
    assert credential_of(left).check_due_at == START + LEASE
    assert sweep(FakeMeta(), "check") == {"alive": 1}


def test_a_changed_handle_is_noted_with_an_event():
    connection = make_connection(handle="anna")
    assert attempt(connection, FakeMeta(on_me=profile("anna.new")), "check") == "alive"
    connection.refresh_from_db()
    assert connection.handle == "anna.new"
    event = Event.objects.get(subject_id=connection.pk)
    assert (event.kind, event.text) == ("renamed", "@anna is now called @anna.new.")
    attempt(connection, FakeMeta(on_me=profile("anna.new")), "check")
    assert events_of(connection) == ["renamed"]


def test_an_answer_without_a_handle_keeps_the_known_one():
    connection = make_connection(handle="anna")
    assert attempt(connection, FakeMeta(on_me=profile("")), "check") == "alive"
    connection.refresh_from_db()
    assert connection.handle == "anna"
    assert events_of(connection) == []


def test_a_renaming_over_the_wire(emulator):
    emulator.state.add_person("anna")
    connection = make_connection(token=emulator.state.issue_token("anna"), check_due_at=ago(minutes=1))
    emulator.state.rename("anna", "anna.new")
    call_command("check_tokens")
    connection.refresh_from_db()
    assert connection.handle == "anna.new"
    assert credential_of(connection).version == 1


@pytest.mark.parametrize("error", EVERY_PASSING.values(), ids=EVERY_PASSING)
def test_what_may_pass_changes_nothing_but_the_next_date(travel, error):
    travel(START)
    connection = make_connection(check_due_at=START)
    before = row(connection)
    assert attempt(connection, FakeMeta(on_me=error), "check") == "failed"
    after = row(connection)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"check_due_at", "check_failures", "last_failure", "last_failure_at", "fence"}
    assert START + 15 * MINUTE <= after["check_due_at"] <= START + 20 * MINUTE
    assert (status_of(connection), owed()) == (("active", ""), [])


def test_failing_checks_do_not_touch_the_refresh(travel):
    travel(START)
    connection = make_connection(due_at=START + 5 * HOUR, check_due_at=START)
    for _ in range(3):
        attempt(connection, FakeMeta(on_me=EVERY_PASSING["transient"]), "check")
    credential = credential_of(connection)
    assert (credential.due_at, credential.refresh_failures, credential.check_failures) == (START + 5 * HOUR, 0, 3)
    attempt(connection, FakeMeta(), "check")
    assert credential_of(connection).check_failures == 0


def test_a_death_is_noticed_within_a_day(travel):
    travel(START)
    connection = make_connection(contact_email="anna@example.com")
    meta = FakeMeta(on_me=dead("app_removed"))
    for hour in range(1, 25):
        travel(START + hour * HOUR)
        sweep(meta, "check", threads=1)
    assert status_of(connection) == ("inactive", "app_removed")
    assert owed("reconnect_needed") == ["anna@example.com"]
    assert len(meta.calls) == 2


def test_an_expired_one_is_found_without_asking(travel):
    travel(START)
    connection = make_connection(issued_at=START - 61 * DAY, due_at=START + HOUR, check_due_at=START)
    meta = FakeMeta()
    assert attempt(connection, meta, "check") == "died"
    assert (meta.calls, status_of(connection)) == ([], ("inactive", "expired"))


def test_a_check_never_changes_the_token():
    connection = make_connection(check_due_at=ago(minutes=1))
    names = ("token", "version", "issued_at", "expires_at", "due_at")
    before = {name: row(connection)[name] for name in names}
    attempt(connection, FakeMeta(), "check")
    assert {name: row(connection)[name] for name in names} == before
    assert Connection.objects.get().status == "active"
