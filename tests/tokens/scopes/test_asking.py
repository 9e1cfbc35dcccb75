"""Workers ask those who are marked: one mail with a link each, and none to whom it concerns no more."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Event, Role
from accounts.services.delete_workspace import delete_workspace
from notifications.models import OutboxMessage
from tests import queue
from tests.factories import make_connection, make_member, make_meta_app, make_tenant
from tests.tokens.helpers import events_of, owed
from tests.tokens.scopes.conftest import BASIC, INSIGHTS, PUBLISH
from tokens import tasks
from tokens.models import Brake, Connection, Link
from tokens.services import ask_permissions, brake
from tokens.services.ask_permissions import ask_waiting
from tokens.services.disconnect import disconnect
from tokens.services.erase_tenant_secrets import erase_tenant_secrets

pytestmark = pytest.mark.django_db
ANNA = "anna@creator.example"


@pytest.fixture(autouse=True)
def publish_is_needed(need):
    need(BASIC, PUBLISH)


@pytest.fixture
def anna(tenant):
    return mark(tenant, handle="anna", contact_email=ANNA)


def mark(tenant, **columns):
    """An account that lacks what is needed, and is to be asked."""
    return make_connection(**{"tenant": tenant, "permissions": [BASIC], "asking_since": timezone.now(), **columns})


def waits(connection):
    connection.refresh_from_db()
    return connection.asking_since is not None


def go():
    return dict(ask_waiting(go_on=lambda: True))


def test_who_is_marked_gets_one_mail_with_a_link_and_history_tells(anna):
    assert tasks.ask_permissions() == {"asked": 1}
    assert owed("permission_missing") == [ANNA]
    [link] = Link.objects.filter(connection=anna)
    assert (link.recipients, link.kind) == ([ANNA], "reconnect")
    assert OutboxMessage.objects.get().subject_id == link.pk
    [event] = Event.objects.filter(subject_id=anna.pk)
    assert (event.kind, event.actor) == ("permission_asked", "Perennial")
    assert event.text == f"Asked for {PUBLISH}: a reconnect link was mailed to {ANNA}."
    assert not waits(anna)


def test_a_second_turn_mails_nobody(anna):
    go()
    assert go() == {}
    assert owed() == [ANNA]


def test_nobody_who_is_not_marked_is_asked(anna, tenant):
    make_connection(tenant=tenant, permissions=[BASIC], contact_email="other@creator.example")
    go()
    assert owed() == [ANNA]


def test_who_has_allowed_it_meanwhile_is_not_asked(anna):
    Connection.objects.update(permissions=[BASIC, PUBLISH])
    assert go() == {"dropped": 1}
    assert (owed(), waits(anna), events_of(anna)) == ([], False, [])


def test_nor_where_it_is_needed_no_more(anna, need):
    need(BASIC, INSIGHTS)
    Connection.objects.update(permissions=[BASIC, INSIGHTS])
    assert go() == {"dropped": 1}
    assert owed() == []


def test_nor_who_ended_or_was_disconnected_meanwhile(anna, tenant, alice):
    dead = mark(tenant)
    Connection.objects.filter(pk=dead.pk).update(status="inactive", reason="expired")
    disconnect(anna, by=alice)
    assert go() == {"dropped": 2}
    assert owed() == []
    assert not waits(anna)


def test_nor_anybody_of_a_workspace_that_was_deleted(anna, tenant, alice):
    delete_workspace(tenant, by=alice)
    OutboxMessage.objects.all().delete()
    assert go() == {"dropped": 1}
    # As it would be if the deletion had not disconnected it yet.
    Connection.objects.update(status="active", asking_since=timezone.now())
    assert go() == {"dropped": 1}
    assert owed() == []


def test_nor_where_instagram_does_not_tell_any_more(anna):
    Connection.objects.update(permissions=None)
    assert go() == {"dropped": 1}


def test_while_the_brake_holds_nobody_is_asked_and_everybody_waits(anna, tenant):
    own = make_meta_app(tenant=tenant)
    by_own = mark(tenant, meta_app=own, contact_email="own@creator.example")
    type(own).objects.filter(pk=own.pk).update(scopes=[BASIC, PUBLISH])
    brake.fall(anna.meta_app_id, Brake.Cause.DEATHS, timezone.now())
    assert tasks.ask_permissions() == {"asked": 1}
    assert owed("permission_missing") == ["own@creator.example"]
    assert waits(anna)
    assert not waits(by_own)
    assert queue.waiting() == [], "a worker would be rung for nothing"
    brake.lift(Brake.objects.get(), by="staff@example.com", now=timezone.now())
    assert tasks.ask_permissions() == {"asked": 1}
    assert not waits(anna)


def test_a_brake_that_falls_in_that_very_moment_holds_it(anna):
    brake.fall(anna.meta_app_id, Brake.Cause.OURS, timezone.now())
    assert ask_permissions.ask(anna.pk, timezone.now()) == "held"
    assert waits(anna)
    assert owed("permission_missing") == []


def test_without_a_contact_the_owners_are_asked_and_without_anybody_history_says_so(tenant, alice):
    first = mark(tenant)
    make_member(tenant, Role.OWNER)
    go()
    assert alice.email in owed("permission_missing")
    assert len(owed("permission_missing")) == 2
    nobody = make_tenant()
    nobody.memberships.all().delete()
    lonely = mark(nobody)
    assert go() == {"asked": 1}
    assert "there is nobody to mail" in Event.objects.get(subject_id=lonely.pk).text
    assert not waits(first)


def test_a_turn_is_bounded_and_rings_for_the_rest(tenant, monkeypatch):
    monkeypatch.setattr(ask_permissions, "BATCH", 2)
    for number in range(5):
        mark(tenant, contact_email=f"c{number}@creator.example")
    assert tasks.ask_permissions() == {"asked": 2}
    assert [task["func"] for task in queue.waiting() if "ask" in task["func"]] == ["tokens.tasks.ask_permissions"]
    tasks.ask_permissions()
    assert tasks.ask_permissions() == {"asked": 1}
    assert len(set(owed("permission_missing"))) == 5


def test_the_longest_waiting_go_first(tenant, monkeypatch):
    monkeypatch.setattr(ask_permissions, "BATCH", 1)
    mark(tenant, contact_email="late@creator.example")
    mark(tenant, contact_email="early@creator.example", asking_since=timezone.now() - dt.timedelta(hours=1))
    go()
    assert owed() == ["early@creator.example"]


def test_a_worker_that_is_told_to_stop_leaves_the_rest(anna):
    assert dict(ask_waiting(go_on=lambda: False)) == {}
    assert waits(anna)


def test_each_minutes_sweep_rings_where_somebody_waits(anna):
    tasks.sweep()
    assert [task["func"] for task in queue.waiting()] == ["tokens.tasks.ask_permissions"]
    go()
    queue.lose()
    tasks.sweep()
    assert "tokens.tasks.ask_permissions" not in [task["func"] for task in queue.waiting()]


def test_very_many_owners_do_not_spoil_the_line_of_history(tenant):
    for _ in range(40):
        make_member(tenant, Role.OWNER)
    connection = mark(tenant)
    assert go() == {"asked": 1}
    assert len(Event.objects.get(subject_id=connection.pk).text) == 500


def test_erasing_secrets_of_a_workspace_leaves_nobody_to_ask(anna, tenant):
    erase_tenant_secrets(tenant, timezone.now())
    assert go() == {"dropped": 1}
    assert owed() == []
