"""Design rule 7: who is told about a connection."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from accounts.models import Membership, Role
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_member, make_tenant, make_user
from tests.tokens.journeys import allow, leave_from, sign_in
from tokens.services import recipients

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned(alice, tenant):
    """A workspace with two owners, an admin and a member who connected an account."""
    make_member(tenant, Role.OWNER, user=make_user("zoe@example.com"))
    make_member(tenant, Role.ADMIN, user=make_user("adam@example.com"))
    bob = make_member(tenant, Role.MEMBER, user=make_user("bob@example.com"))
    return make_connection(tenant=tenant, connected_by=bob)


def test_the_contact_address_alone_where_there_is_one(owned):
    owned.contact_email = "Carla@Creator.example"
    assert recipients.of_connection(owned) == ["carla@creator.example"]


def test_else_the_member_who_connected_it(owned):
    assert recipients.of_connection(owned) == ["bob@example.com"]


def test_else_the_owners(owned):
    owned.connected_by = None
    assert recipients.of_connection(owned) == ["alice@example.com", "zoe@example.com"]


def test_a_member_removed_since_is_not_told(owned):
    Membership.objects.filter(user=owned.connected_by).delete()
    assert recipients.of_connection(owned) == ["alice@example.com", "zoe@example.com"]


def test_a_member_of_another_workspace_is_not_told(owned):
    Membership.objects.filter(user=owned.connected_by).delete()
    make_member(make_tenant(), Role.OWNER, user=owned.connected_by)
    assert recipients.of_connection(owned) == ["alice@example.com", "zoe@example.com"]


def test_a_member_whose_account_was_closed_is_not_told(owned):
    owned.connected_by.is_active = False
    owned.connected_by.save()
    assert recipients.of_connection(owned) == ["alice@example.com", "zoe@example.com"]


def test_an_imported_connection_tells_the_owners(owned, tenant):
    assert recipients.of_connection(make_connection(tenant=tenant)) == ["alice@example.com", "zoe@example.com"]


def test_no_address_gets_two_copies(owned, emulator):
    owned.contact_email = owned.connected_by.email
    assert recipients.of_connection(owned) == ["bob@example.com"]


@pytest.mark.django_db(transaction=True)
def test_a_death_is_mailed_to_the_contact_address_once(tenant, emulator, alice):
    emulator.state.add_person("anna")
    make_connection(tenant=tenant, token=emulator.state.issue_token("anna"), contact_email="anna@creator.example")
    emulator.state.change_password("anna")
    call_command("check_tokens", "--all")
    call_command("check_tokens", "--all")
    assert list(OutboxMessage.objects.values_list("recipient", flat=True)) == ["anna@creator.example"]


def test_a_member_who_reconnects_on_screen_is_not_mailed_about_it(dead, tenant, alice):
    browser = sign_in(alice)
    browser.get(allow(leave_from(browser, f"/w/{tenant.slug}/connections/{dead.pk}/reconnect/"), "creator"))
    dead.refresh_from_db()
    assert dead.status == "active"
    assert not OutboxMessage.objects.exists()


def test_a_member_who_disconnects_on_screen_is_not_mailed_about_it(dead, tenant, alice):
    sign_in(alice).post(f"/w/{tenant.slug}/connections/{dead.pk}/disconnect/", {"confirm": "yes"})
    dead.refresh_from_db()
    assert dead.status == "disconnected"
    assert not OutboxMessage.objects.exists()
