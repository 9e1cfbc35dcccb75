"""What a brake holds back stays held until an answer shows life, and a release lets just that end without a fall."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from tests.factories import make_member, make_user
from tests.tokens.fake_meta import FakeMeta, dead, limited, permission, profile, refused, renewed, transient
from tests.tokens.helpers import attempt, credential_of, status_of, sweep
from tests.tokens.test_brake_deaths import NOW, STAFF, crowd, holding, kill, storm
from tokens.models import Brake, Connection, Credential, Status
from tokens.services import brake
from tokens.services.disconnect import disconnect
from tokens.services.drop_held import drop_held, held_by
from tokens.services.mark_inactive import mark_inactive
from tokens.services.recovery import recheck, try_to_lift

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
ANSWERS_OF_THE_LIVING = {
    "renewed": FakeMeta(on_refresh=renewed()),
    "contradicted": FakeMeta(on_refresh=dead(call="refresh"), on_me=profile("")),
    "permission": FakeMeta(on_refresh=permission()),
    "refused": FakeMeta(on_refresh=refused()),
}


@pytest.fixture(autouse=True)
def night(travel, settings):
    travel(NOW)
    settings.BRAKE_MIN_DEATHS, settings.BRAKE_SHARE = 4, 0.05


@pytest.fixture
def fallen(travel, night) -> list[Connection]:
    """Four have ended, the brake holds back twelve others; an hour has passed."""
    everybody = crowd(16)
    assert kill(everybody) == ["died"] * 4 + ["held"] * 12
    travel(NOW + HOUR)
    return everybody[4:]


def held() -> set[uuid.UUID]:
    return set(held_by(Brake.objects.earliest("fallen_at").meta_app_id).values_list("pk", flat=True))


def the_brake() -> Brake:
    return Brake.objects.get(lifted_at__isnull=True)


def lift(**details: bool) -> None:
    assert brake.lift(the_brake(), by=STAFF, now=timezone.now(), **details)


# What is held


@pytest.mark.parametrize("answer", [transient(), limited()], ids=["server", "limit"])
@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_a_passing_fault_lets_nobody_slip(fallen, answer, purpose):
    meta = FakeMeta(on_refresh=answer, on_me=answer)
    assert attempt(fallen[0], meta, purpose) == "failed"
    assert held() == {connection.pk for connection in fallen}
    assert drop_held(the_brake(), by=STAFF) == 12


@pytest.mark.parametrize("answer", ANSWERS_OF_THE_LIVING)
def test_an_answer_of_the_living_does(fallen, answer):
    attempt(fallen[0], ANSWERS_OF_THE_LIVING[answer])
    assert held() == {connection.pk for connection in fallen[1:]}
    assert credential_of(fallen[0]).held_since is None


def test_a_check_that_is_answered_does_though_renewing_has_failed(fallen):
    assert attempt(fallen[0], FakeMeta(), "check") == "alive"
    assert credential_of(fallen[0]).refresh_failures == 1
    assert fallen[0].pk not in held()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_so_do_answers_that_are_stored_together(fallen, purpose):
    Credential.objects.filter(held_since__isnull=False).update(due_at=NOW, check_due_at=NOW)
    assert sum(sweep(FakeMeta(), purpose).values()) == 12
    assert held() == set()


def test_held_again_it_keeps_the_first_instant(fallen):
    kill(fallen)
    assert set(Credential.objects.filter(pk__in=held()).values_list("held_since", flat=True)) == {NOW}


def test_whatever_ends_it_lets_go(fallen):
    disconnect(fallen[0], by=make_member(fallen[0].tenant))
    assert drop_held(the_brake(), by=STAFF) == 11
    lift()
    assert not Credential.objects.filter(held_since__isnull=False).exists()


def test_so_does_a_death_and_staff_by_hand(fallen):
    lift()
    assert kill(fallen[:1]) == ["died"]
    mark_inactive(fallen[1], reason="unknown", by=make_user(STAFF, is_staff=True))
    assert [credential_of(each).held_since for each in fallen[:2]] == [None, None]
    assert len(held()) == 10


# What was released


@pytest.mark.parametrize("answer", [transient(), limited()], ids=["server", "limit"])
def test_released_they_end_without_a_fall_whatever_failed_in_between(fallen, travel, answer):
    for connection in fallen:
        attempt(connection, FakeMeta(on_refresh=answer, on_me=answer))
    lift(release=True)
    travel(NOW + 9 * HOUR)
    assert kill(fallen) == ["died"] * 12
    assert holding() == []


@pytest.mark.parametrize("cause", ["weather", "deaths"])
def test_released_they_do_so_whatever_brake_fell_in_between(fallen, travel, cause):
    lift(release=True)
    app_id = fallen[0].meta_app_id
    travel(NOW + 2 * HOUR)
    brake.fall(app_id, cause, timezone.now())
    assert kill(fallen[:3]) == ["held"] * 3
    travel(NOW + 3 * HOUR)
    lift()
    travel(NOW + 9 * HOUR)
    assert kill(fallen) == ["died"] * 12
    assert holding() == []


def test_who_is_held_long_after_the_fall_is_released_with_those_before(travel):
    everybody = crowd(20)
    kill(everybody[:16])
    travel(NOW + HOUR)
    assert kill(everybody[16:]) == ["held"] * 4
    lift(release=True)
    travel(NOW + 9 * HOUR)
    assert kill(everybody[4:]) == ["died"] * 16
    assert holding() == []


def test_what_an_older_brake_holds_still_is_released_with_the_rest(fallen, travel):
    lift()
    travel(NOW + 2 * HOUR)
    brake.fall(fallen[0].meta_app_id, "deaths", timezone.now())
    lift(release=True)
    travel(NOW + 9 * HOUR)
    assert kill(fallen) == ["died"] * 12
    assert holding() == []


def test_lifted_alone_they_count_anew(fallen, travel):
    lift()
    travel(NOW + 9 * HOUR)
    assert kill(fallen) == ["died"] * 4 + ["held"] * 8


def test_a_release_is_about_none_that_was_held_later(fallen, travel):
    lift(release=True)
    travel(NOW + 2 * HOUR)
    later = crowd(8)
    brake.fall(later[0].meta_app_id, "weather", timezone.now())
    assert kill(later) == ["held"] * 8
    lift()
    travel(NOW + 9 * HOUR)
    assert kill(later) == ["died"] * 4 + ["held"] * 4


# Whom a re-check asks


def come_back(connections: list[Connection]) -> None:
    """By their link, with a new token."""
    keys = [connection.pk for connection in connections]
    Connection.objects.filter(pk__in=keys).update(status=Status.ACTIVE, reason="")
    Credential.objects.filter(pk__in=keys).update(obtained_at=timezone.now(), held_since=None)


def test_who_came_back_says_nothing_of_those_who_are_held(fallen, travel):
    back = list(Connection.objects.filter(status=Status.INACTIVE))
    come_back(back)
    meta = storm()
    for number in range(1, 20):
        travel(NOW + number * HOUR)
        try_to_lift(meta.client_for, timezone.now())
    assert holding() == ["deaths"]
    assert set(meta.asked("me")) <= {_token(connection) for connection in fallen}


def test_the_first_that_is_asked_is_not_always_the_same(fallen):
    meta = storm()
    for _ in range(40):
        recheck(the_brake(), meta.client_for(fallen[0].meta_app), timezone.now())
    assert len(set(meta.asked("me"))) > 3


def test_where_nobody_is_held_those_with_an_older_token_are_asked(fallen):
    come_back(list(Connection.objects.filter(status=Status.INACTIVE)))
    come_back(fallen[3:])
    Credential.objects.update(held_since=None)
    meta = FakeMeta()
    assert recheck(the_brake(), meta.client_for(fallen[0].meta_app), timezone.now()).lifted
    assert set(meta.asked("me")) == {_token(connection) for connection in fallen[:3]}


def test_where_there_is_none_of_these_it_is_lifted(fallen):
    Credential.objects.update(held_since=None, obtained_at=timezone.now())
    meta = storm()
    assert recheck(the_brake(), meta.client_for(fallen[0].meta_app), timezone.now()).lifted
    assert meta.calls == []


# Dropping


def test_dropping_goes_on_batch_by_batch(fallen, monkeypatch):
    monkeypatch.setattr("tokens.services.drop_held.BATCH", 5)
    assert drop_held(the_brake(), by=STAFF) == 12
    assert {status_of(connection) for connection in fallen} == {("inactive", "unknown")}


def test_a_full_last_batch_is_no_trouble(fallen, monkeypatch):
    monkeypatch.setattr("tokens.services.drop_held.BATCH", 6)
    assert drop_held(the_brake(), by=STAFF) == 12


def test_where_time_runs_out_the_rest_is_left_for_the_next_press(fallen, monkeypatch):
    monkeypatch.setattr("tokens.services.drop_held.BATCH", 5)
    monkeypatch.setattr("tokens.services.drop_held.SECONDS", 0.0)
    monkeypatch.setattr("tokens.services.drop_held.time.monotonic", iter([0.0, -1.0, 1.0] * 5).__next__)
    assert [drop_held(the_brake(), by=STAFF) for _ in range(4)] == [5, 5, 2, 0]


def _token(connection: Connection) -> str:
    return str(credential_of(connection).token.reveal())
