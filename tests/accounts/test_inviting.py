"""Inviting by mail: who may, what is mailed, what is refused in plain words, and what the history keeps."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Event, Invitation, Role
from accounts.services.invitation_limits import MAILS_A_DAY, MAILS_A_DAY_TO_ONE, MOST_WAITING
from accounts.services.invitations import url_of
from tests.accounts.people import html_of
from tests.accounts.teamwork import (
    BOB,
    browser_of,
    invite,
    kinds,
    last_event,
    mailed_invitation,
    member_of,
    message_of,
    press,
    rows_that_count,
    team_path,
)
from tests.factories import make_tenant
from tests.notifications.conftest import use_server
from tests.notifications.post_office import PostOffice, closed_port, open_for_business

pytestmark = pytest.mark.django_db


def ask(browser, tenant, email=BOB, role="member", **more):
    return browser.post(team_path(tenant, "invite/"), {"email": email, "role": role, **more}, follow=True)


def test_an_invitation_is_mailed_within_the_request(tenant, signed_in):
    response = press(signed_in, team_path(tenant), "Mail an invitation", email=" Bob@Example.COM ", role="admin")
    assert "An invitation is on its way to bob@example.com." in message_of(response)
    row = Invitation.objects.get()
    assert (row.email, row.role, str(row.invited_by)) == (BOB, "admin", "alice@example.com")
    assert row.sent_at is not None
    assert row.expires_at - timezone.now() > dt.timedelta(days=6, hours=23)
    [message] = mail.outbox
    assert (message.to, url_of(row) in str(message.body)) == ([BOB], True)


def test_the_mail_says_who_invites_where_as_what_and_until_when(tenant, alice, travel):
    travel(dt.datetime(2027, 6, 1, 10, tzinfo=dt.UTC))
    row = invite(tenant, role=Role.VIEWER)
    [message] = mail.outbox
    assert message.subject == "You are invited to the workspace “Alice & Co”"
    for text in (str(message.body), html_of(message).replace("&amp;", "&")):
        for words in ("alice@example.com invites you", "“Alice & Co”", "Your role: viewer. You can see the accounts",
                      "good once, until 8 June 2027, 10:00 UTC", url_of(row)):  # fmt: skip
            assert words in text


def test_the_history_says_who_invited_whom(tenant, signed_in):
    ask(signed_in, tenant, role="viewer")
    event = last_event(tenant)
    assert (event.kind, event.actor) == ("member_invited", "alice@example.com")
    assert event.text == "bob@example.com was invited as viewer."


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Type the address"),
        ("   ", "Type the address"),
        ("bob", "valid email address"),
        ("bob@example.com, eve@example.com", "valid email address"),
        ("bob@example.com\nBcc: eve@example.com", "valid email address"),
        ("bob\x00@example.com", "Null characters"),
        ("bob\u202e@example.com", "valid email address"),
        (f"{'b' * 250}@example.com", "at most 254"),
        ("a" * 400_000, "at most 254"),
    ],
)
def test_what_is_no_address_is_refused_in_plain_words_and_nothing_happens(email, words, tenant, signed_in):
    before = rows_that_count()
    response = ask(signed_in, tenant, email=email)
    assert response.status_code == 400
    assert words in message_of(response)
    assert rows_that_count() == before
    assert mail.outbox == []


@pytest.mark.parametrize("role", ["", "king", "Owner", "owner\x00", "x" * 1000])
def test_an_unknown_role_is_refused(role, tenant, signed_in):
    response = ask(signed_in, tenant, role=role)
    assert response.status_code == 400
    assert "role" in message_of(response)
    assert not Invitation.objects.exists()


def test_what_was_typed_stays_in_the_form(tenant, signed_in):
    response = ask(signed_in, tenant, email="bob@", role="admin")
    assert 'value="bob@"' in response.content.decode()


def test_a_member_is_not_invited_again(tenant, signed_in):
    member_of(tenant, Role.VIEWER, BOB)
    response = ask(signed_in, tenant, email="BOB@example.com")
    assert "bob@example.com is in the team already." in message_of(response)
    assert mail.outbox == []


def test_an_admin_invites_admins_members_and_viewers_but_no_owner(tenant):
    admin = browser_of(member_of(tenant, Role.ADMIN))
    for role in ("admin", "member", "viewer"):
        assert ask(admin, tenant, f"{role}@new.example", role).status_code == 200
    assert ask(admin, tenant, "owner@new.example", "owner").status_code == 400
    assert not Invitation.objects.filter(email="owner@new.example").exists()
    assert len(mail.outbox) == 3


def test_inviting_the_same_address_again_sends_the_open_one_with_the_new_role(tenant, signed_in):
    ask(signed_in, tenant, role="viewer")
    ask(signed_in, tenant, role="admin")
    row = Invitation.objects.get()
    assert row.role == "admin"
    assert mailed_invitation(0) == mailed_invitation(1)
    assert kinds(tenant)[-2:] == ["member_invited", "invitation_sent_again"]


def test_the_same_address_may_be_invited_to_several_workspaces(tenant, signed_in):
    other = make_tenant("Other")
    invite(other)
    ask(signed_in, tenant)
    assert Invitation.objects.count() == 2
    assert mailed_invitation(0) != mailed_invitation(1)


def test_sending_again_renews_the_time_and_keeps_the_link(tenant, signed_in, travel):
    row = invite(tenant)
    travel(row.expires_at - dt.timedelta(days=1))
    response = press(signed_in, team_path(tenant), f"Send again to {BOB}")
    assert "on its way" in message_of(response)
    row.refresh_from_db()
    assert row.expires_at == timezone.now() + dt.timedelta(days=7)
    assert mailed_invitation(0) == mailed_invitation(1)
    assert (last_event(tenant).kind, last_event(tenant).actor) == ("invitation_sent_again", "alice@example.com")


def test_one_whose_time_was_over_gets_another_link(tenant, signed_in, travel):
    row = invite(tenant)
    travel(row.expires_at)
    press(signed_in, team_path(tenant), f"Send again to {BOB}")
    assert mailed_invitation(0) != mailed_invitation(1)
    assert Client().get(mailed_invitation(0)).status_code == 410
    assert Client().get(mailed_invitation(1)).status_code == 200


def test_a_withdrawn_one_opens_no_more_and_the_history_says_who_did_it(tenant, signed_in):
    invite(tenant)
    response = press(signed_in, team_path(tenant), f"Withdraw the invitation of {BOB}")
    assert "The invitation of bob@example.com is withdrawn." in message_of(response)
    page = Client().get(mailed_invitation())
    assert (page.status_code, "It was withdrawn" in message_of(page)) == (410, True)
    assert (last_event(tenant).kind, last_event(tenant).actor) == ("invitation_withdrawn", "alice@example.com")


def test_withdrawing_or_sending_twice_says_that_it_is_too_late(tenant, signed_in):
    row = invite(tenant)
    for _ in range(2):
        response = signed_in.post(team_path(tenant, f"invitations/{row.pk}/withdraw/"), follow=True)
    assert "accepted or withdrawn meanwhile" in message_of(response)
    response = signed_in.post(team_path(tenant, f"invitations/{row.pk}/send/"), follow=True)
    assert "accepted or withdrawn meanwhile" in message_of(response)
    assert len(mail.outbox) == 1


def test_an_admin_leaves_an_owners_invitation_alone(tenant):
    row = invite(tenant, role=Role.OWNER)
    admin = browser_of(member_of(tenant, Role.ADMIN))
    before = rows_that_count()
    for what in ("send/", "withdraw/"):
        response = admin.post(team_path(tenant, f"invitations/{row.pk}/{what}"), follow=True)
        assert "by owners alone" in message_of(response)
    assert "by owners alone" in message_of(ask(admin, tenant, row.email, "viewer"))
    assert rows_that_count() == before


@pytest.mark.parametrize("role", [Role.MEMBER, Role.VIEWER])
def test_members_and_viewers_may_not_invite(role, tenant):
    assert ask(browser_of(member_of(tenant, role)), tenant).status_code == 403
    assert not Invitation.objects.exists()


def test_a_mail_server_that_fails_is_told_and_the_invitation_can_be_sent_again(tenant, signed_in, settings):
    with closed_port() as port:
        use_server(settings, port)
        response = ask(signed_in, tenant)
    assert "our mail server does not answer just now" in message_of(response)
    assert "The mail did not leave" in message_of(response)
    assert Invitation.objects.get().sent_at is None
    assert kinds(tenant)[-2:] == ["member_invited", "invitation_not_mailed"]
    office = PostOffice()
    with open_for_business(office) as port:
        use_server(settings, port)
        press(signed_in, team_path(tenant), f"Send again to {BOB}")
    assert office.addresses == [BOB]
    assert Invitation.objects.get().sent_at is not None


def test_a_server_that_refuses_the_address_is_told_as_well(tenant, signed_in, settings):
    office = PostOffice()
    office.rcpt_replies[BOB] = "550 nobody of that name"
    with open_for_business(office) as port:
        use_server(settings, port)
        assert "no mail was sent" in message_of(ask(signed_in, tenant))
    assert Invitation.objects.get().sent_at is None


def test_the_mail_goes_through_a_real_conversation_in_both_versions(tenant, signed_in, settings):
    office = PostOffice()
    with open_for_business(office) as port:
        use_server(settings, port)
        ask(signed_in, tenant)
    [delivered] = office.delivered
    row = Invitation.objects.get()
    for kind in ("plain", "html"):
        body = delivered.mail.get_body((kind,))
        assert body is not None
        assert url_of(row) in str(body.get_content())
    assert delivered.mail["Subject"].strip() == "You are invited to the workspace “Alice & Co”"
    assert delivered.mail["To"] == BOB


def test_one_address_gets_five_mails_a_day_and_failed_ones_do_not_count(tenant, signed_in, settings, travel):
    row = invite(tenant)
    send = team_path(tenant, f"invitations/{row.pk}/send/")
    backend = settings.EMAIL_BACKEND
    with closed_port() as port:
        use_server(settings, port)
        for _ in range(MAILS_A_DAY_TO_ONE):
            signed_in.post(send)
    settings.EMAIL_BACKEND = backend
    for _ in range(MAILS_A_DAY_TO_ONE - 1):
        signed_in.post(send)
    assert len(mail.outbox) == MAILS_A_DAY_TO_ONE
    response = signed_in.post(send, follow=True)
    assert "5 invitations went to bob@example.com within a day" in message_of(response)
    signed_in.post(team_path(tenant, f"invitations/{row.pk}/withdraw/"))
    assert "within a day" in message_of(ask(signed_in, tenant))
    assert len(mail.outbox) == MAILS_A_DAY_TO_ONE
    travel(timezone.now() + dt.timedelta(days=1, minutes=1))
    ask(signed_in, tenant)
    assert len(mail.outbox) == MAILS_A_DAY_TO_ONE + 1


def test_a_workspace_mails_so_many_invitations_a_day(tenant, signed_in):
    Event.objects.bulk_create(
        Event(tenant=tenant, kind="member_invited", actor="a", text="x", detail={"to": f"{n}@example.com"})
        for n in range(MAILS_A_DAY)
    )
    assert "mailed 100 invitations within a day" in message_of(ask(signed_in, tenant))
    assert not Invitation.objects.exists()


def test_only_so_many_wait_for_an_answer_at_once(tenant, alice, signed_in):
    Invitation.objects.bulk_create(
        Invitation(tenant=tenant, email=f"{n}@example.com", role="viewer", nonce="n", token_hash=f"{n:064}",
                   expires_at=timezone.now())
        for n in range(MOST_WAITING)
    )  # fmt: skip
    assert "50 invitations are waiting for an answer already" in message_of(ask(signed_in, tenant))
    # Sending again one of them is no further one.
    assert "on its way" in message_of(ask(signed_in, tenant, email="7@example.com"))


def test_a_name_with_line_breaks_does_not_break_the_mail(tenant, alice):
    tenant.name = "Two\r\nBcc: eve@example.com"
    tenant.save()
    invite(tenant)
    [message] = mail.outbox
    assert "\n" not in message.subject
    assert message.recipients() == [BOB]


def test_the_mail_is_written_in_the_workspaces_time_zone(tenant, alice, travel):
    travel(dt.datetime(2027, 6, 1, 10, tzinfo=dt.UTC))
    tenant.time_zone = "Europe/Berlin"
    tenant.save()
    invite(tenant)
    assert "until 8 June 2027, 12:00 CEST" in str(mail.outbox[0].body)
