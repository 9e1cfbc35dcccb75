"""Getting one's data: all of it in a file, never a secret, and nothing of a workspace that one is not in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import derived, events
from accounts.models import Invitation, Membership, Role, Tenant, User
from accounts.own_data import own_data
from accounts.services.leave_workspace import leave_workspace
from notifications.models import OutboxMessage, State
from notifications.silence import silence
from tests.accounts.people import read, sign_in
from tests.conftest import PASSWORD
from tests.factories import make_connection, make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db
DATA = "/accounts/data/"
SECRET = "s3cr3t-of-a-second-factor"


@pytest.fixture
def browser(alice: User, tenant: Tenant) -> Client:
    client = Client(headers={"User-Agent": "Firefox"})
    sign_in(client, alice.email, PASSWORD)
    return client


def download(browser: Client) -> Any:
    answer = browser.post(DATA)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json; charset=utf-8")
    return json.loads(answer.content)


def test_the_page_says_what_is_held_and_has_one_button(browser: Client) -> None:
    page = read(browser.get(DATA))
    for words in ("e-mail addresses", "sessions", "workspaces", "Instagram accounts", "history", "mails"):
        assert words in page.text
    assert page.form_of("Download my data")


def test_the_answer_is_a_file_that_nobody_keeps(browser: Client) -> None:
    answer = browser.post(DATA)
    name = f"perennial-my-data-{timezone.now():%Y-%m-%d}.json"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "no-store" in answer["Cache-Control"]


def test_account_addresses_and_sessions_are_in_it(browser: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="second@example.com", verified=False)
    told = download(browser)
    assert told["account"]["email"] == alice.email
    assert told["account"]["joined_at"].endswith("Z")
    assert [each["email"] for each in told["email_addresses"]] == [alice.email, "second@example.com"]
    assert [(each["ip"], each["user_agent"]) for each in told["sessions"]] == [("127.0.0.1", "Firefox")]


def test_memberships_invitations_and_connections_are_in_it(browser: Client, alice: User, tenant: Tenant) -> None:
    made = make_connection(tenant=tenant, handle="creator", connected_by=alice)
    make_connection(tenant=tenant, handle="somebody.elses", connected_by=make_member(tenant))
    Invitation.objects.create(
        tenant=make_tenant("Inviting"),
        email=alice.email,
        role=Role.VIEWER,
        nonce=SECRET,
        token_hash=derived.digest(SECRET),
        expires_at=timezone.now(),
    )
    told = download(browser)
    assert [(each["workspace"], each["role"]) for each in told["workspaces"]] == [(tenant.name, "owner")]
    assert [(each["workspace"], each["role"]) for each in told["invitations"]] == [("Inviting", "viewer")]
    assert [(each["workspace"], each["handle"]) for each in told["connections"]] == [(tenant.name, "creator")]
    assert told["connections"][0]["instagram_id"] == made.instagram_id


def test_what_one_did_is_in_it_and_what_others_did_is_not(browser: Client, alice: User, tenant: Tenant) -> None:
    events.record(tenant=tenant, kind="noted", text="Alice's act.", actor=alice.email)
    events.record(tenant=tenant, kind="noted", text="Bob's act.", actor="bob@example.com")
    events.record(tenant=tenant, kind="refreshed", text="The product's act.")
    told = download(browser)["what_you_did"]
    assert [each["text"] for each in told] == ["The workspace “Alice & Co” was created.", "Alice's act."]


def test_mails_that_were_sent_are_in_it(browser: Client, alice: User, tenant: Tenant) -> None:
    for number, recipient in enumerate([alice.email, "bob@example.com"]):
        OutboxMessage.objects.create(
            tenant=tenant, kind="revived", recipient=recipient, dedupe_key=str(number), state=State.SENT, due_at=None
        )
    silence(alice.email, tenant_id=tenant.pk, why="bounced", now=timezone.now())
    [silenced] = download(browser)["addresses_that_take_no_mail"]
    assert (silenced["email"], silenced["workspace"]) == (alice.email, tenant.name)
    told = download(browser)["mails_to_you"]
    assert [(each["kind"], each["email"]) for each in told] == [("revived", alice.email)]


def test_no_secret_is_in_it(browser: Client, alice: User, tenant: Tenant) -> None:
    make_connection(tenant=tenant, connected_by=alice, token=f"IGAA{SECRET}")
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": SECRET})
    text = browser.post(DATA).content.decode()
    told = json.loads(text)
    assert [each["type"] for each in told["ways_to_confirm_sign_in"]] == ["totp"]
    keys = UserSession.objects.values_list("session_key", flat=True)
    alice.refresh_from_db()
    for secret in (SECRET, alice.password, *keys):
        assert secret not in text


def test_of_a_workspace_that_was_left_only_ones_own_acts_remain(browser: Client, alice: User) -> None:
    left = make_tenant("Left", owner=make_user("owner@example.com"))
    make_member(left, user=alice)
    make_connection(tenant=left, handle="theirs.now", connected_by=alice)
    events.record(tenant=left, kind="noted", text="What the owner did.", actor="owner@example.com")
    leave_workspace(Membership.objects.get(tenant=left, user=alice))
    text = browser.post(DATA).content.decode()
    told = json.loads(text)
    assert [each["kind"] for each in told["what_you_did"] if each["workspace"] == "Left"] == ["member_left"]
    assert all(each["workspace"] != "Left" for each in told["workspaces"] + told["connections"])
    assert "theirs.now" not in text
    assert "owner@example.com" not in text


def test_an_address_that_is_only_claimed_opens_nothing(browser: Client, alice: User) -> None:
    EmailAddress.objects.create(user=alice, email="victim@example.com", verified=False)
    victims = make_tenant("Victims", owner=make_user("victim@example.com"))
    make_connection(tenant=victims, handle="victims.own")
    assert "Victims" not in browser.post(DATA).content.decode()


def test_a_visitor_is_sent_to_sign_in(client: Client) -> None:
    assert client.post(DATA)["Location"].startswith("/accounts/login/")
    assert client.get(DATA)["Location"].startswith("/accounts/login/")


def test_it_takes_as_many_queries_for_a_long_history_as_for_a_short_one(alice: User, tenant: Tenant) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            own_data(alice)
        return len(asked)

    make_connection(tenant=tenant, connected_by=alice)
    before = queries()
    for number in range(20):
        events.record(tenant=make_tenant(), kind="noted", text=f"Act {number}.", actor=alice.email)
        make_connection(tenant=tenant, connected_by=alice)
    assert queries() == before
