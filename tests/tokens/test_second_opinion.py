"""Rule 4: a 190 (or 102, 452) is believed only when `/me`, asked once after a pause, says the same."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection
from tests.matrix.expected import CAUSES
from tests.tokens.fake_meta import (
    EVERY_PASSING,
    FakeMeta,
    client_secret,
    dead,
    in_turn,
    permission,
    profile,
    refused,
    renewed,
    transient,
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
    sweep,
)
from tokens.flags import CANNOT_REFRESH, flags_of
from tokens.models import Connection, Link, Reason
from tokens.services import attempt as attempting
from tokens.services.claims import Purpose
from tokens.wording import REASONS

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
PURPOSES: list[Purpose] = ["refresh", "check"]


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.fixture
def connection(night):
    return make_connection(
        issued_at=NOW - 49 * DAY, due_at=NOW, check_due_at=NOW, contact_email="anna@example.com", handle="anna"
    )


def killed(reason: str = "password_changed", **details) -> FakeMeta:
    return FakeMeta(on_refresh=dead(reason, call="refresh", **details), on_me=dead(reason, **details))


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("seconds", [2, 0, 60])
def test_the_pause_is_honoured_before_me_is_asked(connection, settings, purpose, seconds):
    settings.CONFIRM_PAUSE_SECONDS = seconds
    meta, log = killed(), []
    assert attempt(connection, meta, purpose, pause=lambda waited: log.append((waited, len(meta.calls)))) == "died"
    assert log == [(seconds, 1)], "one pause, between the first answer and the second question"


@pytest.mark.parametrize(("purpose", "calls"), [("refresh", ["refresh", "me"]), ("check", ["me", "me"])])
def test_me_is_asked_exactly_once_more(connection, purpose, calls):
    meta = killed()
    attempt(connection, meta, purpose)
    assert [call for call, _ in meta.calls] == calls


@pytest.mark.parametrize("purpose", PURPOSES)
def test_confirmed_it_is_inactive_with_reason_event_and_mail(connection, purpose):
    before = raw_token(connection)
    assert attempt(connection, killed(), purpose) == "died"
    assert status_of(connection) == ("inactive", "password_changed")
    assert Connection.objects.get(pk=connection.pk).status_changed_at == NOW
    credential = credential_of(connection)
    assert (credential.due_at, credential.check_due_at, credential.lease_until) == (None, None, None)
    assert credential.version == 2
    assert raw_token(connection) == before, "the token is kept"

    event = Event.objects.get(subject_id=connection.pk)
    assert (event.kind, event.text) == ("became_inactive", REASONS["password_changed"].sentence)
    assert event.detail["reason"] == "password_changed"
    assert (event.detail["code"], event.detail["first"]["code"]) == (190, 190)
    assert event.detail["trace_id"] == "AtraceAtrace"

    link = Link.objects.get(connection=connection)
    assert link.recipients == owed("reconnect_needed") == ["anna@example.com"]
    assert owed() == ["anna@example.com"], "staff hear nothing of an ordinary death"


@pytest.mark.django_db(transaction=True)
def test_it_is_never_retried(connection, travel):
    meta = killed()
    sweep(meta)
    asked = len(meta.calls)
    for days in (1, 30, 400):
        travel(NOW + days * DAY)
        for purpose in PURPOSES:
            assert sweep(meta, purpose) == {}
            assert attempting.now(connection.pk, purpose, meta.client_for) == attempting.BUSY
    call_command("sync_schedules")
    call_command("check_tokens", "--all")
    assert len(meta.calls) == asked
    assert owed() == ["anna@example.com"], "mailed once"


# One of the two is spurious


def test_a_refresh_contradicted_by_me_stays_active_and_flagged(connection):
    meta = FakeMeta(on_refresh=dead("password_changed", call="refresh"), on_me=profile("anna"))
    assert attempt(connection, meta) == "cannot_refresh"
    assert status_of(connection) == ("active", "")
    credential = credential_of(connection)
    assert credential.cannot_refresh_since == NOW
    assert credential.due_at == NOW + DAY
    assert CANNOT_REFRESH in flags_of(Connection.objects.with_dates().get(), NOW)
    assert events_of(connection) == ["cannot_refresh"]
    assert owed() == []


def test_it_is_tried_once_a_day_told_once_and_healed_by_success(connection, travel):
    meta = FakeMeta(on_refresh=dead(call="refresh"), on_me=profile("anna"))
    for day in range(4):
        travel(NOW + day * DAY)
        assert attempt(connection, meta) == "cannot_refresh"
        credential = credential_of(connection)
        assert credential.due_at == NOW + (day + 1) * DAY
        assert credential.cannot_refresh_since == NOW
    assert events_of(connection) == ["cannot_refresh"]
    meta.on_refresh = renewed()
    travel(NOW + 4 * DAY)
    assert attempt(connection, meta) == "refreshed"
    assert credential_of(connection).cannot_refresh_since is None


def test_a_check_does_not_take_that_flag_away(connection):
    attempt(connection, FakeMeta(on_refresh=dead(call="refresh"), on_me=profile("anna")))
    assert attempt(connection, FakeMeta(on_me=profile("anna")), "check") == "alive"
    credential = credential_of(connection)
    assert credential.cannot_refresh_since == NOW
    assert credential.refresh_failures == 1
    assert credential.due_at == NOW + DAY


def test_a_check_whose_second_answer_is_well_is_well(connection):
    before = row(connection)
    assert attempt(connection, FakeMeta(on_me=in_turn(dead(), profile("anna"))), "check") == "alive"
    after = row(connection)
    assert {name for name in before if before[name] != after[name]} == {"fence", "checked_at", "check_due_at"}
    assert events_of(connection) == []


OTHERS = {**EVERY_PASSING, "client secret": client_secret()}


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("second", OTHERS.values(), ids=OTHERS)
def test_any_other_second_answer_changes_nothing(connection, purpose, second):
    before = row(connection)
    on_me = second if purpose == "refresh" else in_turn(dead(), second)
    meta = FakeMeta(on_refresh=dead(call="refresh"), on_me=on_me)
    assert attempt(connection, meta, purpose) in {"failed", "our_fault"}
    after = row(connection)
    due = "due_at" if purpose == "refresh" else "check_due_at"
    changed = {name for name in before if before[name] != after[name]}
    since = {"refresh_failing_since"} if purpose == "refresh" else set()
    assert changed == {due, f"{purpose}_failures", "last_failure", "last_failure_at", "fence", *since}
    assert NOW < after[due] <= NOW + 6 * HOUR
    assert "anna@example.com" not in owed()
    assert len(meta.calls) == 2


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("second", [permission(), refused()], ids=["permission", "refused"])
def test_a_second_answer_that_declines_is_no_confirmation(connection, purpose, second):
    on_me = second if purpose == "refresh" else in_turn(dead(), second)
    attempt(connection, FakeMeta(on_refresh=dead(call="refresh"), on_me=on_me), purpose)
    assert status_of(connection) == ("active", "")
    assert raw_token(connection)
    assert "became_inactive" not in events_of(connection)


def test_it_is_asked_again_at_the_next_due_time_and_may_die_then(connection, travel):
    meta = FakeMeta(on_refresh=dead("app_removed", call="refresh"), on_me=in_turn(transient(), dead("app_removed")))
    assert attempt(connection, meta) == "failed"
    travel(credential_of(connection).due_at)
    assert attempt(connection, meta) == "died"
    assert status_of(connection) == ("inactive", "app_removed")


# Reasons


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("password_changed", "password_changed", "password_changed"),
        ("unknown", "app_removed", "app_removed"),
        ("app_removed", "unknown", "app_removed"),
        ("expired", "password_changed", "password_changed"),
        ("unknown", "unknown", "unknown"),
    ],
)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_second_reason_counts_unless_it_is_unknown(connection, purpose, first, second, told):
    on_me = dead(second) if purpose == "refresh" else in_turn(dead(first), dead(second))
    attempt(connection, FakeMeta(on_refresh=dead(first, call="refresh"), on_me=on_me), purpose)
    assert status_of(connection) == ("inactive", told)


@pytest.mark.parametrize("subcodes", [False, True], ids=["by text", "by subcode"])
@pytest.mark.parametrize(("cause", "purpose"), list(itertools.product(CAUSES, PURPOSES)))
def test_each_cause_that_meta_names_over_the_wire(emulator, cause, purpose, subcodes):
    emulator.state.configure(subcodes=subcodes)
    emulator.state.add_person("anna")
    connection = make_connection(token=emulator.state.issue_token("anna", age_days=49), due_at=NOW)
    emulator.state.kill("anna", cause)
    assert attempt_for_real(connection, purpose) == "died"
    assert status_of(connection) == ("inactive", CAUSES[cause])


def test_every_reason_has_its_words():
    assert set(REASONS) == set(Reason)
    for text in REASONS.values():
        assert text.sentence and text.remedy and text.staff
        assert "190" not in text.sentence + text.remedy


@pytest.mark.parametrize("code", [102, 452])
@pytest.mark.parametrize("purpose", PURPOSES)
def test_codes_102_and_452_are_confirmed_like_a_190(connection, code, purpose):
    meta = killed("unknown", code=code)
    assert attempt(connection, meta, purpose) == "died"
    assert len(meta.calls) == 2
    meta = FakeMeta(on_refresh=dead(code=code, call="refresh"), on_me=profile("anna"))
    other = make_connection(due_at=NOW)
    assert attempt(other, meta) == "cannot_refresh"


def test_a_mix_of_190_and_102_is_the_same_class(connection):
    meta = FakeMeta(on_refresh=dead(code=190, call="refresh"), on_me=dead(code=102))
    assert attempt(connection, meta) == "died"


# Who finds it out


def test_a_death_found_by_hand_is_mailed_all_the_same(connection):
    assert attempting.now(connection.pk, "check", killed().client_for) == "died"
    assert owed("reconnect_needed") == ["anna@example.com"]


@pytest.mark.django_db(transaction=True)
def test_a_single_spurious_190_over_the_wire_kills_nobody(emulator):
    emulator.state.add_person("anna")
    connection = make_connection(
        token=emulator.state.issue_token("anna", age_days=49), due_at=ago(minutes=1), check_due_at=ago(minutes=1)
    )
    emulator.state.add_fault("generic_190", path="/me", times=1)
    call_command("check_tokens")
    assert status_of(connection) == ("active", "")
    emulator.state.add_fault("generic_190", path="/refresh_access_token", times=1)
    call_command("refresh_tokens")
    assert status_of(connection) == ("active", "")
    assert owed() == []
    assert credential_of(connection).cannot_refresh_since == timezone.now()
