"""Within thirty days an owner can undo the deletion; the keys stay gone."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.core.management import call_command

from accounts.erasure import GRACE
from accounts.models import Event, Role
from accounts.services.delete_workspace import delete_workspace
from accounts.services.undo_delete import undo_delete
from tests.accounts.people import read
from tests.factories import credential_of, make_connection, make_member
from tests.races import together
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
THEN = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def deleted(tenant, alice, travel):
    travel(THEN)
    make_connection(tenant=tenant, handle="creator")
    delete_workspace(tenant, by=alice)
    return tenant


def test_an_owner_opens_it_again_and_reads_what_is_gone(deleted, signed_in, alice):
    page = read(signed_in.get(f"/w/{deleted.slug}/", follow=True))
    assert "31 March 2026" in page.text
    assert "must be connected anew" in page.text
    form = page.form_of("Undo the deletion")
    response = signed_in.post(form.action, form.fields, follow=True)
    assert response.redirect_chain == [(f"/w/{deleted.slug}/", 302)]
    assert "Its accounts are disconnected: connect them anew." in read(response).text
    connection = deleted.connections.get()
    assert connection.status == "disconnected"
    assert credential_of(connection).token is None
    assert Event.objects.get(tenant=deleted, kind="workspace_restored").actor == alice.email


def test_accounts_can_be_connected_again(deleted, signed_in, alice, connect):
    undo_delete(deleted, by=alice)
    assert connect("somebody").status == "active"


def test_owners_hear_of_it_and_no_longer_that_it_was_deleted(deleted, alice):
    other = make_member(deleted, Role.OWNER)
    undo_delete(deleted, by=alice)
    call_command("deliver_notifications", verbosity=0)
    assert {message.subject for message in mail.outbox} == {"The workspace Alice & Co is open again"}
    assert sorted(message.to[0] for message in mail.outbox) == sorted([alice.email, other.email])
    assert "must be connected anew" in mail.outbox[0].body


@pytest.mark.parametrize("role", [Role.ADMIN, Role.MEMBER, Role.VIEWER])
def test_nobody_else_can(role, deleted):
    browser = sign_in(make_member(deleted, role))
    assert browser.post(f"/w/{deleted.slug}/undo-delete/").status_code == 403
    page = read(browser.get(f"/w/{deleted.slug}/deleted/"))
    assert "Undo the deletion" not in page.button_words
    assert "an owner of the workspace can undo it" in page.text


def test_after_the_grace_nobody_can(deleted, alice, travel):
    travel(THEN + GRACE)
    browser = sign_in(alice)
    assert "is over" in read(browser.get(f"/w/{deleted.slug}/deleted/")).text
    response = browser.post(f"/w/{deleted.slug}/undo-delete/", follow=True)
    assert "is over" in read(response).text
    deleted.refresh_from_db()
    assert deleted.deleted_at == THEN


def test_until_the_last_second_of_it_an_owner_can(deleted, alice, travel):
    travel(THEN + GRACE - dt.timedelta(seconds=1))
    assert undo_delete(deleted, by=alice)


def test_a_workspace_that_is_not_deleted_has_nothing_to_undo(tenant, signed_in):
    assert signed_in.get(f"/w/{tenant.slug}/deleted/")["Location"] == f"/w/{tenant.slug}/"
    assert signed_in.post(f"/w/{tenant.slug}/undo-delete/")["Location"] == f"/w/{tenant.slug}/"
    assert not Event.objects.filter(kind="workspace_restored").exists()


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_undo_it_at_once_undo_it_once(tenant, alice):
    delete_workspace(tenant, by=alice)
    assert sorted(together(*[lambda: undo_delete(tenant, by=alice)] * 2)) == [False, True]
    assert Event.objects.filter(kind="workspace_restored").count() == 1
