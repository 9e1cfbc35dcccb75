"""Very many accounts die at once: staff hear of it once, creators only of what was confirmed before the brake."""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter

import pytest

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.crowds import copy_row
from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta, dead, profile, renewed
from tests.tokens.helpers import owed, sweep
from tokens.models import Brake, Connection, Credential, Status
from tokens.services.brake import lift
from tokens.services.drop_held import drop_held, held_by
from tokens.tasks import send_reminders

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 4, 20, 2, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
# The demand speaks of 5,000: `STORM=5000` plays that, in minutes.
MANY = int(os.environ.get("STORM", "500"))
STAFF = "staff@perennial.example"


@pytest.fixture
def crowd(travel, settings):
    """Accounts that are all due, each with an address of its own."""
    travel(NOW)
    settings.STAFF_ALERT_EMAILS = [STAFF]

    def make(count: int) -> None:
        first = make_connection(contact_email="creator@mail.example", issued_at=NOW - 49 * DAY, due_at=NOW)
        copy_row(
            first,
            count - 1,
            instagram_id="'many' || n.i",
            app_scoped_id="'scoped' || n.i",
            handle="'many' || n.i",
            contact_email="'creator' || n.i || '@mail.example'",
        )
        copy_row(first.credential, count - 1, connection_id="n.i")

    return make


def storm() -> FakeMeta:
    return FakeMeta(on_refresh=dead("app_removed", call="refresh"), on_me=dead("app_removed"))


def mailed() -> Counter[str]:
    return Counter(OutboxMessage.objects.filter(kind="reconnect_needed").values_list("recipient", flat=True))


def test_a_storm_is_told_to_staff_once_and_to_creators_once_it_is_released(crowd, travel, settings):
    crowd(MANY)
    sweep(storm(), threads=1)
    [held] = Brake.objects.all()
    before = mailed()
    assert owed("brake_fell") == [STAFF]
    enough = max(settings.BRAKE_MIN_DEATHS, settings.BRAKE_SHARE * MANY)
    assert len(before) == enough == Connection.objects.filter(status=Status.INACTIVE).count()
    assert held_by(held.meta_app_id).count() == MANY - len(before)
    # Some come back by themselves while staff look.
    revived = set(held_by(held.meta_app_id).order_by("pk").values_list("pk", flat=True)[:50])
    Credential.objects.filter(pk__in=revived).update(due_at=NOW + 50 * DAY, held_since=None, refresh_failures=0)
    assert lift(held, by=STAFF, now=NOW + HOUR, release=True)
    travel(NOW + 2 * HOUR)
    sweep(storm(), threads=1)
    after = mailed()
    assert set(after.values()) == {1}
    assert len(after) == MANY - len(revived)
    assert set(Connection.objects.filter(status=Status.ACTIVE).values_list("pk", flat=True)) == revived
    assert owed("brake_fell") == [STAFF]


def test_dropped_nobody_is_mailed_today_or_later(crowd, travel, settings):
    settings.BRAKE_MIN_DEATHS = 5
    crowd(60)
    sweep(storm(), threads=1)
    [held] = Brake.objects.all()
    before = len(mailed())
    some = held_by(held.meta_app_id).values_list("pk", flat=True)[:1]
    answered = Connection.objects.get(pk=some[0])
    Credential.objects.filter(pk=answered.pk).update(held_since=None)
    travel(NOW + HOUR)
    assert drop_held(held, by=STAFF) == 60 - before - 1
    assert drop_held(held, by=STAFF) == 0
    lines = Event.objects.filter(kind="became_inactive", actor=STAFF)
    assert lines.count() == 60 - before - 1
    assert all("Nobody was mailed" in line.text for line in lines)
    answered.refresh_from_db()
    assert answered.status == Status.ACTIVE
    lift(held, by=STAFF, now=NOW + HOUR)
    travel(NOW + 3 * HOUR)
    sweep(FakeMeta(on_refresh=renewed(), on_me=profile("")))
    for days in (2, 5, 12):
        travel(NOW + days * DAY + HOUR)
        OutboxMessage.objects.update(state="sent", due_at=None, sent_at=NOW)
        send_reminders()
    assert len(mailed()) == before
    reminders = OutboxMessage.objects.filter(kind__startswith="reconnect_reminder")
    assert reminders.values("recipient").distinct().count() == before


def test_after_the_lifting_nothing_is_dropped(crowd, settings):
    settings.BRAKE_MIN_DEATHS = 2
    crowd(10)
    sweep(storm(), threads=1)
    [held] = Brake.objects.all()
    lift(held, by=STAFF, now=NOW)
    assert drop_held(held, by=STAFF) == 0
    assert held_by(held.meta_app_id).exists()
