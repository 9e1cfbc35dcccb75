"""Rule 5 (a): when too many connections die at once, the rest is held until somebody has looked."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from tests.factories import make_connection, make_connections, make_meta_app
from tests.tokens.fake_meta import FakeMeta, dead, permission, profile, renewed
from tests.tokens.helpers import attempt, credential_of, events_of, owed, raw_token, status_of, sweep, token_of
from tokens.models import Brake, Connection, Strike
from tokens.services import attempt as attempting
from tokens.services import brake
from tokens.services.recovery import try_to_lift

pytestmark = pytest.mark.django_db

MINUTE, SECOND = dt.timedelta(minutes=1), dt.timedelta(seconds=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
STAFF = "staff@perennial.example"


@pytest.fixture(autouse=True)
def night(travel, settings):
    travel(NOW)
    settings.BRAKE_MIN_DEATHS, settings.BRAKE_SHARE = 4, 0.05


def storm() -> FakeMeta:
    return FakeMeta(on_refresh=dead("app_removed", call="refresh"), on_me=dead("app_removed"))


def crowd(count: int, **details) -> list[Connection]:
    return make_connections(count, issued_at=NOW - dt.timedelta(days=49), due_at=NOW, **details)


def kill(connections_: list[Connection]) -> list[str]:
    return [attempt(connection, storm()) for connection in connections_]


def holding() -> list[str]:
    return list(Brake.objects.filter(lifted_at__isnull=True).values_list("cause", flat=True))


def test_under_the_thresholds_everything_acts_at_once():
    dying = crowd(3)
    crowd(3)
    assert kill(dying) == ["died"] * 3
    assert holding() == []
    assert [status_of(connection)[0] for connection in dying] == ["inactive"] * 3
    assert len(owed("reconnect_needed")) == 3


@pytest.mark.parametrize(
    ("least", "share", "active", "acted"),
    [
        (4, 0.05, 20, 4),  # both reached at the fourth
        (4, 0.5, 12, 6),  # the number is reached at the fourth, the share of twelve at the sixth
        (5, 0.01, 12, 5),  # the share is reached at the first, the number at the fifth
        (1, 1.0, 5, 5),  # all of them
        (1, 0.05, 9, 1),
        (4, 0.25, 16, 4),  # exactly the share
        (4, 0.26, 16, 5),
    ],
)
def test_number_and_share_must_both_be_reached(settings, least, share, active, acted):
    settings.BRAKE_MIN_DEATHS, settings.BRAKE_SHARE = least, share
    outcomes = Counter(kill(crowd(active)))
    assert outcomes == Counter({"died": acted, "held": active - acted})
    assert holding() == ["deaths"]


@pytest.mark.parametrize("share", [0.0001, 0.003, 0.05, 0.07, 0.1, 1 / 3, 0.29, 0.57, 0.58, 0.9999, 1])
def test_the_most_that_may_be_active_is_what_the_share_itself_says(share):
    for dead_ones in range(1, 300):
        most = brake._most_active(dead_ones, share)
        assert dead_ones >= share * (most + dead_ones)
        assert dead_ones < share * (most + 1 + dead_ones)


def test_what_was_confirmed_before_stands_and_later_deaths_are_held():
    everybody = crowd(9, contact_email="anna@example.com")
    assert kill(everybody) == ["died"] * 4 + ["held"] * 5
    before, held = everybody[:4], everybody[4:]
    assert {status_of(connection) for connection in before} == {("inactive", "app_removed")}
    assert {status_of(connection) for connection in held} == {("active", "")}
    assert len(owed("reconnect_needed")) == 4
    for connection in held:
        credential = credential_of(connection)
        assert (credential.version, credential.last_failure) == (1, "held")
        assert NOW < credential.due_at <= NOW + 20 * MINUTE
        assert raw_token(connection)
        assert "became_inactive" not in events_of(connection)


def test_staff_get_one_alert():
    kill(crowd(12))
    assert owed("brake_fell") == [STAFF]
    assert Brake.objects.count() == 1


def test_a_death_found_by_a_check_or_by_hand_is_held_too():
    everybody = crowd(7)
    kill(everybody[:4])
    assert attempt(everybody[4], storm(), "check") == "held"
    assert attempting.now(everybody[5].pk, "check", storm().client_for) == "held"
    expired = make_connection(issued_at=NOW - dt.timedelta(days=60), due_at=NOW)
    assert attempt(expired, storm()) == "held"
    assert len(owed("reconnect_needed")) == 4


def test_refreshing_goes_on_while_it_holds():
    everybody = crowd(6)
    kill(everybody[:4])
    assert attempt(everybody[5], FakeMeta()) == "refreshed"
    assert credential_of(everybody[5]).version == 2


def test_no_creator_is_mailed_of_a_permission_while_it_holds_but_afterwards():
    everybody = crowd(5)
    kill(everybody[:4])
    meta = FakeMeta(on_refresh=permission())
    assert attempt(everybody[4], meta) == "permission_missing"
    assert owed("permission_missing") == []
    assert credential_of(everybody[4]).permission_missing_since is None
    brake.lift(Brake.objects.get(), by=STAFF, now=NOW)
    attempt(everybody[4], meta)
    assert len(owed("permission_missing")) == 1


def test_held_ones_act_once_it_is_lifted(travel):
    everybody = crowd(7)
    kill(everybody)
    assert brake.lift(Brake.objects.get(), by=STAFF, now=NOW) is True
    travel(NOW + 20 * MINUTE)
    assert [attempt(connection, storm()) for connection in everybody[4:]] == ["died"] * 3
    assert holding() == []
    assert len(owed("reconnect_needed")) == 7


def test_what_led_to_a_lifted_brake_does_not_count_again(travel):
    everybody = crowd(8)
    kill(everybody[:4])
    travel(NOW + SECOND)
    brake.lift(Brake.objects.get(), by=STAFF, now=NOW + SECOND)
    travel(NOW + 2 * SECOND)
    assert kill(everybody[4:7]) == ["died"] * 3
    assert holding() == []
    assert kill(everybody[7:]) == ["died"]
    assert holding() == ["deaths"]
    assert Brake.objects.count() == 2
    assert owed("brake_fell") == [STAFF, STAFF]


def test_a_brake_is_lifted_once():
    kill(crowd(5))
    held = Brake.objects.get()
    assert brake.lift(held, by="first@example.com", now=NOW) is True
    assert brake.lift(held, by="second@example.com", now=NOW) is False
    held.refresh_from_db()
    assert (held.lifted_by, held.lifted_at) == ("first@example.com", NOW)


@pytest.mark.parametrize(("later", "falls"), [(10 * MINUTE - SECOND, True), (10 * MINUTE, False)])
def test_deaths_count_for_ten_minutes(travel, later, falls):
    everybody = crowd(8)
    kill(everybody[:3])
    travel(NOW + later)
    assert kill(everybody[3:4]) == ["died"]
    assert (holding() == ["deaths"]) is falls


def test_deaths_that_come_one_by_one_over_a_day_brake_nothing(travel):
    for hour, connection in enumerate(crowd(20)):
        travel(NOW + hour * 11 * MINUTE)
        assert kill([connection]) == ["died"]
    assert holding() == []


def test_every_meta_app_has_a_brake_of_its_own():
    kill(crowd(6))
    other = crowd(3, meta_app=make_meta_app(app_id="another"))
    assert kill(other) == ["died"] * 3
    assert Brake.objects.get().meta_app == make_meta_app()


def test_those_disconnected_or_inactive_before_do_not_dilute_the_share(settings):
    settings.BRAKE_SHARE = 0.5
    make_connections(20, status="inactive")
    make_connections(20, status="disconnected")
    assert kill(crowd(8)) == ["died"] * 4 + ["held"] * 4


# Several at once


@pytest.mark.django_db(transaction=True)
def test_in_the_middle_of_a_storm_eight_threads_let_through_exactly_the_threshold(settings):
    settings.BRAKE_MIN_DEATHS = 10
    crowd(40)
    assert sweep(storm(), threads=8) == {"died": 10, "held": 30}
    assert Connection.objects.filter(status="inactive").count() == 10
    assert Strike.objects.count() == 10
    assert len(owed("reconnect_needed")) == 10
    assert owed("brake_fell") == [STAFF]


@pytest.mark.django_db(transaction=True)
def test_of_many_that_let_it_fall_at_once_one_does():
    app, barrier = make_meta_app(), threading.Barrier(6)

    def fall(cause: str) -> None:
        try:
            barrier.wait(10)
            with transaction.atomic():
                brake.fall(app.pk, cause, timezone.now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=fall, args=(cause,)) for cause in ("deaths", "ours", "weather") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Brake.objects.count() == 1
    assert owed("brake_fell") == [STAFF]


def test_the_database_itself_allows_one_brake_an_app():
    app = make_meta_app()
    Brake.objects.create(meta_app=app, cause="deaths", fallen_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Brake.objects.create(meta_app=app, cause="weather", fallen_at=NOW)


# Lifted by a sampled re-check


@pytest.fixture
def fallen():
    everybody = crowd(7)
    kill(everybody)
    return everybody[4:]


def test_a_sampled_recheck_lifts_it_when_the_held_ones_answer(fallen, travel):
    travel(NOW + 10 * MINUTE)
    meta = FakeMeta(on_refresh=renewed(), on_me=profile(""))
    swept = _sweep_here(meta)
    assert holding() == []
    assert Brake.objects.get().lifted_by == "a sampled re-check"
    assert set(meta.asked("me")) <= {token_of(connection) for connection in fallen}
    assert swept == 3
    assert {status_of(connection)[0] for connection in fallen} == {"active"}


def test_it_does_not_when_one_of_them_is_dead(fallen, travel):
    travel(NOW + 10 * MINUTE)
    victim = token_of(fallen[1])
    _sweep_here(FakeMeta(on_me=lambda token: dead() if token == victim else profile("")))
    assert holding() == ["deaths"]
    assert status_of(fallen[1]) == ("active", "")


def test_it_is_tried_every_ten_minutes_and_not_sooner(fallen, travel):
    meta = storm()
    for seconds, asked in ((0, 0), (599, 0), (600, 1), (601, 1), (1199, 1), (1200, 2)):
        travel(NOW + seconds * SECOND)
        _sweep_here(meta)
        assert meta.count("me") == asked


def test_the_sample_is_small(settings, travel):
    settings.BRAKE_MIN_DEATHS = 1
    kill(crowd(12))
    travel(NOW + 10 * MINUTE)
    assert _sweep_here(FakeMeta(on_me=profile(""))) == 5


def test_asking_leaves_no_lease_and_no_trace(fallen, travel):
    travel(NOW + 10 * MINUTE)
    before = [(credential_of(each).due_at, events_of(each)) for each in fallen]
    _sweep_here(storm())
    assert [(credential_of(each).due_at, events_of(each)) for each in fallen] == before
    assert all(credential_of(each).lease_until is None for each in fallen)


def _sweep_here(meta: FakeMeta) -> int:
    """The part of a sweep that tries brakes. Returns how many calls it made."""
    before = len(meta.calls)
    try_to_lift(meta.client_for, timezone.now())
    return len(meta.calls) - before
