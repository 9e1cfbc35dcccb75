"""After a deletion no row of any table tells who it was, and nothing of anybody else is gone."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from accounts import derived, events
from accounts.models import Event, Invitation, Role
from accounts.services import invitations
from notifications.models import OutboxMessage
from notifications.services import notify
from tests.factories import make_connection, make_member, make_meta_app, make_tenant, make_user
from tests.rows import all_rows
from tests.tokens.callbacks.signing import ask_deletion
from tokens.models import Brake, ConnectAttempt, Connection, ImportLine, Link, Strike, TokenImport
from tokens.services import links
from tokens.services.disconnect import disconnect
from tokens.services.invite_creator import invite_creator
from tokens.services.mail_link import mail_reconnect_link
from tokens.services.send_link import send_link
from tokens.services.set_contact import set_contact
from tokens.services.take_names import take_names
from tokens.services.withdraw_link import withdraw_link

pytestmark = pytest.mark.django_db
WORDS = ["anna_quux", "anna_before", "Anna Quux", "Anna Before", "anna@creator.example", "anna.old@creator.example"]


@pytest.fixture
def owner(db):
    return make_user("owner@agency.example")


@pytest.fixture
def workspace(owner):
    return make_tenant("Agency", owner=owner)


@pytest.fixture
def anna(workspace, owner):
    """An account with a long life: everything that the product writes about one has been written."""
    now = timezone.now()
    anna = make_connection(
        tenant=workspace, handle="anna_before", name="Anna", contact_email="anna.old@creator.example",
        exchange_user_id="777001777", connected_by=owner, consented_at=now - dt.timedelta(days=3),
    )  # fmt: skip
    for email, handle in [("anna.old@creator.example", "anna_before"), ("anna@creator.example", "")]:
        assert invite_creator(workspace, email=email, handle=handle, by=owner) in {"sent", "connected"}
    invitation = links.issue_connect(
        workspace, email="anna.old@creator.example", handle="anna_before", invited_by=owner
    )
    text = f"@anna_before was connected. {owner} had invited anna.old@creator.example."
    events.record(tenant=workspace, kind="connected", text=text, subject_id=anna.pk, actor="the connect link")
    Link.objects.filter(pk=invitation.pk).update(connection=anna, used_at=now)
    take_names(anna, handle="anna_before", name="Anna Before", now=now)
    take_names(anna, handle="anna_quux", name="Anna Quux", now=now)
    set_contact(anna, email="anna@creator.example", by=owner)
    anna.refresh_from_db()
    send_link(anna, actor=owner.email)
    mail_reconnect_link(anna, kind="reconnect_needed", now=now)
    notify(kind="our_fault", recipients=["staff@perennial.example"], tenant_id=None, subject_id=anna.pk, dedupe_key="x")
    notify(
        kind="connect_invitation", recipients=["anna@creator.example"], tenant_id=workspace.pk, subject_id=uuid.uuid4(),
        dedupe_key="of a link that is gone",
    )  # fmt: skip
    Strike.objects.create(meta_app=anna.meta_app, tenant=workspace, connection=anna, cause=Brake.Cause.OURS, at=now)
    _attempts(anna, owner, now)
    _imports(anna, owner)
    _others_that_name_it(anna, owner)
    kind = ContentType.objects.get_for_model(Connection)
    LogEntry.objects.create(
        user=owner, content_type=kind, object_id=str(anna.pk), object_repr="@anna_quux", action_flag=2,
        change_message="Refreshed @anna_quux.",
    )  # fmt: skip
    return anna


def _attempts(anna, owner, now):
    columns = {"tenant": anna.tenant, "meta_app": anna.meta_app, "user": owner, "session_hash": "0" * 64}
    columns |= {"expires_at": now, "used_at": now}
    for number, details in enumerate(
        [
            {"connection": anna, "outcome": "denied"},
            {"outcome": "wrong_account", "handles": {"expected": "somebody", "found": "anna_quux"}},
            {"outcome": "connected", "handles": {"found": "Anna_Before"}},
            {"outcome": "unfinished", "pending": "short_token", "pending_facts": {"user_id": "777001777"}},
        ]
    ):
        ConnectAttempt.objects.create(state_hash=derived.digest(f"state{number}"), **columns, **details)


def _imports(anna, owner):
    job = TokenImport.objects.create(tenant=anna.tenant, user=owner, file_name="anna_quux.csv", lines=3)
    for number, sentence in enumerate(["@anna_quux", "@anna_quux holds a newer token.", f"@{anna.instagram_id}"]):
        ImportLine.objects.create(
            tenant=anna.tenant, token_import=job, number=number, outcome="imported", sentence=sentence
        )


def _others_that_name_it(anna, owner):
    tenant = anna.tenant
    text = "@anna_quux is connected through another Meta app now; this older connection was ended and its key erased."
    events.record(tenant=tenant, kind="replaced", text=text, subject_id=uuid.uuid4(), actor=owner.email)
    events.record(tenant=tenant, kind="import_finished", text="The import of “anna_quux.csv” is finished: 1 imported.")
    events.record(tenant=tenant, kind="own_app_trouble", text="Of “Anna Quux” nobody knows.")
    events.record(tenant=tenant, kind="noted", text="Noted.", detail={"ids": [int(anna.instagram_id)]})
    events.record(tenant=tenant, kind="noted", text="Noted.", actor="anna@creator.example")


def traces(anna):
    return [*WORDS, anna.instagram_id, anna.app_scoped_id, "777001777"]


def where(word):
    return {table for table, rows in all_rows().items() if any(word.lower() in row.lower() for row in rows)}


def test_the_population_writes_each_word_somewhere(anna):
    for word in traces(anna):
        assert where(word), word
    assert {"tokens_link", "notifications_outboxmessage", "accounts_event"} <= where("anna@creator.example")
    assert {"tokens_connectattempt", "tokens_importline", "tokens_tokenimport", "django_admin_log"} <= where(
        "anna_quux"
    )


def test_no_table_tells_who_it_was(anna):
    ask_deletion(anna.instagram_id)
    found = {word: where(word) for word in traces(anna)}
    assert {word: tables for word, tables in found.items() if tables} == {}


def test_no_row_but_of_history_and_staffs_log_names_the_connection(anna):
    ask_deletion(anna.instagram_id)
    assert where(str(anna.pk)) | where(anna.pk.hex) == {"accounts_event", "django_admin_log"}
    assert LogEntry.objects.values_list("object_repr", "change_message").get() == ("an erased account", "")


def test_of_its_history_kind_time_and_members_remain(anna, owner):
    before = list(Event.objects.filter(subject_id=anna.pk).order_by("pk").values_list("pk", "kind", "at", "actor"))
    ask_deletion(anna.instagram_id)
    rows = Event.objects.filter(subject_id=anna.pk).order_by("pk")
    assert list(rows.values_list("pk", "kind", "at", "actor"))[:-1] == before
    assert {(owner.email, "contact_changed"), ("the connect link", "connected")} <= {
        (row.actor, row.kind) for row in rows
    }
    assert {row.kind: row.text for row in rows}["connected"] == "An account was connected."
    assert {row.text for row in rows.filter(kind="renamed")} == {"An account changed its name."}
    assert [row.detail for row in rows if row.kind != "erased"] == [{}] * (len(rows) - 1)


def test_an_actor_who_is_the_creator_is_called_so(anna):
    ask_deletion(anna.instagram_id)
    assert Event.objects.filter(kind="noted", actor="the creator").count() == 1


def test_nobody_elses_rows_are_touched(anna, owner, workspace):
    beth = make_connection(tenant=workspace, handle="anna_quux.two", name="Quux", contact_email="beth@creator.example")
    for text in (
        "@anna_quux.two was connected.",
        "@anna_quux2 was connected.",
        "Mails go to anna@creator.example.org.",
    ):
        events.record(tenant=workspace, kind="connected", text=text, subject_id=beth.pk, actor=owner.email)
    events.record(tenant=workspace, kind="own_app_set", text="The Meta app 1 was set up.", actor=owner.email)
    links.issue(beth, recipients=["beth@creator.example"])
    elsewhere = make_tenant("Elsewhere")
    events.record(tenant=elsewhere, kind="creator_invited", text="anna@creator.example (@anna_quux) was invited.")
    kept = (
        Event.objects.filter(subject_id=beth.pk)
        | Event.objects.filter(kind="own_app_set")
        | Event.objects.filter(tenant=elsewhere)
    )
    before = list(kept.order_by("pk").values())
    ask_deletion(anna.instagram_id)
    assert list(kept.order_by("pk").values()) == before
    assert Link.objects.filter(connection=beth).exists()
    assert Connection.objects.get() == beth


def test_an_address_that_another_account_or_a_member_has_stays_theirs(workspace, owner):
    manager = make_member(workspace, Role.ADMIN, user=make_user("manager@agency.example"))
    anna = make_connection(tenant=workspace, handle="anna_quux", contact_email="desk@agency.example")
    beth = make_connection(tenant=workspace, handle="beth", contact_email="desk@agency.example")
    carl = make_connection(tenant=workspace, handle="carl", contact_email=manager.email)
    invite_creator(workspace, email="desk@agency.example", handle="dora", by=manager)
    mail_reconnect_link(beth, kind="reconnect_needed", now=timezone.now())
    ask_deletion(anna.instagram_id)
    ask_deletion(carl.instagram_id)
    assert OutboxMessage.objects.filter(recipient="desk@agency.example").count() == 2
    assert Link.objects.filter(contact_email="desk@agency.example", expected_handle="dora").exists()
    assert Event.objects.get(kind="creator_invited").actor == manager.email
    assert "desk@agency.example (@dora)" in Event.objects.get(kind="creator_invited").text


def test_what_was_connected_through_another_app_stays_with_its_history(workspace, owner):
    """A callback reaches nothing that another Meta app made, though it is the same account."""
    own = make_meta_app(tenant=workspace)
    other = make_connection(tenant=workspace, meta_app=own, handle="anna_quux", instagram_id="17841400000000044")
    events.record(tenant=workspace, kind="connected", text="@anna_quux was connected.", subject_id=other.pk)
    anna = make_connection(tenant=workspace, handle="anna_quux", instagram_id="17841400000000044")
    ask_deletion(anna.instagram_id)
    assert not Connection.objects.filter(pk=anna.pk).exists()
    assert Connection.objects.filter(pk=other.pk).exists()
    assert Event.objects.get(subject_id=other.pk).text == "@anna_quux was connected."


@pytest.mark.parametrize("handle", ["renewed", "the", "connection", "instagram", "workspace"])
def test_an_account_that_is_called_like_a_word_of_ours_does_not_empty_the_history(handle, workspace):
    for text in ("Renewed, valid for 60 days.", "The workspace was renamed.", "Instagram refused the connection."):
        events.record(tenant=workspace, kind="noted", text=text)
    before = list(Event.objects.order_by("pk").values())
    ask_deletion(make_connection(tenant=workspace, handle=handle, name=handle.title()).instagram_id)
    assert list(Event.objects.exclude(kind="erased").order_by("pk").values()) == before


def test_a_workspace_that_is_called_like_the_account_keeps_its_name(owner):
    tenant = make_tenant("Anna Quux", owner=owner)
    ask_deletion(make_connection(tenant=tenant, name="Anna Quux").instagram_id)
    assert Event.objects.get(kind="workspace_created").text == "The workspace “Anna Quux” was created."


def test_a_team_invitation_is_no_creators(workspace, owner):
    invitation = Invitation(tenant=workspace, email="anna@creator.example", role=Role.MEMBER, invited_by=owner)
    invitations.renew(invitation, timezone.now())
    invitation.save()
    anna = make_connection(tenant=workspace, contact_email="anna@creator.example")
    ask_deletion(anna.instagram_id)
    assert Invitation.objects.filter(pk=invitation.pk).exists()


def test_what_had_ended_before_goes_as_well(anna, owner):
    disconnect(anna, by=owner)
    open_one = links.issue_connect(anna.tenant, email="x@creator.example", handle="anna_quux", invited_by=owner)
    withdraw_link(open_one, by=owner)
    ask_deletion(anna.instagram_id)
    assert not Link.objects.exists()
    assert where("anna_quux") == set()
