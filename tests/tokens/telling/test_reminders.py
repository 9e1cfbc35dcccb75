"""Who is told again that an account is broken: after 2, 5 and 12 days, each time otherwise, then no more."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import OutboxMessage, State, Unsubscribed
from tests.tokens.helpers import owed
from tests.tokens.telling.conftest import CARLA, DAY, HOUR, NOW, delivered
from tokens.models import Brake, Connection, Link, Status
from tokens.services import links, remind
from tokens.services.ends import ended
from tokens.tasks import send_reminders

pytestmark = pytest.mark.django_db(transaction=True)
KINDS = [f"reconnect_reminder_{number}" for number in (1, 2, 3)]


def run() -> dict[str, int]:
    return send_reminders()


def reminded() -> list[str]:
    rows = OutboxMessage.objects.filter(kind__in=KINDS).order_by("created_at", "kind")
    return list(rows.values_list("kind", flat=True))


def test_three_reminders_on_their_days_each_once_and_no_more(die, travel):
    die()
    days, told = [], []
    for half_days in range(2, 50, 2):
        delivered()
        before = len(reminded())
        travel(NOW + half_days * DAY / 2)
        told += [run(), run()]
        days += [half_days / 2] * (len(reminded()) - before)
    assert days == [2, 5, 12]
    assert reminded() == KINDS
    # Nothing is even tried in between: each try might replace a link.
    assert [each for each in told if each] == [{remind.REMINDED: 1}] * 3
    subjects = [each.subject for each in delivered()]
    assert len(set(subjects)) == len(subjects) == 4


def test_the_first_mails_link_opens_while_it_is_good_for_long_enough(die, travel):
    die()
    [first] = Link.objects.all()
    delivered()
    travel(NOW + 2 * DAY)
    run()
    assert [mail.body.count(links.url_of(first)) for mail in delivered()] == [1, 1]
    travel(NOW + 5 * DAY)
    run()
    newest = Link.objects.latest("created_at")
    assert newest != first and links.url_of(newest) in delivered()[-1].body
    old = Client().get(f"/link/{links.token_of(first)}/")
    assert old.status_code == 410
    assert "Send me a new link" in old.content.decode()


def test_another_address_gets_a_link_of_its_own(die, travel):
    connection = die()
    delivered()
    Connection.objects.update(contact_email="dora@creator.example")
    travel(NOW + 2 * DAY)
    run()
    assert len(delivered("dora@creator.example")) == 1
    assert Link.objects.filter(connection=connection, replaced_at__isnull=True).count() == 1


@pytest.mark.parametrize(("after", "kind"), [(2, KINDS[0]), (6, KINDS[1]), (11, KINDS[1]), (13, KINDS[2]), (20, None)])
def test_after_a_standstill_the_nearest_alone_is_told(die, travel, after, kind):
    die()
    delivered()
    travel(NOW + after * DAY)
    run()
    assert reminded() == ([kind] if kind else [])


@pytest.mark.parametrize("undoing", ["back", "disconnected", "erased", "workspace", "braked"])
def test_nobody_is_reminded_of_what_is_over_or_held(die, travel, tenant, undoing):
    connection = die()
    delivered()
    travel(NOW + 2 * DAY)
    match undoing:
        case "back":
            Connection.objects.update(status=Status.ACTIVE, reason="")
        case "disconnected":
            Connection.objects.update(status=Status.DISCONNECTED, reason="")
        case "erased":
            connection.delete()
        case "workspace":
            tenant.deleted_at = timezone.now()
            tenant.save()
        case "braked":
            Brake.objects.create(meta_app=connection.meta_app, cause="weather", fallen_at=timezone.now())
    assert run() == {}
    assert reminded() == []


def test_braked_between_the_list_and_the_lock_nobody_is_reminded(die, travel):
    connection = die()
    delivered()
    travel(NOW + 2 * DAY)
    keys = list(remind.to_remind(timezone.now()).values_list("pk", flat=True))
    Brake.objects.create(meta_app=connection.meta_app, cause="deaths", fallen_at=timezone.now())
    assert [remind._remind(key, timezone.now()) for key in keys] == [remind.DONE]
    assert reminded() == []


def test_a_new_end_begins_anew(die, travel):
    connection = die()
    delivered()
    travel(NOW + 5 * DAY)
    run()
    delivered()
    travel(NOW + 8 * DAY)
    Connection.objects.filter(pk=connection.pk).update(**ended("checkpoint", timezone.now()))
    run()
    assert reminded() == [KINDS[1]]
    travel(NOW + 10 * DAY)
    run()
    assert reminded() == [KINDS[1], KINDS[0]]


def test_two_mails_about_one_account_never_come_within_a_day(die, travel):
    die()
    travel(NOW + 2 * DAY)  # the first one has not even left
    assert run() == {remind.LATER: 1}
    delivered()
    travel(NOW + 2 * DAY + 23 * HOUR)
    assert run() == {remind.LATER: 1}
    travel(NOW + 3 * DAY + HOUR)
    assert run() == {remind.REMINDED: 1}
    assert len(delivered()) == 2


def test_who_is_told_to_stop_goes_on_the_next_time(die, travel):
    for number in range(3):
        die(f"creator{number}@mail.example")
    delivered()
    travel(NOW + 2 * DAY)
    once = iter([True, False])
    assert remind.remind(go_on=lambda: next(once)) == {remind.REMINDED: 1}
    run()
    assert len(owed(KINDS[0])) == 3


def test_whoever_unsubscribed_is_not_reminded_and_the_row_says_why(die, travel, tenant):
    connection = die()
    delivered()
    Unsubscribed.objects.create(tenant=tenant, topic_id=connection.pk, address=CARLA)
    travel(NOW + 2 * DAY)
    run()
    assert len(delivered()) == 1
    row = OutboxMessage.objects.get(kind=KINDS[0])
    assert (row.state, row.last_error) == (State.DROPPED, "unsubscribed")
