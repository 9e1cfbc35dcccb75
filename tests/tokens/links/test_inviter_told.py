"""Whoever invited hears that the link was used, once, and not of what they did themselves."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts.models import Membership, Role
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_member, make_user
from tests.markup import Page
from tests.tokens.helpers import owed
from tests.tokens.journeys import allow, leave_from, sign_in
from tests.tokens.links.conftest import CARLA
from tests.tokens.links.inviting import connect_by, path_of
from tokens.models import Connection
from tokens.services import links
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(tenant):
    return make_member(tenant, Role.MEMBER, user=make_user("bob@example.com"))


@pytest.fixture
def of_bob(tenant, bob, emulator):
    emulator.state.add_person("carla")
    return links.issue_connect(tenant, email=CARLA, handle="", invited_by=bob)


def test_the_inviter_is_mailed_and_nobody_else(of_bob, bob):
    connect_by(of_bob, "carla")
    call_command("deliver_notifications")
    assert [message.to for message in mail.outbox] == [[bob.email]]
    told = mail.outbox[0]
    assert "@carla is connected" in told.subject
    assert CARLA in told.body
    assert f"/connections/{Connection.objects.get().pk}/" in told.body


def test_there_are_never_two_copies(of_bob, bob, emulator):
    emulator.state.add_person("carlo")
    connect_by(of_bob, "carla")
    Connection.objects.update(status="active")
    connect_by_again = Client()
    assert connect_by_again.post(path_of(of_bob)).status_code == 410
    assert owed() == [bob.email]


def test_a_revived_connection_is_told_once_too(of_bob, bob, tenant, emulator):
    token = emulator.state.issue_token("carla", age_days=5)
    make_connection(tenant=tenant, token=token, status="inactive", reason="expired", connected_by=bob)
    connect_by(of_bob, "carla")
    assert list(OutboxMessage.objects.values_list("kind", "recipient")) == [("creator_connected", bob.email)]


@pytest.mark.parametrize("gone", ["removed", "closed", "erased"])
def test_of_an_inviter_who_has_left_the_owners_hear(gone, of_bob, bob, alice):
    if gone == "removed":
        Membership.objects.filter(user=bob).delete()
    elif gone == "closed":
        bob.is_active = False
        bob.save()
    else:
        bob.delete()
    connect_by(of_bob, "carla")
    assert owed() == [alice.email]


def test_an_inviter_who_invited_their_own_address_is_not_told(tenant, bob, emulator):
    emulator.state.add_person("bobs.own")
    own = links.issue_connect(tenant, email=bob.email, handle="", invited_by=bob)
    connect_by(own, "bobs.own")
    assert owed() == []


def test_an_inviter_who_is_signed_in_where_it_is_used_is_not_told(of_bob, bob):
    connect_by(of_bob, "carla", sign_in(bob))
    assert Connection.objects.exists()
    assert owed() == []


def test_nor_one_who_finishes_there_what_began_elsewhere(of_bob, bob):
    way = allow(leave_from(Client(), path_of(of_bob)), "carla")
    browser = sign_in(bob)
    page = Page(browser.get(way, follow=True).content.decode())
    browser.post(page.form_of("Finish connecting").action)
    assert Connection.objects.exists()
    assert owed() == []


def test_another_member_who_is_signed_in_there_does_not_keep_it_from_the_inviter(of_bob, bob, alice):
    connect_by(of_bob, "carla", sign_in(alice))
    assert owed() == [bob.email]


def test_news_that_waited_for_more_than_a_day_is_not_sent(of_bob, travel):
    connect_by(of_bob, "carla")
    travel(OutboxMessage.objects.get().created_at + dt.timedelta(days=1, minutes=1))
    call_command("deliver_notifications")
    assert mail.outbox == []


def test_news_of_what_was_disconnected_since_is_not_sent(of_bob, bob):
    connect_by(of_bob, "carla")
    disconnect(Connection.objects.get(), by=bob)
    call_command("deliver_notifications")
    assert mail.outbox == []


def test_a_wrong_account_is_told_nobody(tenant, bob, emulator):
    for person in ("carla", "carlo"):
        emulator.state.add_person(person)
    connect_by(links.issue_connect(tenant, email=CARLA, handle="carla", invited_by=bob), "carlo")
    assert owed() == []
