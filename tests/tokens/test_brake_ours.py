"""Rule 5 (b): answers that look like our own fault, for three different credentials, stop all status changes."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.utils import timezone

from tests.emulator.browser import consent
from tests.factories import make_connection, make_connections, make_meta_app
from tests.tokens.fake_meta import FakeMeta, client_secret, dead, in_turn, profile, unparsable
from tests.tokens.helpers import ago, attempt, events_of, owed, raw_token, spoil, status_of, sweep, token_of
from tokens.models import Brake, CallTally, Connection, Strike
from tokens.services import brake
from tokens.services.recovery import try_to_lift

pytestmark = pytest.mark.django_db

MINUTE, SECOND = dt.timedelta(minutes=1), dt.timedelta(seconds=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
STAFF = "staff@perennial.example"


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


def crowd(count: int, **details) -> list[Connection]:
    return make_connections(count, issued_at=NOW - dt.timedelta(days=49), due_at=NOW, **details)


def cannot_parse(connection: Connection, purpose="refresh") -> str:
    return attempt(connection, FakeMeta(on_refresh=unparsable(call="refresh"), on_me=unparsable()), purpose)


def undecryptable(connection: Connection, purpose="refresh") -> str:
    spoil(connection)
    return attempt(connection, FakeMeta(), purpose)


def wrong_secret(connection: Connection, purpose="refresh") -> str:
    return attempt(connection, FakeMeta(on_refresh=client_secret(), on_me=client_secret()), purpose)


FAULTS = [cannot_parse, undecryptable, wrong_secret]


def holding() -> list[str]:
    return list(Brake.objects.filter(lifted_at__isnull=True).values_list("cause", flat=True))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_the_third_credential_lets_it_fall(fault, purpose):
    first, second, third, healthy = crowd(4)
    fault(first, purpose)
    fault(second, purpose)
    assert holding() == []
    assert fault(third, purpose) in {"held", "our_fault"}
    assert holding() == ["ours"]
    assert status_of(third) == ("active", "")
    assert owed("brake_fell") == [STAFF]

    killed = FakeMeta(on_refresh=dead(), on_me=dead())
    assert attempt(healthy, killed) == "held", "no status changes while it holds"
    assert status_of(healthy) == ("active", "")


@pytest.mark.parametrize("fault", [undecryptable, wrong_secret])
def test_the_same_credential_three_times_does_not(fault):
    connection, other = crowd(2)
    for _ in range(4):
        fault(connection)
    fault(other)
    assert holding() == []


def test_one_credential_that_cannot_be_parsed_does_not_by_being_asked_twice():
    (connection,) = crowd(1)
    meta = FakeMeta(on_refresh=unparsable(call="refresh"), on_me=in_turn(profile("a")))
    for _ in range(4):
        assert attempt(connection, meta) == "cannot_refresh"
    assert holding() == []


def test_the_kinds_count_together():
    for connection, fault in zip(crowd(3), FAULTS, strict=True):
        fault(connection)
    assert holding() == ["ours"]


def test_unparsable_counts_even_where_me_says_otherwise():
    meta = FakeMeta(on_refresh=unparsable(call="refresh"), on_me=profile("a"))
    assert [attempt(connection, meta) for connection in crowd(3)] == ["cannot_refresh"] * 3
    assert holding() == ["ours"]


def test_two_that_cannot_be_parsed_are_ordinary_deaths():
    assert [cannot_parse(connection) for connection in crowd(2)] == ["died", "died"]
    assert Connection.objects.filter(status="inactive", reason="unknown").count() == 2


@pytest.mark.parametrize(("later", "falls"), [(10 * MINUTE - SECOND, True), (10 * MINUTE, False)])
def test_faults_count_for_ten_minutes(travel, later, falls):
    first, second, third = crowd(3)
    wrong_secret(first)
    wrong_secret(second)
    travel(NOW + later)
    wrong_secret(third)
    assert (holding() == ["ours"]) is falls


def test_faults_of_another_app_do_not_count():
    other = make_meta_app(app_id="another")
    for connection in [*crowd(2), *crowd(2, meta_app=other)]:
        wrong_secret(connection)
    assert holding() == []


def test_staff_get_one_alert_and_none_for_each_connection_behind_it():
    for connection in crowd(12):
        wrong_secret(connection)
    assert owed("brake_fell") == [STAFF]
    assert len(owed("our_fault")) <= 2
    assert set(owed()) == {STAFF}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("threads", [2, 8])
def test_threads_at_once_let_through_exactly_two(threads):
    crowd(20)
    results = sweep(FakeMeta(on_refresh=unparsable(call="refresh"), on_me=unparsable()), threads=threads)
    assert results == {"died": 2, "held": 18}
    assert Brake.objects.count() == 1
    assert owed("brake_fell") == [STAFF]
    assert len(owed("reconnect_needed")) == 2


@pytest.mark.django_db(transaction=True)
def test_a_lost_key_harms_no_connection(settings):
    """The installation starts with another key: every row is undecryptable, and all are as before once it is back."""
    everybody = crowd(6)
    before = [raw_token(connection) for connection in everybody]
    good, settings.FERNET_KEYS = settings.FERNET_KEYS, [Fernet.generate_key().decode()]
    meta = FakeMeta()
    assert sweep(meta) == {"our_fault": 6}
    assert (meta.calls, holding()) == ([], ["ours"])
    assert [raw_token(connection) for connection in everybody] == before
    assert {status_of(connection) for connection in everybody} == {("active", "")}
    assert set(owed()) == {STAFF}
    settings.FERNET_KEYS = good
    assert all(token_of(connection).startswith("IGAA") for connection in everybody)


@pytest.mark.django_db(transaction=True)
def test_meta_on_the_wrong_host_harms_two_connections_at_most(emulator):
    """Over the wire: tokens that this host does not know."""
    crowd(9, check_due_at=ago(minutes=1))
    call_command("check_tokens")
    assert Connection.objects.filter(status="inactive").count() == 2
    assert holding() == ["ours"]


# Connecting


@pytest.mark.parametrize("trouble", ["wrong secret", "cannot_parse", "http_500", "password_changed"])
def test_faults_met_while_connecting_never_brake_refreshing(
    signed_in, tenant, emulator, settings, monkeypatch, trouble
):
    monkeypatch.setattr("tokens.services.connect.time.sleep", lambda seconds: None)
    if trouble == "wrong secret":
        settings.INSTAGRAM_APP_SECRET = "mistyped"
    else:
        emulator.state.add_fault(trouble, path="/me")
    for number in range(4):
        emulator.state.add_person(f"person{number}")
        response = signed_in.post(f"/w/{tenant.slug}/connect/instagram_login/")
        back = consent(response["Location"], f"person{number}")
        assert signed_in.get(back.removeprefix("http://localhost:8000")).status_code == 302
    assert not Connection.objects.exists()
    assert not Strike.objects.exists()
    assert not CallTally.objects.exists()
    assert holding() == []


# Lifting


def test_a_sampled_recheck_lifts_it_when_meta_understands_again(travel):
    everybody = crowd(4)
    for connection in everybody:
        wrong_secret(connection)
    travel(NOW + 10 * MINUTE)
    meta = FakeMeta(on_me=profile(""))
    try_to_lift(meta.client_for, timezone.now())
    assert holding() == []
    assert meta.count("me") == 4


def test_an_ordinary_death_in_the_sample_does_not_keep_it_down(travel):
    for connection in crowd(3):
        wrong_secret(connection)
    travel(NOW + 10 * MINUTE)
    try_to_lift(FakeMeta(on_me=dead("app_removed")).client_for, timezone.now())
    assert holding() == []


@pytest.mark.parametrize("answer", [unparsable(), client_secret()], ids=["cannot parse", "client secret"])
def test_it_stays_while_meta_does_not(travel, answer):
    for connection in crowd(4):
        wrong_secret(connection)
    travel(NOW + 10 * MINUTE)
    try_to_lift(FakeMeta(on_me=answer).client_for, timezone.now())
    assert holding() == ["ours"]


def test_it_stays_while_a_row_of_the_sample_is_undecryptable_and_lifts_with_its_key(travel, settings):
    everybody = crowd(3)
    good, settings.FERNET_KEYS = settings.FERNET_KEYS, [Fernet.generate_key().decode()]
    for connection in everybody:
        attempt(connection, FakeMeta())
    travel(NOW + 10 * MINUTE)
    try_to_lift(FakeMeta().client_for, timezone.now())
    assert holding() == ["ours"]
    settings.FERNET_KEYS = good
    travel(NOW + 20 * MINUTE)
    try_to_lift(FakeMeta().client_for, timezone.now())
    assert holding() == []


def test_staff_lift_it_by_hand_and_held_ones_act_then(travel):
    everybody = crowd(4)
    for connection in everybody[:3]:
        wrong_secret(connection)
    killed = FakeMeta(on_refresh=dead("app_removed"), on_me=dead("app_removed"))
    assert attempt(everybody[3], killed) == "held"
    brake.lift(Brake.objects.get(), by=STAFF, now=NOW)
    assert attempt(everybody[3], killed) == "died"
    assert events_of(everybody[3]) == ["refresh_failed", "became_inactive"]


def test_a_connection_made_meanwhile_is_not_held_back_by_that():
    for connection in crowd(3):
        wrong_secret(connection)
    assert attempt(make_connection(due_at=NOW), FakeMeta()) == "refreshed"
