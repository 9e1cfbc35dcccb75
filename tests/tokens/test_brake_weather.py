"""Rule 5 (c): when half of the calls fail in passing, Meta is left alone but for canaries, and then all goes on."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.factories import make_connection, make_connections, make_meta_app
from tests.tokens.fake_meta import FakeMeta, dead, limited, permission, profile, renewed, transient
from tests.tokens.helpers import ago, attempt, credential_of, owed, status_of, sweep, token_of
from tokens.models import Brake, CallTally, Credential
from tokens.services import brake
from tokens.services.claims import claim_one
from tokens.services.recovery import try_to_lift
from tokens.services.verdicts import Call

pytestmark = pytest.mark.django_db

MINUTE, SECOND = dt.timedelta(minutes=1), dt.timedelta(seconds=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
STAFF = "staff@perennial.example"


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.fixture
def app(night):
    return make_meta_app()


def calls(app, *, well: int = 0, failing: int = 0, at: dt.datetime = NOW) -> None:
    for transient_ in [False] * well + [True] * failing:
        brake.tally(app.pk, [Call(transient_)], at)


def falls() -> bool:
    return Brake.objects.filter(cause="weather", lifted_at__isnull=True).exists()


@pytest.mark.parametrize(
    ("well", "failing", "down"),
    [(0, 49, False), (0, 50, True), (25, 25, True), (26, 25, False), (26, 26, True), (25, 24, False), (300, 99, False)],
)
def test_half_of_at_least_fifty_calls(app, well, failing, down):
    calls(app, well=well, failing=failing)
    assert falls() is down


def test_many_good_calls_in_the_window_hold_it_up(app):
    calls(app, well=100, failing=99)
    assert not falls()
    calls(app, failing=1)
    assert falls()


@pytest.mark.parametrize(("later", "down"), [(9 * MINUTE, True), (10 * MINUTE, True), (11 * MINUTE, False)])
def test_calls_count_for_ten_minutes(app, later, down):
    """Tallied by the minute: the last one counts whole."""
    calls(app, failing=49)
    calls(app, failing=1, at=NOW + later)
    assert falls() is down


def test_calls_of_another_app_do_not_count(app):
    calls(app, failing=30)
    calls(make_meta_app(app_id="another"), failing=30)
    assert not falls()


def test_calls_of_several_processes_count_together(app, monkeypatch):
    for process in ("a", "b", "c"):
        monkeypatch.setattr(brake, "process_name", lambda name=process: name)
        calls(app, failing=17)
    assert CallTally.objects.count() == 3
    assert falls()


@pytest.mark.parametrize(
    ("answer", "counted"), [(transient(), 1), (limited(), 1), (permission(), 0), (dead(), 0)], ids=str
)
def test_which_answers_count_as_failing(app, answer, counted):
    connection = make_connection(meta_app=app)
    attempt(connection, FakeMeta(on_me=answer), "check")
    tallied = CallTally.objects.get()
    assert tallied.transient == counted
    assert tallied.calls == (2 if answer.code == 190 else 1)


def test_staff_get_one_alert(app):
    calls(app, failing=120)
    assert owed() == [STAFF]
    assert Brake.objects.count() == 1


def test_while_it_holds_nothing_is_held_against_anybody(app):
    calls(app, failing=50)
    connection = make_connection(meta_app=app)
    assert attempt(connection, FakeMeta(on_refresh=dead(), on_me=dead())) == "held"
    assert status_of(connection) == ("active", "")
    assert owed() == [STAFF]


# A sweep in bad weather

stormy = pytest.mark.django_db(transaction=True)


def make_storm(count: int = 70) -> FakeMeta:
    make_connections(count, due_at=NOW - MINUTE)
    return FakeMeta(on_refresh=transient(), on_me=transient())


@stormy
def test_the_sweep_stops_calling_and_leaves_the_rest_due():
    meta = make_storm()
    results = sweep(meta, threads=4)
    assert 50 <= results["failed"] <= 53, "fifty, and those in flight"
    assert meta.count("refresh") == results["failed"]
    assert Credential.objects.filter(due_at=NOW - MINUTE).count() == 70 - results["failed"]
    assert falls()


@stormy
def test_other_meta_apps_go_on():
    meta = make_storm()
    other = make_connections(3, meta_app=make_meta_app(app_id="another"), due_at=NOW - dt.timedelta(seconds=1))
    names = {token_of(connection) for connection in other}
    meta.on_refresh = lambda token: renewed_or_not(token, names)
    results = sweep(meta, threads=2)
    assert results["refreshed"] == 3
    assert {credential_of(connection).version for connection in other} == {2}


def renewed_or_not(token: str, well: set[str]):
    return renewed() if token in well else transient()


@stormy
def test_canaries_alone_are_sent_while_it_lasts(travel):
    meta = make_storm()
    sweep(meta)
    before = len(meta.calls)
    for minute in range(1, 4):
        travel(NOW + minute * MINUTE)
        assert sweep(meta) == {}
        assert len(meta.calls) - before == minute, "one is enough to see that it lasts"
    assert falls()
    assert owed() == [STAFF]


@stormy
def test_it_lifts_itself_by_canaries_and_then_the_sweep_goes_on(travel):
    meta = make_storm()
    failed = sweep(meta)["failed"]
    meta.on_refresh = meta.on_me = None
    travel(NOW + MINUTE)
    assert sweep(meta) == {"refreshed": 70 - failed}
    assert not falls()
    assert Brake.objects.get().lifted_by == "canaries"
    travel(NOW + 30 * MINUTE)
    assert sweep(meta) == {"refreshed": failed}
    assert Brake.objects.count() == 1
    assert owed() == [STAFF]


@stormy
def test_one_failing_canary_keeps_it_down(travel):
    meta = make_storm()
    sweep(meta)
    answers = iter([profile(""), transient(), profile("")])
    meta.on_me = lambda token: next(answers)
    travel(NOW + MINUTE)
    assert sweep(meta) == {}
    assert falls()


@stormy
def test_canaries_that_meta_declines_show_that_it_answers_again(travel):
    meta = make_storm()
    sweep(meta)
    meta.on_me, meta.on_refresh = permission(), None
    travel(NOW + MINUTE)
    sweep(meta)
    assert not falls()


@pytest.mark.parametrize("seconds", [1, 20, 60])
def test_the_storm_before_the_lifting_does_not_bring_it_down_again(app, seconds):
    calls(app, failing=80)
    brake.lift(Brake.objects.get(), by="canaries", now=NOW + seconds * SECOND)
    later = NOW + 2 * MINUTE
    calls(app, failing=49, at=later)
    assert not falls()
    calls(app, failing=1, at=later)
    assert falls()


def test_canaries_wait_for_those_that_somebody_works_on(app, travel):
    connection = make_connection(meta_app=app)
    calls(app, failing=50)
    claim_one(connection.pk, "refresh")
    meta = FakeMeta()
    try_to_lift(meta.client_for, timezone.now())
    assert (meta.calls, falls()) == ([], True), "nobody answered: that is no good news"


@stormy
def test_over_the_wire(emulator, travel):
    for number in range(55):
        emulator.state.add_person(f"p{number}")
        token = emulator.state.issue_token(f"p{number}", age_days=50)
        make_connection(token=token, due_at=ago(minutes=1))
    emulator.state.add_fault("http_503")
    call_command("refresh_tokens")
    assert falls()
    emulator.state.clear_faults()
    travel(NOW + 20 * MINUTE)
    call_command("refresh_tokens")
    assert not falls()
    assert sum(emulator.state.counts()["refreshes"].values()) == 55


def test_counters_are_forgotten_after_an_hour(app):
    calls(app, failing=1)
    brake.prune(NOW + dt.timedelta(hours=2))
    assert not CallTally.objects.exists()
