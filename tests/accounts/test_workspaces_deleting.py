"""Deleting: a typed confirmation, every secret erased at once, nothing left that goes on by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Event, Invitation, Role
from accounts.services.delete_workspace import delete_workspace
from tests.accounts.people import read
from tests.factories import credential_of, make_connection, make_connections, make_member, make_tenant, make_user
from tests.isolation.population import populate
from tests.isolation.routes import asked, routes
from tests.rows import all_rows
from tests.tokens.fake_meta import FakeMeta
from tests.tokens.helpers import claimed
from tests.tokens.journeys import allow, leave, sign_in
from tokens.fields import newest_key_id, seal
from tokens.meta import InstagramClient, MetaTransient
from tokens.models import ConnectAttempt, Connection, Credential, ImportLine, Link, MetaApp, Status, TokenImport
from tokens.services import links
from tokens.services.attempt import work
from tokens.services.claims import claim_batch

pytestmark = pytest.mark.django_db
ALSO_DELETED = {"workspace_deleted", "undo_delete"}


def delete(browser: Any, tenant: Any, confirm: str | None = None) -> Any:
    name = tenant.name if confirm is None else confirm
    return browser.post(f"/w/{tenant.slug}/settings/delete/", {"confirm": name}, follow=True)


def test_the_page_says_what_happens_and_asks_for_the_name(signed_in, tenant):
    page = read(signed_in.get(f"/w/{tenant.slug}/settings/delete/"))
    assert page.form_of("Delete the workspace").visible == ["confirm"]
    for words in ("at once and for good", "Until", "an owner can undo it", "history"):
        assert words in page.text


@pytest.mark.parametrize("typed", ["", "yes", "alice & co", "Alice", "Alice & Co\0", "x" * 201])
def test_another_word_than_the_name_deletes_nothing(typed, signed_in, tenant):
    make_connection(tenant=tenant)
    before = all_rows(apart_from=frozenset({"django_session", "perennial_cache", "usersessions_usersession"}))
    response = delete(signed_in, tenant, typed)
    assert response.status_code == 200
    assert "aria-invalid" in response.content.decode()
    assert all_rows(apart_from=frozenset({"django_session", "perennial_cache", "usersessions_usersession"})) == before


def test_the_name_may_stand_between_spaces(signed_in, tenant):
    delete(signed_in, tenant, f"  {tenant.name} ")
    tenant.refresh_from_db()
    assert tenant.deleted_at is not None


def test_every_secret_is_erased_in_the_same_moment():
    ours, theirs = populate("zebrafish"), populate("quicksilver")
    for made in (ours, theirs):
        job = TokenImport.objects.get(tenant=made.tenant)
        sealed = {"content": seal("a line"), "key_id": newest_key_id()}
        ImportLine.objects.create(tenant=made.tenant, token_import=job, number=9, **sealed)
        ConnectAttempt.objects.filter(tenant=made.tenant).update(
            pending="code", pending_secret=seal("a code"), pending_until=timezone.now() + dt.timedelta(hours=1)
        )
    delete_workspace(ours.tenant, by=ours.people[Role.OWNER])
    assert secrets_of(ours.tenant) == 0
    assert secrets_of(theirs.tenant) == 5
    assert set(Connection.objects.for_tenant(ours.tenant).values_list("status", "reason")) == {("disconnected", "")}
    assert not Credential.objects.for_tenant(ours.tenant).exclude(due_at=None, check_due_at=None).exists()
    assert not Link.objects.open().for_tenant(ours.tenant).exists()
    assert not TokenImport.objects.open().for_tenant(ours.tenant).exists()
    assert not Invitation.objects.for_tenant(ours.tenant).filter(withdrawn_at=None).exists()
    assert Link.objects.open().for_tenant(theirs.tenant).count() == 2
    assert Invitation.objects.for_tenant(theirs.tenant).get().withdrawn_at is None


def secrets_of(tenant: Any) -> int:
    return (
        Credential.objects.for_tenant(tenant).filter(token__isnull=False).count()
        + ConnectAttempt.objects.for_tenant(tenant).filter(pending_secret__isnull=False).count()
        + MetaApp.objects.for_tenant(tenant).filter(secret__isnull=False).count()
        + ImportLine.objects.for_tenant(tenant).filter(content__isnull=False).count()
    )


def test_the_number_of_statements_does_not_grow_with_the_workspace(alice):
    few, many = make_tenant("Few", owner=alice), make_tenant("Many", owner=alice)
    make_connection(tenant=few)
    make_connections(40, tenant=many)
    counts = []
    for tenant in (few, many):
        with CaptureQueriesContext(database) as captured:
            delete_workspace(tenant, by=alice)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_owners_are_mailed_and_the_history_tells(tenant, alice):
    other = make_member(tenant, Role.OWNER)
    make_member(tenant, Role.ADMIN)
    delete_workspace(tenant, by=alice)
    call_command("deliver_notifications", verbosity=0)
    assert sorted(message.to[0] for message in mail.outbox) == sorted([alice.email, other.email])
    for message in mail.outbox:
        assert message.subject == "The workspace Alice & Co was deleted"
        assert alice.email in message.body
        assert f"/w/{tenant.slug}/deleted/" in message.body
    told = Event.objects.get(tenant=tenant, kind="workspace_deleted")
    assert told.actor == alice.email


def test_deleting_twice_is_deleting_once(tenant, alice):
    delete_workspace(tenant, by=alice)
    before = all_rows()
    delete_workspace(tenant, by=alice)
    assert all_rows() == before


@pytest.mark.parametrize("role", list(Role))
def test_members_are_led_from_every_page_to_the_one_that_says_so(role, emulator):
    made = populate("zebrafish")
    delete_workspace(made.tenant, by=made.people[Role.OWNER])
    browser, there = sign_in(made.people[role]), f"/w/{made.tenant.slug}/deleted/"
    walked = [route for route in routes() if route.of_a_workspace and route.name not in ALSO_DELETED]
    assert len(walked) > 20
    ids = {kind: values[:1] for kind, values in made.ids().items()}
    before = all_rows(apart_from=frozenset({"django_session", "perennial_cache", "usersessions_usersession"}))
    for route in walked:
        for method, url in asked(route.urls(made.tenant.slug, ids)):
            response = getattr(browser, method)(url)
            assert (response.status_code, response["Location"], url, method) == (302, there, url, method)
    assert all_rows(apart_from=frozenset({"django_session", "perennial_cache", "usersessions_usersession"})) == before
    page = read(browser.get(there))
    assert "was deleted" in page.text
    assert ("Undo the deletion" in page.button_words) == (role == Role.OWNER)


def test_strangers_learn_nothing_of_a_deleted_workspace(tenant, alice):
    delete_workspace(tenant, by=alice)
    browser = sign_in(make_user())
    assert [browser.get(f"/w/{tenant.slug}/{page}").status_code for page in ("", "deleted/", "settings/")] == [404] * 3


def test_an_answer_of_meta_that_comes_late_brings_nothing_back(tenant, alice):
    connection = make_connection(tenant=tenant, due_at=timezone.now())
    claim, meta = claimed(connection), FakeMeta()
    delete_workspace(tenant, by=alice)
    before = all_rows(apart_from=frozenset({"tokens_calltally", "tokens_metaapp"}))
    assert work(claim, meta.client_for, pause=lambda seconds: None) == "lost"
    assert credential_of(connection).token is None
    assert all_rows(apart_from=frozenset({"tokens_calltally", "tokens_metaapp"})) == before
    assert claim_batch("refresh", 1) == []
    assert claim_batch("check", 1) == []


def test_a_consent_that_comes_back_late_connects_nothing(signed_in, tenant, alice, emulator):
    emulator.state.add_person("creator")
    address = leave(signed_in, tenant.slug)
    delete_workspace(tenant, by=alice)
    assert signed_in.get(allow(address, "creator")).status_code == 400
    assert not Connection.objects.for_tenant(tenant).exists()


def test_a_consent_that_is_being_finished_connects_nothing(signed_in, tenant, alice, emulator, monkeypatch):
    emulator.state.add_person("creator")
    address = leave(signed_in, tenant.slug)
    from_meta = emulator_deletes(monkeypatch, tenant, alice)
    response = signed_in.get(allow(address, "creator"), follow=True)
    assert from_meta == ["asked"]
    assert response.status_code == 200
    assert not Connection.objects.for_tenant(tenant).exists()
    assert secrets_of(tenant) == 0


def emulator_deletes(monkeypatch: Any, tenant: Any, by: Any) -> list[str]:
    """The workspace is deleted while Instagram is asked who it is."""
    asked: list[str] = []
    real = InstagramClient.me

    def me(client: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append("asked")
        delete_workspace(tenant, by=by)
        return real(client, *args, **kwargs)

    monkeypatch.setattr(InstagramClient, "me", me)
    return asked


def test_what_would_wait_for_finishing_is_not_kept(signed_in, tenant, alice, emulator, monkeypatch):
    emulator.state.add_person("creator")
    address = leave(signed_in, tenant.slug)

    def exchange(client: Any, *args: Any, **kwargs: Any) -> Any:
        delete_workspace(tenant, by=alice)
        raise MetaTransient("timeout", call="code_exchange")

    monkeypatch.setattr(InstagramClient, "exchange_code", exchange)
    signed_in.get(allow(address, "creator"))
    assert secrets_of(tenant) == 0
    assert ConnectAttempt.objects.get().pending == ""


@pytest.mark.parametrize("kind", ["connect", "reconnect"])
def test_links_of_a_deleted_workspace_open_nothing(kind, tenant, alice, client, emulator):
    connection = make_connection(tenant=tenant, contact_email="creator@example.com")
    link = links.issue(connection, recipients=["creator@example.com"])
    if kind == "connect":
        link = links.issue_connect(tenant, email="creator@example.com", handle="", invited_by=alice)
    delete_workspace(tenant, by=alice)
    for method in (client.get, client.post):
        response = method(f"/link/{links.token_of(link)}/")
        assert response.status_code == 410
    client.post(f"/link/{links.token_of(link)}/new/")
    call_command("deliver_notifications", verbosity=0)
    assert [message.to for message in mail.outbox] == [[alice.email]]
    assert Connection.objects.get().status == Status.DISCONNECTED
    assert emulator.state.requests() == []
