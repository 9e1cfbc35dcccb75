"""Several at once: one accepts, the others read why not; an address is invited once."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Invitation, Membership, Role, User
from accounts.services.invitation_limits import TooMany
from accounts.services.invite_member import invite_member
from accounts.services.withdraw_invitation import withdraw_invitation
from tests.accounts.teamwork import (
    BOB,
    PASS_PHRASE,
    invite,
    kinds,
    mailed_invitation,
    member_of,
    message_of,
    owner_of,
    roles,
)
from tests.factories import make_tenant, make_user
from tests.races import together
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def posting(browser: Client, path: str, step: str, password: str = PASS_PHRASE):
    return lambda: browser.post(path, {"step": step, "password1": password}, follow=True)


def test_two_who_accept_one_invitation_at_the_same_moment_make_one_account_and_one_reads_why():
    tenant = make_tenant()
    invite(tenant)
    path = mailed_invitation()
    passwords = ["the first pass phrase", "the second pass phrase"]
    answers = together(*(posting(Client(), path, "sign_up", password) for password in passwords))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200, 410], statuses
    assert "accepted already" in message_of(answers[statuses.index(410)])
    bob = User.objects.get(email=BOB)
    assert bob.check_password(passwords[statuses.index(200)])
    assert kinds(tenant).count("member_joined") == 1


def test_a_double_click_on_join_makes_one_membership():
    tenant = make_tenant()
    invite(tenant)
    browser = sign_in(make_user(BOB))
    answers = together(*(posting(browser, mailed_invitation(), "join") for _ in range(3)))
    # The others opened it as one that the same person accepted: they are led on.
    assert {answer.status_code for answer in answers} == {200}
    assert Membership.objects.filter(tenant=tenant, user__email=BOB).count() == 1
    assert kinds(tenant).count("member_joined") == 1


def test_accepting_and_withdrawing_at_the_same_moment_end_in_one_of_both():
    tenant = make_tenant()
    row = invite(tenant)
    path = mailed_invitation()
    bob = sign_in(make_user(BOB))
    owner = owner_of(tenant)
    together(posting(bob, path, "join"), lambda: withdraw_invitation(row, by=owner))
    row.refresh_from_db()
    assert (row.accepted_at is None) != (row.withdrawn_at is None)
    assert (BOB in roles(tenant)) == (row.accepted_at is not None)


def test_signing_up_at_the_same_moment_as_accepting_makes_one_account():
    tenant = make_tenant()
    invite(tenant)
    form = {"email": BOB, "password1": "a strangers pass phrase", "workspace_name": "Trap"}
    stranger = Client()
    answers = together(
        posting(Client(), mailed_invitation(), "sign_up"), lambda: stranger.post("/accounts/signup/", form, follow=True)
    )
    assert answers[0].status_code == 200
    assert User.objects.filter(email=BOB).count() == 1
    if BOB in roles(tenant):
        assert User.objects.get(email=BOB).check_password(PASS_PHRASE)


def test_two_managers_who_invite_the_same_address_make_one_invitation():
    tenant = make_tenant()
    owner, admin = owner_of(tenant), member_of(tenant, Role.ADMIN).user
    together(*(lambda by=by: invite_member(tenant, email=BOB, role=Role.VIEWER, by=by) for by in (owner, admin)))
    assert Invitation.objects.count() == 1
    assert len(mail.outbox) == 2
    assert mailed_invitation(0) == mailed_invitation(1)


def test_the_limit_holds_for_many_at_once(monkeypatch):
    monkeypatch.setattr("accounts.services.invitation_limits.MOST_WAITING", 2)
    tenant = make_tenant()
    owner = owner_of(tenant)

    def inviting(number: int) -> str:
        try:
            invite_member(tenant, email=f"{number}@example.com", role=Role.VIEWER, by=owner)
        except TooMany:
            return "too many"
        return "invited"

    results = together(*(lambda number=number: inviting(number) for number in range(5)))
    assert sorted(results) == ["invited"] * 2 + ["too many"] * 3
