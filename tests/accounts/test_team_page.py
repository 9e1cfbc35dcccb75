"""The team's page: everybody sees who is in it; owners and admins see who is invited, and buttons."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Role
from tests.accounts.people import read
from tests.accounts.teamwork import browser_of, invite, member_of, message_of, team_path
from tests.factories import make_member, make_tenant
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
MANAGERS = [Role.OWNER, Role.ADMIN]
OTHERS = [Role.MEMBER, Role.VIEWER]


def page_for(tenant, role):
    return read(browser_of(member_of(tenant, role, f"{role}@example.com")).get(team_path(tenant)))


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_who_is_in_the_team_since_when_and_who_they_are_themselves(role, tenant):
    page = page_for(tenant, role)
    assert "alice@example.com" in page.text
    assert "2 members" in page.text
    own = page.text.index(f"{role}@example.com You {role.label}")
    assert "UTC" in page.text[own : own + 80]


@pytest.mark.parametrize("role", MANAGERS)
def test_managers_see_who_is_invited_and_can_invite(role, tenant):
    invite(tenant)
    page = page_for(tenant, role)
    assert "bob@example.com by alice@example.com" in page.text
    assert "good until" in page.text
    assert page.form_of("Mail an invitation").visible == ["email", "role"]
    assert {"Send again to bob@example.com", "Withdraw the invitation of bob@example.com"} <= set(page.button_words)


@pytest.mark.parametrize("role", OTHERS)
def test_others_see_neither_invitations_nor_buttons(role, tenant):
    invite(tenant)
    page = page_for(tenant, role)
    assert "bob@example.com" not in page.text
    assert not [form for form in page.forms if "/team/" in form.action]
    assert "Ask one of them if somebody is missing" in page.text


def test_nobody_invited_says_what_to_do(tenant, signed_in):
    assert "Whom you invite below stands here until they accept" in message_of(signed_in.get(team_path(tenant)))


def test_an_admin_gets_no_buttons_for_owners_and_may_not_give_that_role(tenant):
    invite(tenant, "boss@example.com", Role.OWNER)
    page = page_for(tenant, Role.ADMIN)
    assert "boss@example.com" in page.text
    assert not [words for words in page.button_words if "alice" in words or "boss" in words]
    assert 'value="owner"' not in page.html


def test_what_needs_sending_again_says_so(tenant, signed_in, travel):
    row = invite(tenant)
    Invitation.objects.update(sent_at=None)
    assert "The mail did not leave" in message_of(signed_in.get(team_path(tenant)))
    travel(row.expires_at)
    assert "Its time is over" in message_of(signed_in.get(team_path(tenant)))


def test_a_large_team_comes_in_pages_and_costs_the_same_number_of_queries(tenant, signed_in):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            response = signed_in.get(team_path(tenant))
        return len(queries), response

    invite(tenant)
    cost()
    few, _ = cost()
    for number in range(52):
        make_member(tenant, Role.VIEWER)
        if number % 10 == 0:
            invite(tenant, f"guest{number}@example.com")
    many, response = cost()
    assert many == few
    assert "1 to 50 of 53" in message_of(response)
    assert "51 to 53 of 53" in message_of(signed_in.get(team_path(tenant, "?page=2")))
    for page in ("9999", "x", "-1", "%00"):
        assert signed_in.get(team_path(tenant, f"?page={page}")).status_code == 200


def test_the_page_shows_no_other_workspaces_people(tenant, signed_in):
    other = make_tenant("Other")
    invite(other, "elsewhere@example.com")
    make_member(other, Role.ADMIN)
    text = message_of(signed_in.get(team_path(tenant)))
    assert "1 member " in text
    assert "elsewhere@example.com" not in text


def test_addresses_are_shown_as_text(tenant, signed_in):
    invite(tenant, '"<b>x</b>"@example.com')
    assert "<b>x</b>" not in signed_in.get(team_path(tenant)).content.decode()


def test_staff_who_are_no_members_are_strangers(tenant, django_user_model):
    staff = django_user_model.objects.create_superuser("staff@example.com", "x")
    assert sign_in(staff).get(team_path(tenant)).status_code == 404
