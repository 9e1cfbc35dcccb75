"""“Send me a new link”: how often it mails, of which connection, and whom it must not hinder."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from notifications.models import OutboxMessage
from tests.factories import make_connection, make_tenant
from tests.races import together
from tests.tokens.links.conftest import CARLA
from tests.tokens.links.inviting import path_of
from tokens.models import Connection, Link
from tokens.services import links
from tokens.services.disconnect import disconnect
from tokens.services.send_link import send_link
from tokens.services.send_new_link import GOOD_FOR_ASKING

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def ask(path: str, times: int = 1) -> None:
    for _ in range(times):
        assert Client().post(f"{path}new/").status_code == 200


def asked_for() -> int:
    return OutboxMessage.objects.filter(kind="reconnect_link").count()


def eight_days_ago() -> dt.datetime:
    """A link of that age has run out."""
    return timezone.now() - 8 * DAY


def end(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(status="inactive", reason="expired")


# How often


def test_three_links_a_day_are_mailed_and_no_more(path: str, travel: Any) -> None:
    start = timezone.now()
    for hour in range(24):
        travel(start + hour * HOUR)
        ask(path, 2)
    assert asked_for() == 3
    travel(start + DAY + dt.timedelta(minutes=1))
    ask(path)
    assert asked_for() == 4


@pytest.mark.django_db(transaction=True)
def test_many_who_press_at_once_get_no_more(path: str) -> None:
    together(*(lambda: ask(path) for _ in range(6)))
    assert asked_for() == 3


def test_an_hours_mails_of_a_member_are_left_to_members(path: str, dead: Connection, alice: Any) -> None:
    ask(path, 4)
    assert [bool(send_link(dead, actor=alice.email)) for _ in range(4)] == [True, True, True, False]


def test_a_members_mails_leave_the_creator_theirs(path: str, dead: Connection, alice: Any) -> None:
    for _ in range(4):
        send_link(dead, actor=alice.email)
    ask(path)
    assert asked_for() == 4


def test_an_invitation_is_sent_again_three_times_a_day(invitation: Link, travel: Any) -> None:
    travel(start := timezone.now().replace(hour=0, minute=10))
    for hour in range(23):
        travel(start + hour * HOUR)
        ask(path_of(invitation))
    assert OutboxMessage.objects.filter(kind="connect_invitation").count() == 3


@pytest.mark.usefixtures("standing_clock")
def test_one_who_has_a_dead_link_elsewhere_hinders_nobody_here(tenant: Any, alice: Any) -> None:
    mine = make_connection(tenant=tenant, status="inactive", contact_email=CARLA)
    others = make_connection(tenant=make_tenant(), status="inactive", contact_email=CARLA)
    good = links.issue(mine, recipients=[CARLA])
    dead_link = links.issue(others, recipients=[])
    for _ in range(2):
        ask(path_of(dead_link), 4)
        disconnect(others, by=alice)
    assert asked_for() == 3
    ask(path_of(good))
    assert asked_for() == 4


@pytest.mark.usefixtures("standing_clock")
def test_what_was_not_sent_counts_for_nothing(tenant: Any) -> None:
    healthy = links.issue(make_connection(tenant=tenant, contact_email=CARLA), recipients=[], now=eight_days_ago())
    ask(path_of(healthy), 8)
    ended = make_connection(tenant=tenant, status="inactive", contact_email=CARLA)
    ask(path_of(links.issue(ended, recipients=[])))
    assert asked_for() == 1


# Of which connection


def test_while_the_connection_works_only_a_link_of_these_days_brings_another(
    path: str, revive: Any, phone: Client
) -> None:
    revive(phone)
    ask(path)
    assert asked_for() == 1
    Link.objects.update(created_at=eight_days_ago())
    ask(path)
    assert asked_for() == 1


def test_a_used_link_still_asks_once_the_connection_has_ended_again(
    path: str, dead: Connection, revive: Any, phone: Client
) -> None:
    revive(phone)
    end(dead)
    ask(path)
    assert asked_for() == 1


@pytest.mark.parametrize(
    ("columns", "mailed"),
    [
        ({}, 0),
        ({"permission_missing_since": -DAY}, 1),
        ({"renew_by": 13 * DAY}, 1),
        ({"renew_by": 15 * DAY}, 0),
    ],
)
def test_by_an_old_link_of_a_connection_that_works_only_what_a_person_can_mend_is_mailed(
    columns: dict[str, dt.timedelta], mailed: int, tenant: Any
) -> None:
    dates = {name: timezone.now() + away for name, away in columns.items()}
    connection = make_connection(tenant=tenant, contact_email=CARLA, credential=dates)
    ask(path_of(links.issue(connection, recipients=[], now=eight_days_ago())))
    assert asked_for() == mailed


@pytest.mark.parametrize(("age", "mailed"), [(GOOD_FOR_ASKING - HOUR, 1), (GOOD_FOR_ASKING, 0)])
def test_a_link_of_two_months_ago_asks_for_nothing(
    age: dt.timedelta, mailed: int, link: Link, invitation: Link
) -> None:
    Link.objects.update(created_at=timezone.now() - age, expires_at=timezone.now() - HOUR)
    ask(path_of(link))
    ask(path_of(invitation))
    assert OutboxMessage.objects.count() == 2 * mailed


# Which link


def mailed_paths() -> list[str]:
    call_command("deliver_notifications")
    return [found for each in mail.outbox for found in set(re.findall(r"/link/[^/\s]+/", str(each.body)))]


def test_the_good_link_of_the_mail_before_is_mailed_again(dead: Connection, path: str, alice: Any) -> None:
    send_link(dead, actor=alice.email)
    ask(path)
    first, again = mailed_paths()
    assert first == again
    assert Client().get(again).status_code == 200


def test_a_link_that_ends_soon_is_replaced(dead: Connection, path: str, alice: Any, travel: Any) -> None:
    send_link(dead, actor=alice.email)
    travel(Link.objects.open().get().expires_at - DAY)
    ask(path)
    assert Link.objects.open().get().created_at == timezone.now()


def test_a_link_that_went_to_others_is_replaced(dead: Connection, path: str, alice: Any) -> None:
    send_link(dead, actor=alice.email)
    Connection.objects.update(contact_email=CARLA)
    ask(path)
    assert Link.objects.open().get().recipients == [CARLA]
