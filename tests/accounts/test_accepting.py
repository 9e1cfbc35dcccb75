"""Accepting an invitation: what its page offers depends on who looks, and every way ends in the workspace."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Membership, Role, Tenant, User
from accounts.services.accept_invitation import Closed, NotTheirs, accept_invitation, accept_with_password
from tests.accounts.people import is_signed_in, read
from tests.accounts.people import sign_in as sign_in_by_page
from tests.accounts.teamwork import (
    BOB,
    PASS_PHRASE,
    invite,
    last_event,
    mailed_invitation,
    member_of,
    message_of,
    press,
    roles,
    rows_that_count,
    team_path,
)
from tests.factories import PASSWORD, make_member, make_tenant, make_user
from tests.rows import all_rows
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
JOIN = "Join Alice & Co"


@pytest.fixture
def row(tenant: Tenant) -> Invitation:
    return invite(tenant, role=Role.ADMIN)


@pytest.fixture
def path(row: Invitation) -> str:
    return mailed_invitation()


# Who has no account


def test_somebody_new_chooses_a_password_and_is_in(path, tenant):
    browser = Client()
    page = read(browser.get(path))
    assert "You are invited to Alice & Co" in page.text
    assert "alice@example.com invites you to work in the workspace Alice & Co . Your role: admin." in page.text
    assert page.form_of(JOIN).visible == ["password1"]
    response = press(browser, path, JOIN, password1=PASS_PHRASE)
    assert response.request["PATH_INFO"] == f"/w/{tenant.slug}/"
    assert "Welcome to Alice & Co. Your role is admin: you can connect accounts" in message_of(response)
    assert is_signed_in(browser)
    assert roles(tenant)[BOB] == Role.ADMIN


def test_the_address_of_somebody_new_counts_as_confirmed_and_no_workspace_of_their_own_is_made(path, tenant):
    press(Client(), path, JOIN, password1=PASS_PHRASE)
    address = EmailAddress.objects.get(user__email=BOB)
    assert (address.verified, address.primary) == (True, True)
    assert Tenant.objects.count() == 1
    assert len(mail.outbox) == 1
    later = Client()
    sign_in_by_page(later, BOB, PASS_PHRASE)
    assert is_signed_in(later)


@pytest.mark.parametrize("password", ["", "short", "password123", "bob@example.com", "12345678901", "x" * 2000])
def test_a_password_that_is_none_is_refused_and_nothing_happens(password, path):
    before = rows_that_count()
    browser = Client()
    response = press(browser, path, JOIN, password1=password)
    assert response.status_code == 400
    assert read(response).form_of(JOIN)
    assert rows_that_count() == before
    assert not is_signed_in(browser)


def test_another_address_sent_along_changes_nothing(path, tenant):
    press(Client(), path, JOIN, password1=PASS_PHRASE, email="eve@example.com", invited="eve@example.com")
    assert set(roles(tenant)) == {"alice@example.com", BOB}


# Who has an account


def test_somebody_with_an_account_signs_in_first_and_comes_back(path, tenant):
    make_user(BOB)
    browser = Client()
    page = read(browser.get(path))
    assert "You have an account here." in page.text
    response = press(browser, path, "Sign in to join")
    assert response.redirect_chain[0][0] == "/accounts/login/?next=/invitation/"
    form = read(response).form_of("Sign in")
    response = browser.post(form.action, {**form.fields, "login": BOB, "password": PASSWORD}, follow=True)
    assert response.request["PATH_INFO"] == "/invitation/"
    assert BOB not in roles(tenant)
    response = press(browser, "/invitation/", JOIN)
    assert response.request["PATH_INFO"] == f"/w/{tenant.slug}/"
    assert roles(tenant)[BOB] == Role.ADMIN


def test_somebody_signed_in_presses_one_button(path, tenant):
    browser = sign_in(make_user(BOB))
    page = read(browser.get(path))
    assert page.button_words == [JOIN]
    assert "You join as bob@example.com" in page.text
    press(browser, path, JOIN)
    assert roles(tenant)[BOB] == Role.ADMIN


def test_a_confirmed_second_address_is_the_users_as_well(path, tenant):
    user = make_user("robert@example.com")
    EmailAddress.objects.create(user=user, email=BOB, verified=True)
    press(sign_in(user), path, JOIN)
    assert roles(tenant)["robert@example.com"] == Role.ADMIN
    assert last_event(tenant).text == "robert@example.com (invited as bob@example.com) joined the team as admin."


def test_an_unconfirmed_second_address_is_confirmed_by_accepting(path, tenant):
    user = make_user("robert@example.com")
    EmailAddress.objects.create(user=user, email=BOB)
    press(sign_in(user), path, JOIN)
    assert EmailAddress.objects.get(email=BOB).verified
    user.refresh_from_db()
    assert user.email == "robert@example.com"


def test_whoever_only_claims_the_address_is_somebody_else_where_another_one_confirmed_it(path, tenant):
    make_user(BOB)
    claimer = make_user("claimer@example.com")
    EmailAddress.objects.create(user=claimer, email=BOB)
    assert "but the invitation is for bob@example.com" in message_of(sign_in(claimer).get(path))


def test_signed_in_as_somebody_else_it_says_so_and_offers_two_ways(path, tenant):
    make_user(BOB)
    browser = sign_in(make_user("carla@example.com"))
    text = message_of(browser.get(path)).replace(" ,", ",").replace(" .", ".")
    assert "You are signed in as carla@example.com, but the invitation is for bob@example.com." in text
    assert "ask alice@example.com to invite carla@example.com instead" in text
    response = press(browser, path, f"Sign out and go on as {BOB}")
    assert response.request["PATH_INFO"] == "/invitation/"
    assert not is_signed_in(browser)
    press(browser, "/invitation/", "Sign in to join")
    browser.post("/accounts/login/", {"login": BOB, "password": PASSWORD, "next": "/invitation/"})
    press(browser, "/invitation/", JOIN)
    assert set(roles(tenant)) == {"alice@example.com", BOB}


def test_somebody_else_who_is_a_member_reads_that_they_are_in_already(path, tenant):
    browser = sign_in(make_user("carla@example.com"))
    make_member(tenant, Role.VIEWER, user=User.objects.get(email="carla@example.com"))
    assert "with that address you are in the workspace already" in message_of(browser.get(path))


def test_a_superuser_without_membership_is_somebody_else(path, tenant, django_user_model):
    browser = sign_in(django_user_model.objects.create_superuser("root@example.com", "x"))
    assert "Sign out and go on" in message_of(browser.get(path))
    browser.post(path, {"step": "join"})
    assert set(roles(tenant)) == {"alice@example.com"}


def test_whoever_is_a_member_already_keeps_their_role(tenant):
    member = member_of(tenant, Role.VIEWER, "robert@example.com")
    invite(tenant, role=Role.OWNER)
    EmailAddress.objects.create(user=member.user, email=BOB, verified=True)
    browser, before = sign_in(member.user), roles(tenant)
    page = browser.get(mailed_invitation())
    assert "You are in Alice & Co already" in message_of(page)
    assert read(page).button_words == []
    browser.post(mailed_invitation(), {"step": "join"})
    assert roles(tenant) == before


def test_two_factor_stands_between_link_and_team(path, tenant):
    bob = make_user(BOB)
    TOTP.activate(bob, generate_totp_secret())
    browser = Client()
    press(browser, path, "Sign in to join")
    response = browser.post("/accounts/login/", {"login": BOB, "password": PASSWORD, "next": "/invitation/"})
    assert "2fa" in response["Location"]
    assert not is_signed_in(browser)
    assert "Sign in to join" in message_of(browser.get("/invitation/"))
    browser.post(path, {"step": "sign_up", "password1": PASS_PHRASE})
    browser.post(path, {"step": "join"})
    assert set(roles(tenant)) == {"alice@example.com"}


def test_whom_staff_barred_does_not_come_in_by_a_link(path, tenant):
    bob = make_user(BOB, verified=False, is_active=False)
    assert "Sign in to join" in message_of(Client().get(path))
    Client().post(path, {"step": "new_password", "password1": PASS_PHRASE})
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    assert BOB not in roles(tenant)


# An account with the address that nobody ever confirmed: perhaps a stranger's


@pytest.fixture
def squatter(settings: Any) -> Client:
    """Somebody who signed up with Bob's address, and is signed in where addresses need no confirmation."""
    return sign_in(make_user(BOB, verified=False))


def test_an_account_that_nobody_confirmed_gets_a_new_password_and_ends_its_sessions(path, tenant, squatter):
    assert squatter.get("/accounts/email/").status_code == 200
    browser = Client()
    assert "nobody ever confirmed it. Choose a new password" in message_of(browser.get(path))
    response = press(browser, path, JOIN, password1=PASS_PHRASE)
    assert response.request["PATH_INFO"] == f"/w/{tenant.slug}/"
    assert squatter.get(f"/w/{tenant.slug}/").status_code == 302
    assert User.objects.filter(email=BOB).count() == 1
    bob = User.objects.get(email=BOB)
    assert (bob.check_password(PASS_PHRASE), bob.check_password(PASSWORD)) == (True, False)
    assert EmailAddress.objects.get(user=bob).verified


def test_its_old_password_opens_nothing_any_more(path, tenant, squatter):
    press(Client(), path, JOIN, password1=PASS_PHRASE)
    thief = Client()
    sign_in_by_page(thief, BOB, PASSWORD)
    assert not is_signed_in(thief)


def test_a_sign_up_that_still_waits_for_its_confirmation_does_not_come_in_either(path, tenant):
    stranger = Client()
    stranger.post("/accounts/signup/", {"email": BOB, "password1": "a strangers pass phrase", "workspace_name": "Trap"})
    press(Client(), path, JOIN, password1=PASS_PHRASE)
    for address in ("/accounts/confirm-email/", "/accounts/login/", "/", "/invitation/"):
        stranger.get(address)
    stranger.post("/accounts/login/", {"login": BOB, "password": "a strangers pass phrase"})
    assert not is_signed_in(stranger)


def test_a_claim_beside_a_confirmed_address_gives_way_and_shares_nothing(path, tenant):
    claimer = make_user(BOB, verified=False)
    EmailAddress.objects.create(user=claimer, email="claimer@example.com", verified=True)
    browser = Client()
    assert "nobody ever confirmed" not in message_of(browser.get(path))
    press(browser, path, JOIN, password1=PASS_PHRASE)
    claimer.refresh_from_db()
    assert claimer.email == "claimer@example.com"
    assert claimer.check_password(PASSWORD)
    assert not EmailAddress.objects.filter(user=claimer, email=BOB).exists()
    assert not Membership.objects.filter(tenant=tenant, user=claimer).exists()
    assert roles(tenant)[BOB] == Role.ADMIN


def test_signed_in_with_the_unconfirmed_account_one_button_joins_and_confirms(path, tenant, squatter):
    # Who has both the session and the mail is the one who signed up.
    press(squatter, path, JOIN)
    assert roles(tenant)[BOB] == Role.ADMIN
    assert EmailAddress.objects.get(email=BOB).verified


# What GET must not do, and what is closed


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("who", [None, BOB, "carla@example.com"])
def test_looking_changes_nothing(method, who, path):
    browser = sign_in(make_user(who)) if who else Client()
    before = rows_that_count()
    for _ in range(3):
        assert getattr(browser, method)(path).status_code == 200
    assert rows_that_count() == before


def test_whoever_follows_every_link_of_a_mail_leaves_no_trace_at_all(path):
    before = all_rows()
    Client().get(path)
    Client().head(path)
    assert all_rows() == before


def use(row):
    Invitation.objects.filter(pk=row.pk).update(accepted_at=timezone.now())


def withdraw(row):
    Invitation.objects.filter(pk=row.pk).update(withdrawn_at=timezone.now())


def expire(row):
    Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now())


def delete_workspace(row):
    Tenant.objects.filter(pk=row.tenant_id).update(deleted_at=timezone.now())


ENDS = {
    use: "accepted already",
    withdraw: "It was withdrawn",
    expire: "Its time is over",
    delete_workspace: "was deleted",
}


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
@pytest.mark.parametrize("who", [None, BOB])
def test_one_that_opens_no_more_says_why_and_does_nothing(end, who, row, path):
    browser = sign_in(make_user(who)) if who else Client()
    end(row)
    before = rows_that_count()
    response = browser.get(path)
    assert response.status_code == 410
    assert ENDS[end] in message_of(response)
    for step in ("join", "sign_up", "sign_in", "somebody_else", "new_password", "x"):
        assert browser.post(path, {"step": step, "password1": PASS_PHRASE}).status_code == 410
    assert rows_that_count() == before


def renew_token(row):
    Invitation.objects.filter(pk=row.pk).update(token_hash="0" * 64)


@pytest.mark.parametrize("end", [*ENDS, renew_token], ids=lambda end: end.__name__)
def test_one_that_ended_while_it_was_being_accepted_is_closed(end, row):
    bob = make_user(BOB) if end in {use, expire} else None
    end(row)
    before = all_rows()
    with pytest.raises(Closed):
        if bob:
            accept_invitation(row, user=bob)
        else:
            accept_with_password(row, password=PASS_PHRASE)
    assert all_rows() == before


def test_an_account_that_appeared_while_it_was_being_accepted_signs_in_itself(row):
    bob = make_user(BOB)
    with pytest.raises(NotTheirs):
        accept_with_password(row, password=PASS_PHRASE)
    with pytest.raises(NotTheirs):
        accept_invitation(row, user=make_user("carla@example.com"))
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)
    assert not Membership.objects.filter(user=bob).exists()


@pytest.mark.parametrize("token", ["garbled", "x" * 43, "x" * 3000, "%00", "%E2%80%AE", "☎", "..%2F.."])
def test_a_garbled_one_says_so(token, row):
    for method in ("get", "post"):
        response = getattr(Client(), method)(f"/invitation/{token}/")
        assert response.status_code in {404, 410}
        assert read(response).text
        assert "x" * 43 not in response.content.decode()


def test_the_way_back_without_a_kept_invitation_is_closed(row):
    for method in ("get", "post"):
        assert getattr(Client(), method)("/invitation/").status_code == 410


def test_a_step_that_is_not_offered_does_nothing(path, tenant):
    before = rows_that_count()
    for step in ("", "join", "sign_in", "somebody_else", "new_password", "member", "x\x00"):
        assert Client().post(path, {"step": step, "password1": PASS_PHRASE}).status_code == 302
    assert rows_that_count() == before


def test_an_invitation_is_good_once(path, tenant):
    press(Client(), path, JOIN, password1=PASS_PHRASE)
    response = Client().post(path, {"step": "sign_up", "password1": "another pass phrase"})
    assert (response.status_code, "accepted already" in message_of(response)) == (410, True)
    assert User.objects.get(email=BOB).check_password(PASS_PHRASE)


def test_whoever_accepted_it_is_led_on_when_opening_it_again(path, tenant):
    browser = Client()
    press(browser, path, JOIN, password1=PASS_PHRASE)
    for method in ("get", "post"):
        assert getattr(browser, method)(path)["Location"] == f"/w/{tenant.slug}/"


def test_a_removed_member_does_not_come_back_by_the_used_link(path, tenant):
    browser = Client()
    press(browser, path, JOIN, password1=PASS_PHRASE)
    Membership.objects.filter(user__email=BOB).delete()
    assert browser.get(path).status_code == 410


# Who is told


def test_the_history_tells_who_joined(path, tenant):
    press(Client(), path, JOIN, password1=PASS_PHRASE)
    event = last_event(tenant)
    assert (event.kind, event.actor, event.text) == ("member_joined", BOB, "bob@example.com joined the team as admin.")


def test_the_inviter_is_mailed_once_somebody_joined(path, tenant):
    press(Client(), path, JOIN, password1=PASS_PHRASE)
    call_command("deliver_notifications", verbosity=0)
    message = mail.outbox[-1]
    assert message.to == ["alice@example.com"]
    assert message.subject == "bob@example.com joined “Alice & Co”"
    assert "Their role: admin." in str(message.body)
    assert f"http://localhost:8000{team_path(tenant)}" in str(message.body)


def test_an_inviter_who_is_gone_is_not_mailed(path, tenant, alice):
    member_of(tenant, Role.OWNER)
    Membership.objects.filter(user=alice).delete()
    press(Client(), path, JOIN, password1=PASS_PHRASE)
    call_command("deliver_notifications", verbosity=0)
    assert len(mail.outbox) == 1


def test_the_page_shows_no_other_workspace_and_is_not_indexed(path, tenant):
    make_tenant("Elsewhere")
    response = Client().get(path)
    assert "Elsewhere" not in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"


def test_buttons_work_with_csrf_protection_on(path, tenant):
    browser = Client(enforce_csrf_checks=True)
    press(browser, path, JOIN, password1=PASS_PHRASE)
    assert roles(tenant)[BOB] == Role.ADMIN
    assert Client(enforce_csrf_checks=True).post(path, {"step": "sign_up"}).status_code == 403
