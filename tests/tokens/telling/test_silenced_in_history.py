"""The history says what was mailed: a link for an address that takes no mail is not told as one that was mailed."""

from __future__ import annotations

import pytest

from accounts.models import Event
from notifications.models import SilencedAddress, Unsubscribed
from tests.factories import make_connection, make_tenant
from tests.tokens.telling.conftest import NOW
from tokens.models import Connection
from tokens.services.mail_link import what_became_of_it
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db
ANNA = "anna@creator.example"


@pytest.fixture
def connection() -> Connection:
    return make_connection(tenant=make_tenant(), contact_email=ANNA)


def silence(connection: Connection, address: str) -> None:
    SilencedAddress.objects.create(tenant=connection.tenant, address=address, why="refused", since=NOW)


def told(connection: Connection) -> str:
    assert send_link(connection, actor="somebody")
    return str(Event.objects.get(kind="link_sent", subject_id=connection.pk).text)


def test_a_link_that_is_mailed_is_told_with_the_address(connection):
    assert told(connection) == f"A reconnect link was mailed to {ANNA}."


def test_one_for_an_address_that_takes_no_mail_is_not_told_as_mailed(connection):
    silence(connection, ANNA)
    assert told(connection) == f"No mail is sent to {ANNA}, where an earlier one was refused."


def test_another_workspaces_refusals_are_none_of_this_one(connection):
    silence(make_connection(tenant=make_tenant(), contact_email=ANNA), ANNA)
    assert told(connection) == f"A reconnect link was mailed to {ANNA}."


def test_who_unsubscribed_is_not_told_as_mailed_unless_somebody_asked_for_it(connection):
    Unsubscribed.objects.create(tenant=connection.tenant, topic_id=connection.pk, address=ANNA)
    assert what_became_of_it(connection, [ANNA]) == f"a reconnect link was mailed to {ANNA}"
    off = f"no mail is sent to {ANNA}, who unsubscribed"
    assert what_became_of_it(connection, [ANNA], asked_for=False) == off
