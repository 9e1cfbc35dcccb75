"""What a brake holds back: staff see it with numbers, and release or drop it by buttons that ask first."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.factories import make_connection
from tests.markup import Page
from tokens.models import Brake, Connection, Credential, Status

pytestmark = pytest.mark.django_db
ANNA = "anna@creator.example"


@pytest.fixture
def brake() -> Brake:
    """One that holds back the end of @anna, and knows of @berta, who works."""
    now = timezone.now()
    anna = make_connection(handle="anna", contact_email=ANNA)
    Credential.objects.filter(pk=anna.pk).update(held_since=now, refresh_failures=1)
    make_connection(tenant=anna.tenant, handle="berta", contact_email="berta@creator.example")
    return Brake.objects.create(meta_app=anna.meta_app, cause="deaths", fallen_at=now - dt.timedelta(minutes=5))


def anna() -> Connection:
    return Connection.objects.get(handle="anna")


def page_of(staff, brake, button: str = "change") -> Page:
    return Page(staff.get(f"/admin/tokens/brake/{brake.pk}/{button}/").content.decode())


def test_what_is_held_is_shown_with_numbers_and_addresses(staff, brake):
    text = page_of(staff, brake).text
    assert "1 reconnect mail, if all of them have ended; 0 questions for a permission." in text
    assert "@anna" in text and ANNA in text
    assert "berta" not in text


@pytest.mark.parametrize(
    ("button", "words"), [("release", "creators are mailed"), ("drop", "Nobody is mailed for it, today or later")]
)
def test_each_asks_first_and_says_what_it_does(button, words, staff, brake):
    assert words in page_of(staff, brake, button).text
    brake.refresh_from_db()
    assert brake.lifted_at is None
    assert anna().status == Status.ACTIVE


def test_released_whoever_was_held_is_asked_again(press, boss, brake):
    assert "Released." in press(brake, "release").text
    brake.refresh_from_db()
    assert (brake.released, brake.lifted_by) == (True, boss.email)
    assert anna().status == Status.ACTIVE
    assert not OutboxMessage.objects.filter(recipient=ANNA).exists()


def test_dropped_they_end_and_nobody_is_mailed(press, brake):
    assert "1 account is inactive now. Nobody was mailed." in press(brake, "drop").text
    assert anna().status == Status.INACTIVE
    assert Connection.objects.get(handle="berta").status == Status.ACTIVE
    brake.refresh_from_db()
    assert brake.lifted_at is None
    assert not OutboxMessage.objects.filter(kind="reconnect_needed").exists()


@pytest.mark.parametrize("button", ["release", "drop"])
def test_a_brake_that_somebody_lifted_meanwhile_is_left_alone(button, press, brake):
    Brake.objects.update(lifted_at=timezone.now(), lifted_by="another@perennial.example")
    assert "It was lifted already." in press(brake, button).text
    assert anna().status == Status.ACTIVE
    brake.refresh_from_db()
    assert (brake.released, brake.lifted_by) == (False, "another@perennial.example")


@pytest.mark.parametrize("button", ["release", "drop"])
def test_whoever_may_only_look_presses_nothing(button, clerk, press, brake):
    press(brake, button, clerk("view_brake"))
    brake.refresh_from_db()
    assert brake.lifted_at is None
    assert anna().status == Status.ACTIVE
