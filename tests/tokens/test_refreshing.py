"""Rule 1: what an attempt to refresh leaves behind, answer by answer."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection
from tests.tokens.fake_meta import (
    EVERY_PASSING,
    FakeMeta,
    dead,
    limited,
    permission,
    refused,
    renewed,
    transient,
    unexpected,
)
from tests.tokens.helpers import (
    ago,
    attempt,
    attempt_for_real,
    credential_of,
    events_of,
    owed,
    raw_token,
    row,
    status_of,
)
from tokens.flags import flags_of
from tokens.models import Connection, Credential

pytestmark = pytest.mark.django_db

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
# The columns that a renewal changes which did not work.
PUT_OFF = {"due_at", "refresh_failures", "refresh_failing_since", "last_failure", "last_failure_at", "fence"}


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.fixture
def connection(night):
    return make_connection(token="IGAAold", issued_at=NOW - 49 * DAY, due_at=NOW)


@pytest.mark.parametrize("seconds", [5_184_000, 5_183_944, 5_143_192, 86_400 * 3, 86_400 * 90, 3600])
def test_what_meta_returns_is_stored_and_no_constant(connection, seconds):
    assert attempt(connection, FakeMeta(on_refresh=renewed("IGAAnew", seconds))) == "refreshed"
    credential = credential_of(connection)
    assert credential.token.reveal() == "IGAAnew"
    assert credential.expires_at == NOW + dt.timedelta(seconds=seconds)
    assert (credential.issued_at, credential.obtained_at, credential.refreshed_at) == (NOW, NOW, NOW)
    assert credential.version == 2
    assert credential.lease_until is None
    assert credential.due_at <= credential.expires_at


def test_the_new_dates_count_from_the_refresh(connection):
    attempt(connection, FakeMeta())
    credential = credential_of(connection)
    assert credential.expires_at == NOW + 60 * DAY
    assert credential.due_at == dt.datetime(2026, 6, 7, 2, tzinfo=dt.UTC)  # the tick before day 50, which is a tick
    assert events_of(connection) == ["refreshed"]
    assert Event.objects.get(kind="refreshed").text == "Renewed, valid for 60 days."


def test_the_dates_count_from_before_the_call_however_long_it_took(connection, travel):
    def slow(token: str):
        travel(NOW + 20 * dt.timedelta(seconds=1))
        return renewed()

    attempt(connection, FakeMeta(on_refresh=slow))
    credential = credential_of(connection)
    assert credential.issued_at == NOW
    assert credential.expires_at == NOW + 60 * DAY


@pytest.mark.parametrize("string", ["new", "same"])
def test_the_same_string_and_a_new_one_are_both_right(emulator, string):
    emulator.state.configure(refresh_string=string)
    emulator.state.add_person("anna")
    token = emulator.state.issue_token("anna", age_days=49)
    old = token.access_token
    connection = make_connection(token=token, due_at=NOW)
    assert attempt_for_real(connection) == "refreshed"
    credential = credential_of(connection)
    assert (credential.token.reveal() == old) is (string == "same")
    assert credential.version == 2
    assert credential.expires_at == NOW + 60 * DAY


# An answer without a sound expiry


def test_a_missing_expiry_keeps_the_old_one(connection):
    old = credential_of(connection).expires_at
    meta = FakeMeta(on_refresh=renewed("IGAAnew", None))
    assert attempt(connection, meta) == "refreshed"
    credential = credential_of(connection)
    assert credential.token.reveal() == "IGAAnew"
    assert credential.expires_at == old
    assert NOW + 25 * HOUR <= credential.due_at <= old
    assert meta.asked("me") == ["IGAAnew"]
    assert Event.objects.get(kind="refreshed").detail == {"expires_told": False}


def test_a_missing_expiry_where_none_was_known_leaves_it_unknown():
    connection = make_connection(issued_at=None, expires_at=None, due_at=NOW)
    assert attempt(connection, FakeMeta(on_refresh=renewed("IGAAnew", None))) == "refreshed"
    credential = credential_of(connection)
    assert credential.expires_at is None
    assert credential.due_at > NOW + 25 * HOUR


@pytest.mark.parametrize("garbage", [None, 0, -5, "soon", "", True, 1.5e300])
def test_garbage_for_an_expiry_keeps_the_old_one(emulator, garbage):
    emulator.state.configure(refresh_expires_in=garbage)
    emulator.state.add_person("anna")
    connection = make_connection(token=emulator.state.issue_token("anna", age_days=49), due_at=NOW)
    old = credential_of(connection).expires_at
    assert attempt_for_real(connection) == "refreshed"
    assert credential_of(connection).expires_at == old


def test_a_token_renewed_without_an_expiry_outlives_the_old_one(connection):
    """The old date is an older token's; only Meta can end what it has renewed since."""
    meta = FakeMeta(on_refresh=renewed("IGAAnew", None))
    attempt(connection, meta)
    with time_machine.travel(credential_of(connection).expires_at + DAY, tick=False):
        assert attempt(connection, meta) == "refreshed"
        assert credential_of(connection).due_at > timezone.now() + 24 * HOUR
    assert status_of(connection) == ("active", "")


def test_a_doubtful_token_that_does_not_work_never_replaces_the_good_one(connection):
    before = raw_token(connection)
    meta = FakeMeta(on_refresh=renewed("IGAAbroken", None), on_me=dead())
    assert attempt(connection, meta) == "failed"
    credential = credential_of(connection)
    assert raw_token(connection) == before
    assert (credential.version, credential.refresh_failures) == (1, 1)
    assert NOW + 15 * MINUTE <= credential.due_at <= NOW + 19 * MINUTE
    assert status_of(connection) == ("active", "")


# An answer without a token


@pytest.mark.parametrize(
    "fault",
    ["missing_token_200", "null_token_200", "number_token_200", "list_200", "empty_200", "html_200", "bad_json"],
)
def test_an_answer_without_a_token_changes_nothing(emulator, fault):
    emulator.state.add_person("anna")
    connection = make_connection(token=emulator.state.issue_token("anna", age_days=49), due_at=NOW)
    before = row(connection)
    emulator.state.add_fault(fault, path="/refresh_access_token", times=1)
    assert attempt_for_real(connection) == "failed"
    after = row(connection)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == PUT_OFF
    assert attempt_for_real(connection) == "refreshed"


# Failing, and failing again


@pytest.mark.parametrize("error", EVERY_PASSING.values(), ids=EVERY_PASSING)
def test_what_may_pass_changes_nothing_but_the_next_date(connection, error):
    before = row(connection)
    assert attempt(connection, FakeMeta(on_refresh=error)) == "failed"
    after = row(connection)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == PUT_OFF
    assert NOW + 15 * MINUTE <= after["due_at"] <= NOW + 19 * MINUTE
    assert owed() == []


def test_a_failed_one_is_due_again_after_growing_pauses_until_it_succeeds(connection, travel):
    meta, waited = FakeMeta(on_refresh=transient()), []
    for _ in range(9):
        now = timezone.now()
        assert attempt(connection, meta) == "failed"
        due_at = credential_of(connection).due_at
        waited.append(due_at - now)
        travel(due_at)
    assert all(shorter < longer for shorter, longer in itertools.pairwise(waited[:5]))
    assert waited[0] < 19 * MINUTE
    assert all(4.5 * HOUR <= pause <= 6 * HOUR for pause in waited[6:])
    assert credential_of(connection).refresh_failures == 9
    assert events_of(connection) == ["refresh_failed"], "told once, not nine times"

    meta.on_refresh = renewed()
    assert attempt(connection, meta) == "refreshed"
    credential = credential_of(connection)
    assert (credential.refresh_failures, credential.last_failure, credential.last_failure_at) == (0, "", None)
    assert flags_of(Connection.objects.with_dates().get(), timezone.now()) == []


def test_a_retry_is_never_put_off_beyond_the_expiry(travel):
    connection = make_connection(issued_at=NOW - 60 * DAY + 5 * MINUTE, due_at=NOW)
    attempt(connection, FakeMeta(on_refresh=transient()))
    assert credential_of(connection).due_at == NOW + 5 * MINUTE


@pytest.mark.parametrize("kind", [transient(), limited(86_400), permission(), refused(), unexpected()])
def test_no_failure_puts_it_off_beyond_the_expiry(kind):
    expires_at = NOW + 3 * HOUR
    connection = make_connection(issued_at=NOW - 50 * DAY, expires_at=expires_at, due_at=NOW)
    attempt(connection, FakeMeta(on_refresh=kind))
    assert NOW < credential_of(connection).due_at <= expires_at


def test_at_its_expiry_it_is_dead_without_any_call():
    connection = make_connection(issued_at=NOW - 60 * DAY, due_at=NOW, contact_email="anna@example.com")
    assert credential_of(connection).expires_at == NOW
    meta = FakeMeta()
    assert attempt(connection, meta) == "died"
    assert meta.calls == []
    assert status_of(connection) == ("inactive", "expired")
    assert owed("reconnect_needed") == ["anna@example.com"]


def test_a_second_before_its_expiry_it_is_still_asked():
    connection = make_connection(issued_at=NOW - 60 * DAY + dt.timedelta(seconds=1), due_at=NOW)
    meta = FakeMeta()
    assert attempt(connection, meta) == "refreshed"
    assert meta.count("refresh") == 1


def test_metas_wait_is_honoured(connection):
    attempt(connection, FakeMeta(on_refresh=limited(19 * 60)))
    assert NOW + 19 * MINUTE <= credential_of(connection).due_at <= NOW + 20 * MINUTE
    attempt(connection, FakeMeta(on_refresh=limited(2 * 3600)))
    assert credential_of(connection).due_at == NOW + 2 * HOUR


def test_too_young_is_no_failure_and_is_tried_tomorrow(connection):
    before = row(connection)
    assert attempt(connection, FakeMeta(on_refresh=refused("too_young"))) == "too_young"
    after = row(connection)
    assert {name for name in before if before[name] != after[name]} == {"due_at", "fence"}
    assert after["due_at"] == NOW + DAY
    assert events_of(connection) == []


@pytest.mark.parametrize("answer", ["refuse_100", "refuse_1"])
def test_metas_too_young_is_understood_in_either_wording(emulator, answer):
    emulator.state.configure(too_young=answer)
    emulator.state.add_person("anna")
    connection = make_connection(token=emulator.state.issue_token("anna", age_days=0.5), due_at=NOW)
    assert attempt_for_real(connection) == "too_young"


def test_a_token_that_never_expires_as_far_as_we_know_is_asked_all_the_same():
    connection = make_connection(issued_at=NOW - 300 * DAY, expires_at=None, due_at=NOW)
    assert attempt(connection, FakeMeta()) == "refreshed"
    assert credential_of(connection).expires_at == NOW + 60 * DAY


def test_a_refresh_takes_every_flag_away(connection):
    Credential.objects.filter(pk=connection.pk).update(
        cannot_refresh_since=ago(days=3), permission_missing_since=ago(days=2), refused_since=ago(days=1),
        refresh_failures=4, check_failures=2, last_failure="server", last_failure_at=ago(hours=1),
    )  # fmt: skip
    attempt(connection, FakeMeta())
    assert flags_of(Connection.objects.with_dates().get(), NOW) == []
    assert credential_of(connection).check_failures == 0
