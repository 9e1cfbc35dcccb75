"""Who is warned of an end ahead: where only a person can put it off, or where renewing has failed for two days."""

from __future__ import annotations

import datetime as dt
from typing import cast

import pytest
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta
from tests.tokens.helpers import attempt, events_of
from tests.tokens.telling.conftest import CARLA, DAY, HOUR, NOW, delivered
from tokens.flavours.interface import Fresh
from tokens.meta import Secret
from tokens.models import Brake, Credential
from tokens.services import remind
from tokens.tasks import send_reminders

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = dt.timedelta(seconds=1)


def ending(in_days, *, failing_for=None, word="unavailable", **columns):
    """An account whose key ends so many days ahead."""
    credential = {"refresh_failures": 3, "refresh_failing_since": NOW - failing_for * DAY} if failing_for else {}
    return make_connection(
        contact_email=CARLA,
        expires_at=NOW + in_days * DAY,
        credential={"last_failure": word if failing_for else "", **credential, **columns},
    )


def warned() -> int:
    send_reminders()
    return OutboxMessage.objects.filter(kind="expires_soon").count()


def renew_by(in_days):
    return {"renew_by": NOW + in_days * DAY, "renewable": False}


def test_each_step_is_told_once(travel):
    ending(30, **renew_by(30))
    days = []
    for hours in range(19 * 24, 31 * 24, 12):
        travel(NOW + hours * HOUR)
        before = OutboxMessage.objects.filter(kind="expires_soon").count()
        days += [30 - hours / 24] * (warned() - before)
        delivered()
    assert days == [10, 5, 2]
    assert len({each.subject for each in delivered()}) >= 1
    assert len(delivered()) == 3


@pytest.mark.parametrize(("left", "told"), [(11, None), (9, 10), (4, 5), (1, 2), (-1, None)])
def test_after_a_standstill_the_nearest_step_alone_is_told(left, told):
    connection = ending(left, **renew_by(left))
    assert warned() == (1 if told else 0)
    assert Credential.objects.get(pk=connection.pk).warned_days == told


class SameDate:
    """Facebook that gives a new key each time and the same end, in whole seconds from its answer."""

    end = NOW + 11 * DAY

    def client_for(self, app):
        return self

    def refresh(self, keys):
        asked_at = timezone.now()
        end = asked_at + int((self.end - asked_at).total_seconds() - 0.3) * SECOND
        return Fresh(Secret("EAApage"), None, renewal=Secret("EAAperson"), renewal_expires_at=end)


def test_a_date_that_drifts_by_seconds_is_told_in_three_steps_and_stands_in_history_once(travel):
    connection = make_connection(
        flavour="facebook_login", issued_at=NOW - 49 * DAY, contact_email=CARLA, expires_at=NOW + 41 * DAY
    )
    for day in range(11):
        at = NOW + day * (DAY + 421.137 * SECOND)
        travel(at)
        assert attempt(connection, cast(FakeMeta, SameDate())) == "not_prolonged"
        for hours in (1, 2):
            travel(at + hours * HOUR)
            send_reminders()
            mails = delivered()
    assert len(mails) == 3
    assert events_of(connection) == ["not_prolonged"]


@pytest.mark.parametrize("flavour", ["instagram_login", "system_user"])
def test_an_end_that_renewals_do_not_put_off_is_told_before_it_comes(flavour, travel):
    class NoLater(SameDate):
        end = NOW + 9 * DAY

        def refresh(self, keys):
            return Fresh(Secret("new"), int((self.end - timezone.now()).total_seconds()))

    connection = make_connection(
        flavour=flavour, issued_at=NOW - 51 * DAY, contact_email=CARLA, expires_at=NOW + 9 * DAY, due_at=NOW
    )
    meta = cast(FakeMeta, NoLater())
    days = []
    for day in range(9):
        travel(NOW + day * DAY)
        assert attempt(connection, meta) == "refreshed"
        before = len(delivered())
        send_reminders()
        days += [9 - day] * (len(delivered()) - before)
    assert days == [7, 5, 2], "two days of failing are no passing fault"
    NoLater.end = NOW + 60 * DAY
    assert attempt(connection, meta) == "refreshed"
    assert Credential.objects.get(pk=connection.pk).refresh_failing_since is None


def test_a_renewal_by_hand_that_brings_a_day_is_none_of_these(travel):
    connection = make_connection(issued_at=NOW - 1.1 * DAY, expires_at=NOW + 59.5 * DAY)
    attempt(connection, FakeMeta())
    assert Credential.objects.get(pk=connection.pk).refresh_failing_since is None


def test_a_later_end_begins_anew(travel):
    connection = ending(4, **renew_by(4))
    assert warned() == 1
    delivered()
    later = {"expires_at": NOW + 40 * DAY, "renew_by": NOW + 40 * DAY}
    Credential.objects.filter(pk=connection.pk).update(**later)
    travel(NOW + 31 * DAY)
    assert warned() == 2
    assert "9 days" in delivered()[-1].body


def test_a_passing_fault_warns_nobody():
    ending(1, failing_for=1.9)
    assert warned() == 0


def test_what_fails_for_two_days_does():
    ending(9, failing_for=2)
    assert warned() == 1
    assert len(delivered()) == 1


def test_what_renews_by_itself_warns_nobody():
    ending(1)
    assert warned() == 0


@pytest.mark.parametrize("word", ["undecryptable", "app_credentials"])
def test_a_fault_of_ours_no_creator_can_mend(word):
    ending(1, failing_for=4, word=word)
    assert warned() == 0


def test_what_a_brake_held_is_asked_about_first():
    ending(1, failing_for=4, held_since=NOW)
    assert warned() == 0


def test_while_the_brake_holds_nobody_is_warned():
    connection = ending(1, **renew_by(1))
    brake = Brake.objects.create(meta_app=connection.meta_app, cause="weather", fallen_at=NOW)
    assert warned() == 0
    assert remind._warn(connection.pk, timezone.now()) == remind.DONE
    Brake.objects.filter(pk=brake.pk).update(lifted_at=NOW)
    assert warned() == 1


def test_what_has_ended_meanwhile_warns_nobody():
    connection = ending(1, **renew_by(1))
    connection.status, connection.reason = "inactive", "expired"
    connection.save()
    assert warned() == 0
