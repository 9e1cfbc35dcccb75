"""A mail that has not left yet, and somebody else is to be told by now: those get it, and nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role, Tenant
from accounts.services.delete_account import delete_account
from notifications import unsubscribing
from notifications.delivery import deliver_due
from notifications.models import OutboxMessage, State, Unsubscribed
from tests.factories import make_connection, make_member, make_user
from tests.tokens.telling.conftest import CARLA, DAY, NOW, Die, delivered
from tokens.models import Connection, Link, ReconnectRequest
from tokens.services.mail_link import mail_reconnect_link
from tokens.services.set_contact import set_contact

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "new@creator.example"


@pytest.fixture
def held(die: Die) -> Connection:
    """The fourth of a day, which waits for the digest of the next morning."""
    for name in ("anna", "beth", "cora"):
        die(handle=name)
    delivered()
    dana = die(handle="dana")
    delivered()
    return dana


def next_morning(travel: Any) -> None:
    travel((NOW + DAY).replace(hour=8, minute=1))


def links_in(body: Any) -> list[str]:
    return re.findall(r"/link/[\w-]+/", str(body))


@pytest.mark.parametrize("when", ["pending", "held"])
def test_a_new_contact_gets_the_mail_and_the_old_one_does_not(when: str, die: Die, travel: Any, request: Any) -> None:
    dana = request.getfixturevalue("held") if when == "held" else die(handle="dana")
    before = len(mail.outbox)
    set_contact(dana, email=NEW, by=make_member(dana.tenant))
    deliver_due()
    next_morning(travel)
    deliver_due()
    assert [each.to for each in mail.outbox[before:]] == [[NEW]]


def test_a_new_contact_of_what_has_ended_gets_a_link_and_the_former_ones_opens_no_more(die: Die) -> None:
    dana = die(handle="dana")
    [first] = delivered()
    set_contact(dana, email=NEW, by=make_member(dana.tenant))
    [second] = delivered(NEW)
    old, new = links_in(first.body)[0], links_in(second.body)[0]
    assert [Client().get(each).status_code for each in (old, new)] == [410, 200]


def test_nobody_is_mailed_who_names_their_own_address_or_an_account_that_works(die: Die, tenant: Tenant) -> None:
    dana, member = die(handle="dana"), make_member(tenant)
    delivered()
    set_contact(dana, email=member.email, by=member)
    set_contact(make_connection(tenant=tenant), email=NEW, by=member)
    deliver_due()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("day", [0, 1])
def test_a_member_who_has_left_is_told_of_nothing_and_the_owners_are(day: int, tenant: Tenant, travel: Any) -> None:
    owner, former = tenant.memberships.get().user, make_member(tenant, Role.MEMBER)
    for number in range(4 if day else 1):
        connection = make_connection(tenant=tenant, handle=f"a{number}", status="inactive", connected_by=former)
        mail_reconnect_link(connection, kind="reconnect_needed", now=timezone.now())
    if day:
        deliver_due()
    before = len(mail.outbox)
    Membership.objects.filter(user=former).delete()
    if day:
        next_morning(travel)
    deliver_due()
    deliver_due()
    assert [each.to for each in mail.outbox[before:]] == [[owner.email]]


def test_whoever_unsubscribes_from_a_digest_leaves_what_it_told_of_and_nothing_else(
    held: Connection, die: Die, travel: Any
) -> None:
    elsa, fanny = die(handle="elsa"), die(handle="fanny")
    delivered()
    Connection.objects.filter(pk=elsa.pk).update(status="active", reason="")
    Unsubscribed.objects.create(tenant=held.tenant, topic_id=fanny.pk, address=CARLA)
    next_morning(travel)
    digest = delivered()[-1]
    assert all(f"@{name}" not in digest.body for name in ("elsa", "fanny"))
    address = re.search(r"/unsubscribe/[^/>]+/", digest.extra_headers["List-Unsubscribe"])
    assert address
    Client().post(address[0], {"List-Unsubscribe": "One-Click"})
    assert set(Unsubscribed.objects.values_list("topic_id", flat=True)) == {held.pk, fanny.pk}
    Client().post(address[0], {"again": "1"})
    assert set(Unsubscribed.objects.values_list("topic_id", flat=True)) == {fanny.pk}


def test_what_a_digest_told_is_noted_as_sent_and_comes_back_with_it(held: Connection, travel: Any) -> None:
    next_morning(travel)
    delivered()
    assert ReconnectRequest.objects.get(connection=held).sent_at
    assert OutboxMessage.objects.get(topic_id=held.pk).state == State.SENT


def test_a_former_address_of_a_member_is_told_that_it_gets_nothing(tenant: Tenant) -> None:
    member = make_member(tenant)
    connection = make_connection(tenant=tenant, connected_by=member)
    message = OutboxMessage.objects.create(
        kind="revived", tenant=tenant, recipient=member.email, topic_id=connection.pk, dedupe_key="1"
    )
    type(member).objects.filter(pk=member.pk).update(email="elsewhere@mail.example")
    answer = Client().post(f"/unsubscribe/{unsubscribing.token_of(message)}/", {"List-Unsubscribe": "One-Click"})
    assert "You get no more" in answer.content.decode()


def test_who_deletes_an_account_stays_unsubscribed_elsewhere(die: Die) -> None:
    user, anna = make_user(CARLA), die(handle="anna")
    unsubscribing.switch(OutboxMessage.objects.get(), on=False, now=NOW)
    delete_account(user)
    mail_reconnect_link(anna, kind="reconnect_reminder_1", now=NOW, occasion="again")
    assert delivered() == []


@pytest.mark.parametrize("lifetime", [1, 7])
def test_a_mail_that_waited_carries_a_link_that_opens(lifetime: int, die: Die, travel: Any, settings: Any) -> None:
    settings.LINK_LIFETIME_DAYS = lifetime
    die(handle="dana")
    travel(NOW + 8 * DAY)
    [message] = delivered()
    assert Client().get(links_in(message.body)[0]).status_code == 200
    assert Link.objects.get().expires_at == NOW + (8 + lifetime) * DAY
