"""Rule 4 and meta-wire 4.5: every class of answer that is neither a token nor a death, over the wire."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import Event
from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta, client_secret, permission, profile, refused, renewed, transient
from tests.tokens.helpers import attempt, attempt_for_real, credential_of, events_of, owed, raw_token, status_of
from tokens.flags import PERMISSION_MISSING, REFUSED, flags_of
from tokens.models import Connection, Strike

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
STAFF = ["staff@perennial.example"]
CREATOR = ["anna@example.com"]


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.fixture
def connection(night):
    return make_connection(issued_at=NOW - 49 * DAY, due_at=NOW, check_due_at=NOW, contact_email=CREATOR[0])


def flags() -> set[str]:
    return {flag.word for flag in flags_of(Connection.objects.with_dates().get(), NOW)}


TABLE = {
    # fault: outcome, when again, who is told
    "reset": ("failed", "soon", []),
    "reset_after_request": ("failed", "soon", []),
    "truncated": ("failed", "soon", []),
    "http_500": ("failed", "soon", []),
    "http_503": ("failed", "soon", []),
    "http_500_empty": ("failed", "soon", []),
    "html_502": ("failed", "soon", []),
    "html_403": ("failed", "soon", []),
    "html_200": ("failed", "soon", []),
    "empty_200": ("failed", "soon", []),
    "redirect": ("failed", "soon", []),
    "transient_true": ("failed", "soon", []),
    "rate_4": ("failed", "soon", []),
    "rate_17": ("failed", "soon", []),
    "rate_32": ("failed", "soon", []),
    "rate_341": ("failed", "soon", []),
    "rate_613": ("failed", "soon", []),
    "rate_80002": ("failed", "soon", []),
    "http_429_empty": ("failed", "soon", []),
    "policy_368": ("failed", "soon", []),
    "spam_2207051": ("failed", "soon", []),
    "unknown_code": ("failed", "soon", []),
    "permission_10": ("permission_missing", "tomorrow", CREATOR),
    "permission_200": ("permission_missing", "tomorrow", CREATOR),
    "permission_299": ("permission_missing", "tomorrow", CREATOR),
    "object_missing": ("permission_missing", "tomorrow", CREATOR),
    "unsupported_request": ("refused", "tomorrow", STAFF),
    "code_100": ("refused", "tomorrow", STAFF),
    "code_104": ("refused", "tomorrow", STAFF),
    "code_2500": ("refused", "tomorrow", STAFF),
    "client_secret": ("our_fault", "soon", STAFF),
    "invalid_platform_app": ("our_fault", "soon", STAFF),
    "code_101": ("our_fault", "soon", STAFF),
    "code_3": ("our_fault", "soon", STAFF),
}


@pytest.mark.parametrize("fault", TABLE)
@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_each_class_of_answer(emulator, fault, purpose):
    outcome, again, told = TABLE[fault]
    emulator.state.add_person("anna")
    connection = make_connection(
        token=emulator.state.issue_token("anna", age_days=49), due_at=NOW, check_due_at=NOW, contact_email=CREATOR[0]
    )
    before = raw_token(connection)
    emulator.state.add_fault(fault)
    assert attempt_for_real(connection, purpose) == outcome
    assert status_of(connection) == ("active", "")
    assert raw_token(connection) == before, "the token is kept"
    assert owed() == told
    credential = credential_of(connection)
    next_at = credential.due_at if purpose == "refresh" else credential.check_due_at
    if again == "soon":
        assert NOW + 15 * MINUTE <= next_at <= NOW + 20 * MINUTE
    elif purpose == "refresh":
        assert next_at == NOW + DAY
    else:
        assert NOW < next_at <= NOW + DAY
    assert (credential.due_at, credential.check_due_at).count(NOW) == 1, "the other date stays"


# A missing permission


@pytest.mark.parametrize("purpose", ["refresh", "check"])
@pytest.mark.parametrize("code", [10, 200, 250, 299])
def test_a_missing_permission_is_flagged_and_told_once(connection, travel, purpose, code):
    meta = FakeMeta(on_refresh=permission(code), on_me=permission(code))
    for day in range(4):
        travel(NOW + day * DAY)
        assert attempt(connection, meta, purpose) == "permission_missing"
    assert flags() >= {PERMISSION_MISSING.word}
    assert credential_of(connection).permission_missing_since == NOW
    assert owed("permission_missing") == owed() == CREATOR
    assert events_of(connection) == ["permission_missing"]


def test_after_it_was_granted_and_lost_again_it_is_told_again(connection, travel):
    meta = FakeMeta(on_refresh=permission())
    attempt(connection, meta)
    meta.on_refresh = renewed()
    attempt(connection, meta)
    assert flags() == set()
    travel(NOW + 49 * DAY)
    meta.on_refresh = permission()
    attempt(connection, meta)
    assert owed("permission_missing") == CREATOR * 2


def test_found_by_a_check_and_by_a_refresh_it_is_told_once(connection):
    meta = FakeMeta(on_refresh=permission(), on_me=permission())
    attempt(connection, meta, "check")
    attempt(connection, meta, "refresh")
    assert owed("permission_missing") == CREATOR


def test_a_check_that_answers_takes_its_own_flag_away_but_not_that_of_the_refresh(connection):
    attempt(connection, FakeMeta(on_me=permission()), "check")
    attempt(connection, FakeMeta(on_me=profile("anna")), "check")
    assert PERMISSION_MISSING.word not in flags()
    attempt(connection, FakeMeta(on_refresh=permission()), "refresh")
    attempt(connection, FakeMeta(on_me=profile("anna")), "check")
    assert PERMISSION_MISSING.word in flags()


def test_the_check_keeps_its_rhythm_with_a_permission_missing(connection, settings):
    settings.CHECK_EVERY_HOURS = 1
    attempt(connection, FakeMeta(on_me=permission()), "check")
    assert NOW < credential_of(connection).check_due_at <= NOW + HOUR


# Refused


def test_an_unsupported_request_tells_staff_alone_and_once(connection, travel):
    for day in range(4):
        travel(NOW + day * DAY)
        assert attempt(connection, FakeMeta(on_refresh=refused())) == "refused"
        assert credential_of(connection).due_at == NOW + (day + 1) * DAY
    assert owed() == owed("refused_by_meta") == STAFF
    assert flags() >= {REFUSED.word}
    assert events_of(connection) == ["refused"]


# Our own fault


def test_a_fault_of_ours_tells_staff_once_and_counts_towards_the_brake(connection):
    for _ in range(4):
        assert attempt(connection, FakeMeta(on_refresh=client_secret())) == "our_fault"
    assert owed() == owed("our_fault") == STAFF
    assert Strike.objects.filter(cause="ours").values("connection").distinct().count() == 1


def test_codes_and_trace_id_are_kept_for_staff_and_no_text_of_meta(connection):
    attempt(connection, FakeMeta(on_refresh=transient()))
    event = Event.objects.get(subject_id=connection.pk)
    assert event.detail == {"word": "server", "call": "refresh", "status": 500}
    assert event.text == "Renewing did not work this time. Nothing is lost; we try again by ourselves."
