"""Deleting one's account: what goes, what stays, who must hand over first, and several at the same moment."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import derived, events
from accounts.models import Event, Invitation, Membership, Role, Tenant, User
from accounts.services.delete_account import FORMER_MEMBER, MustHandOver, Plan, delete_account
from accounts.services.leave_workspace import leave_workspace
from notifications.models import OutboxMessage, State
from tests.accounts.people import html_of, is_signed_in, read, sign_in
from tests.conftest import PASSWORD
from tests.factories import credential_of, make_connection, make_member, make_tenant, make_user
from tests.races import together

pytestmark = pytest.mark.django_db
DELETE = "/accounts/delete/"


@pytest.fixture
def browser(alice: User, tenant: Tenant) -> Client:
    """Alice's, signed in by her password."""
    client = Client()
    sign_in(client, alice.email, PASSWORD)
    return client


@pytest.fixture
def shared(alice: User) -> Tenant:
    """A workspace of somebody else's in which Alice is a member."""
    shared = make_tenant("Shared", owner=make_user("owner@example.com"))
    make_member(shared, user=alice)
    return shared


def send(browser: Client, confirm: str = "alice@example.com", password: str = PASSWORD) -> Any:
    """Types the address, and the password where it is asked for."""
    answer = browser.post(DELETE, {"confirm": confirm})
    if answer.status_code == 302 and "/reauthenticate/" in answer["Location"]:
        form = read(browser.get(answer["Location"])).form_of("Confirm")
        answer = browser.post(form.action or answer["Location"], {**form.fields, "password": password})
    return answer


def test_the_page_says_what_goes_and_what_stays(browser: Client, tenant: Tenant, shared: Tenant) -> None:
    text = read(browser.get(DELETE)).text
    assert "What goes" in text
    assert "What stays" in text
    assert f"The workspace {tenant.name} : nobody else is in it" in text
    assert f"Your membership in {shared.name}" in text
    assert "a former member" in text


def test_the_address_and_the_password_delete_it(browser: Client, alice: User, tenant: Tenant) -> None:
    answer = send(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/deleted/")
    assert not is_signed_in(browser)
    assert "deleted" in read(browser.get(answer["Location"])).text
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not EmailAddress.objects.filter(email=alice.email).exists()


def test_without_the_password_nothing_is_deleted(browser: Client, alice: User) -> None:
    answer = browser.post(DELETE, {"confirm": alice.email})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert send(browser, password="wrong").status_code == 200
    assert User.objects.filter(pk=alice.pk).exists()


def test_whoever_proved_it_just_now_is_not_asked_again(browser: Client, alice: User) -> None:
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert browser.post(DELETE, {"confirm": alice.email})["Location"] == "/accounts/deleted/"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Type your e-mail address"),
        ("   ", "Type your e-mail address"),
        ("alice", "not the address of this account"),
        ("bob@example.com", "not the address of this account"),
        ("alice@example.com\x00", "Null characters"),
        ("a" * 10_000, "at most 254 characters"),
    ],
)
def test_another_address_is_refused_before_the_password_is_asked_for(
    typed: str, told: str, browser: Client, alice: User
) -> None:
    answer = browser.post(DELETE, {"confirm": typed})
    assert (answer.status_code, told in read(answer).text) == (200, True)
    assert User.objects.filter(pk=alice.pk).exists()


def test_the_address_may_be_typed_in_any_case(browser: Client, alice: User) -> None:
    send(browser, confirm="  Alice@Example.COM ")
    assert not User.objects.filter(pk=alice.pk).exists()


def test_a_workspace_that_nobody_else_is_in_is_deleted_along(browser: Client, alice: User, tenant: Tenant) -> None:
    connection = make_connection(tenant=tenant, connected_by=alice)
    send(browser)
    tenant.refresh_from_db()
    assert tenant.deleted_at is not None
    assert credential_of(connection).token is None
    assert not Membership.objects.filter(tenant=tenant).exists()


def test_a_workspace_with_others_goes_on(alice: User, shared: Tenant) -> None:
    connection = make_connection(tenant=shared, connected_by=alice)
    delete_account(alice)
    shared.refresh_from_db()
    connection.refresh_from_db()
    assert shared.deleted_at is None
    assert connection.connected_by is None
    assert connection.status == "active"
    assert credential_of(connection).token is not None
    assert [member.user.email for member in shared.memberships.all()] == ["owner@example.com"]
    last = Event.objects.filter(tenant=shared).latest("pk")
    assert (last.kind, last.actor) == ("member_left", FORMER_MEMBER)


def test_the_history_forgets_the_address_and_nobody_elses(alice: User, shared: Tenant, tenant: Tenant) -> None:
    for text in (
        "alice@example.com joined the team.",
        "Invited bob@example.com for ALICE@example.com.",
        "malice@example.com and alice@example.com.au and alice@example.com-pany stay.",
    ):
        events.record(tenant=shared, kind="noted", text=text, actor=alice.email, detail={"invited_by": alice.email})
    untouched = events.record(tenant=make_tenant(), kind="noted", text="alice@example.com", actor="bob@example.com")
    delete_account(alice)
    lines = list(Event.objects.filter(tenant=shared, kind="noted").order_by("pk"))
    assert [line.text for line in lines] == [
        "A former member joined the team.",
        "Invited bob@example.com for a former member.",
        "malice@example.com and alice@example.com.au and alice@example.com-pany stay.",
    ]
    assert {line.actor for line in lines} == {FORMER_MEMBER}
    assert all(line.detail == {"invited_by": FORMER_MEMBER} for line in lines)
    # A workspace that Alice never had anything to do with may know the address from elsewhere.
    untouched.refresh_from_db()
    assert untouched.text == "alice@example.com"
    assert not Event.objects.filter(tenant=tenant, text__contains="alice@").exists()
    assert not Event.objects.filter(actor="alice@example.com").exists()


def test_a_workspace_that_was_left_forgets_the_address_too(alice: User, shared: Tenant) -> None:
    leave_workspace(Membership.objects.get(tenant=shared, user=alice))
    delete_account(alice)
    assert "alice" not in str(list(Event.objects.filter(tenant=shared).values_list("actor", "text", "detail")))


def test_a_sentence_that_grows_still_fits(alice: User, shared: Tenant) -> None:
    line = events.record(tenant=shared, kind="noted", text="alice@example.com " * 27, actor=alice.email)
    alice.email = "a@b.co"
    alice.save()
    Event.objects.filter(pk=line.pk).update(text="a@b.co " * 71, actor="a@b.co")
    delete_account(alice)
    line.refresh_from_db()
    assert len(line.text) == 500


def test_an_address_that_was_only_claimed_is_left_alone(alice: User, shared: Tenant) -> None:
    EmailAddress.objects.create(user=alice, email="victim@example.com", verified=False)
    line = events.record(tenant=shared, kind="noted", text="By victim@example.com.", actor="victim@example.com")
    invitation = invite(shared, "victim@example.com")
    delete_account(alice)
    line.refresh_from_db()
    assert line.actor == "victim@example.com"
    assert Invitation.objects.filter(pk=invitation.pk).exists()


def invite(tenant: Tenant, email: str) -> Invitation:
    nonce = derived.new_nonce()
    return Invitation.objects.create(
        tenant=tenant,
        email=email,
        role=Role.MEMBER,
        nonce=nonce,
        token_hash=derived.digest(nonce),
        expires_at=timezone.now(),
    )


def test_invitations_and_the_list_of_mails_go(alice: User, tenant: Tenant, shared: Tenant) -> None:
    invite(make_tenant(), alice.email)
    for number, (state, about) in enumerate([(State.SENT, shared), (State.PENDING, tenant), (State.PENDING, shared)]):
        OutboxMessage.objects.create(
            tenant=about,
            kind="reconnect_link",
            recipient=alice.email,
            dedupe_key=str(number),
            state=state,
            due_at=None if state == State.SENT else timezone.now(),
        )
    delete_account(alice)
    assert not Invitation.objects.filter(email=alice.email).exists()
    # What is owed about a workspace that goes on may be the only word of a death.
    left = OutboxMessage.objects.filter(recipient=alice.email)
    assert list(left.values_list("tenant", "state")) == [(shared.pk, State.PENDING)]


def test_every_session_ends(browser: Client, alice: User, tenant: Tenant) -> None:
    phone = Client()
    sign_in(phone, alice.email, PASSWORD)
    phone.get(f"/w/{tenant.slug}/")
    assert UserSession.objects.filter(user=alice).count() == 2
    keys = list(UserSession.objects.values_list("session_key", flat=True))
    send(browser)
    assert phone.get(f"/w/{tenant.slug}/").status_code == 302
    assert not Session.objects.filter(session_key__in=keys).exists()


def test_a_goodbye_is_mailed_at_once(browser: Client, alice: User, tenant: Tenant) -> None:
    mail.outbox.clear()
    send(browser)
    [goodbye] = [each for each in mail.outbox if "deleted" in each.subject]
    assert goodbye.to == [alice.email]
    assert tenant.name in str(goodbye.body)
    assert "Alice &amp; Co" in html_of(goodbye)


def test_a_mail_server_that_fails_keeps_nothing(
    browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr("accounts.services.mail_goodbye.send_now", fails)
    assert send(browser)["Location"] == "/accounts/deleted/"
    assert not User.objects.filter(pk=alice.pk).exists()
    assert alice.email not in caplog.text


def test_the_only_owner_among_others_must_hand_over_first(browser: Client, alice: User, tenant: Tenant) -> None:
    make_member(tenant, Role.ADMIN)
    page = read(browser.get(DELETE))
    assert "Hand over first" in page.text
    assert f'href="/w/{tenant.slug}/team/"' in browser.get(DELETE).content.decode()
    answer = browser.post(DELETE, {"confirm": alice.email})
    assert (answer.status_code, "Hand over first" in read(answer).text) == (200, True)
    with pytest.raises(MustHandOver):
        delete_account(alice)
    assert User.objects.filter(pk=alice.pk).exists()
    assert Membership.objects.filter(tenant=tenant).count() == 2


def test_one_workspace_to_hand_over_keeps_all_of_them(alice: User, tenant: Tenant) -> None:
    alone = make_tenant("Alone", owner=alice)
    make_member(tenant)
    with pytest.raises(MustHandOver) as caught:
        delete_account(alice)
    assert caught.value.tenants == [tenant]
    alone.refresh_from_db()
    assert alone.deleted_at is None


def test_a_second_owner_is_enough(alice: User, tenant: Tenant) -> None:
    make_member(tenant, Role.OWNER)
    delete_account(alice)
    tenant.refresh_from_db()
    assert tenant.deleted_at is None


def test_a_workspace_that_is_deleted_already_holds_nobody_back(alice: User, tenant: Tenant) -> None:
    make_member(tenant)
    Tenant.objects.filter(pk=tenant.pk).update(deleted_at=timezone.now())
    delete_account(alice)
    assert not User.objects.filter(pk=alice.pk).exists()


def test_a_visitor_is_sent_to_sign_in(client: Client) -> None:
    assert client.post(DELETE, {"confirm": "alice@example.com"})["Location"].startswith("/accounts/login/")


def test_the_last_page_is_the_same_for_everybody(client: Client) -> None:
    assert client.get("/accounts/deleted/").status_code == 200
    assert client.post("/accounts/deleted/").status_code == 405


def test_history_follows_whoever_changes_their_address(
    browser: Client, alice: User, tenant: Tenant, shared: Tenant
) -> None:
    make_tenant(owner=make_user("bob@example.com"))
    EmailAddress.objects.create(user=alice, email="new@example.com", verified=True)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    browser.post("/accounts/email/", {"action_primary": "", "email": "new@example.com"})
    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    assert Event.objects.get(tenant=tenant, kind="workspace_created").actor == "new@example.com"
    assert not Event.objects.filter(actor="alice@example.com").exists()


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_twice_deletes_once(self, user_factory: Callable[..., User]) -> None:
        alice = user_factory()
        make_tenant("Alone", owner=alice)
        results = together(lambda: delete_account(alice), lambda: delete_account(alice))
        assert sorted(isinstance(result, Plan) for result in results) == [False, True]
        assert not User.objects.filter(pk=alice.pk).exists()

    def test_twice_in_browsers_answers_well_and_mails_once(self, user_factory: Callable[..., User]) -> None:
        alice = user_factory()
        browsers = [Client(raise_request_exception=False), Client(raise_request_exception=False)]
        for browser in browsers:
            sign_in(browser, alice.email, PASSWORD)
            browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
        mail.outbox.clear()
        first, second = browsers
        answers = together(
            lambda: first.post(DELETE, {"confirm": alice.email}), lambda: second.post(DELETE, {"confirm": alice.email})
        )
        # The second one may come so late that nobody is signed in any more.
        ends = sorted(answer["Location"].partition("?")[0] for answer in answers)
        assert ends[0] == "/accounts/deleted/"
        assert ends[1] in {"/accounts/deleted/", "/accounts/login/"}
        assert len([each for each in mail.outbox if "deleted" in each.subject]) == 1

    def test_the_last_two_owners_do_not_both_leave_the_others_alone(self, user_factory: Callable[..., User]) -> None:
        alice, bob = user_factory("alice@example.com"), user_factory("bob@example.com")
        tenant = make_tenant(owner=alice)
        make_member(tenant, Role.OWNER, user=bob)
        make_member(tenant)

        def ask(user: User) -> str:
            try:
                delete_account(user)
            except MustHandOver:
                return "must hand over"
            return "deleted"

        assert sorted(together(lambda: ask(alice), lambda: ask(bob))) == ["deleted", "must hand over"]
        assert Membership.objects.filter(tenant=tenant, role=Role.OWNER).count() == 1

    def test_the_last_two_members_take_the_workspace_along(self, user_factory: Callable[..., User]) -> None:
        alice, bob = user_factory("alice@example.com"), user_factory("bob@example.com")
        tenant = make_tenant(owner=alice)
        make_member(tenant, Role.OWNER, user=bob)
        together(lambda: delete_account(alice), lambda: delete_account(bob))
        tenant.refresh_from_db()
        assert tenant.deleted_at is not None
        assert not User.objects.exists()
