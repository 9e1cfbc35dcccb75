"""A member invites a creator: the form, the mail, what an hour allows."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Event, Role
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_member, make_tenant
from tests.markup import Page
from tests.races import together
from tests.rows import all_rows
from tests.tokens.journeys import allow, leave_from, sign_in
from tests.tokens.links.conftest import CARLA
from tests.tokens.links.inviting import connect_by, path_of, words_of
from tokens.models import Connection, Link
from tokens.services import invite_creator as service
from tokens.services import links
from tokens.services.invite_creator import invite_creator, send_again
from tokens.services.withdraw_link import withdraw_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(tenant):
    return f"/w/{tenant.slug}/creators/invite/"


def invite(browser, address, **fields):
    """What the page that follows says."""
    answer = browser.post(address, {"email": CARLA, "handle": "", **fields}, follow=True)
    assert answer.status_code == 200, answer.content.decode()
    return Page(answer.content.decode()).text


@pytest.mark.parametrize("connections", [0, 1])
def test_the_workspaces_button_leads_to_the_form(connections, signed_in, tenant, address):
    for _ in range(connections):
        make_connection(tenant=tenant)
    button = Page(signed_in.get(f"/w/{tenant.slug}/").content.decode()).form_of("Invite a creator")
    assert (button.method, button.action, button.visible) == ("post", address, [])
    answer = signed_in.post(button.action, button.fields)
    assert answer.status_code == 200
    form = Page(answer.content.decode()).form_of("Invite a creator")
    assert (form.method, form.visible) == ("post", ["email", "handle", "flavour"])
    assert not Link.objects.exists()


def test_a_viewer_sees_no_such_button_and_may_not(tenant, address):
    viewer = sign_in(make_member(tenant, Role.VIEWER))
    assert "Invite a creator" not in Page(viewer.get(f"/w/{tenant.slug}/").content.decode()).button_words
    assert viewer.post(address, {"email": CARLA}).status_code == 403
    assert not Link.objects.exists()


def test_the_invitation_is_mailed_and_opens(signed_in, tenant, address, alice, emulator):
    emulator.state.add_person("carla")
    answer = signed_in.post(address, {"email": CARLA.upper(), "handle": "@Carla"})
    assert answer["Location"] == f"/w/{tenant.slug}/creators/"
    assert f"{CARLA}: Invited" in words_of(signed_in, answer["Location"])
    link = Link.objects.get()
    assert (link.kind, link.contact_email, link.expected_handle) == ("connect", CARLA, "carla")
    assert (link.tenant, link.invited_by, link.connection) == (tenant, alice, None)
    call_command("deliver_notifications")
    message: Any = mail.outbox[0]
    assert len(mail.outbox) == 1
    assert message.to == [CARLA]
    assert message.subject == f"{tenant.name} asks you to connect @carla"
    assert alice.email in message.body
    [path] = set(re.findall(r"http://localhost:8000(/link/[\w-]+/)", message.body))
    [html, _] = message.alternatives[0]
    assert path in html
    phone = Client()
    phone.get(allow(leave_from(phone, path), "carla"))
    assert Connection.objects.get().handle == "carla"


def test_no_page_and_no_row_shows_the_token(signed_in, tenant, address):
    signed_in.post(address, {"email": CARLA})
    token = links.token_of(Link.objects.get())
    assert token not in signed_in.get(f"/w/{tenant.slug}/creators/").content.decode()
    call_command("deliver_notifications")
    assert token not in repr(all_rows())


def test_it_is_an_event_that_says_by_whom(signed_in, address, alice):
    signed_in.post(address, {"email": CARLA, "handle": "carla"})
    event = Event.objects.get(kind="creator_invited")
    assert (event.actor, event.text) == (alice.email, f"{CARLA} (@carla) was invited to connect.")


BAD = {
    "": "Write the creator's e-mail address",
    "carla": "no e-mail address",
    f"{'c' * 250}@creator.example": "at most 254",
    "carla\x00@creator.example": "no e-mail address",
    "a@b.example, c@d.example": "no e-mail address",
    "carla@creator.example\nBcc: x@y.example": "no e-mail address",
}


@pytest.mark.parametrize("email", BAD, ids=lambda email: repr(email)[:20])
def test_a_bad_address_is_told_in_words_and_nothing_is_sent(email, signed_in, address):
    answer = signed_in.post(address, {"email": email, "handle": "carla"})
    page = Page(answer.content.decode())
    assert answer.status_code == 400
    assert BAD[email] in page.text or ("\x00" in email and "ull characters" in page.text)
    assert page.form_of("Invite a creator").fields["handle"] == "carla"
    assert not Link.objects.exists()


@pytest.mark.parametrize("handle", ["carla bakes", "x" * 201, "carla\x00", "<script>", "carla@mail.example"])
def test_a_bad_handle_is_told_in_words_and_nothing_is_sent(handle, signed_in, address):
    answer = signed_in.post(address, {"email": CARLA, "handle": handle})
    page = Page(answer.content.decode())
    assert answer.status_code == 400
    assert re.search("no Instagram handle|at most 200|ull characters", page.text)
    assert not Link.objects.exists()


def test_pressed_twice_it_is_sent_once(signed_in, address):
    assert "A link is on its way" in invite(signed_in, address)
    assert "Invited already" in invite(signed_in, address)
    assert (Link.objects.count(), OutboxMessage.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_pressed_by_two_at_the_same_moment_it_is_sent_once(tenant, address, alice):
    browsers = [sign_in(alice), sign_in(make_member(tenant))]
    together(*(lambda browser=browser: browser.post(address, {"email": CARLA}) for browser in browsers))
    assert (Link.objects.count(), OutboxMessage.objects.count()) == (1, 1)


def test_an_hour_later_the_same_invitation_is_sent_anew(tenant, alice, travel):
    start = timezone.now()
    travel(start)
    assert invite_creator(tenant, email=CARLA, handle="", by=alice) == service.SENT
    first = Link.objects.get()
    travel(start + dt.timedelta(minutes=61))
    assert invite_creator(tenant, email=CARLA, handle="", by=alice) == service.AGAIN
    assert "newer one" in words_of(Client(), path_of(first))
    assert Link.objects.open().count() == 1


def test_another_account_of_the_same_creator_is_another_invitation(tenant, alice):
    assert invite_creator(tenant, email=CARLA, handle="one", by=alice) == service.SENT
    assert invite_creator(tenant, email=CARLA, handle="two", by=alice) == service.SENT
    assert Link.objects.open().count() == 2


def test_the_same_creator_may_be_invited_by_two_workspaces(tenant, alice):
    assert invite_creator(tenant, email=CARLA, handle="", by=alice) == service.SENT
    assert invite_creator(make_tenant(), email=CARLA, handle="", by=alice) == service.SENT
    assert Link.objects.open().count() == 2


def test_an_account_that_works_here_is_not_asked_again(signed_in, tenant, address):
    make_connection(tenant=tenant, handle="Carla")
    assert "Connected already" in invite(signed_in, address, handle="carla")
    assert not Link.objects.exists()


@pytest.mark.parametrize("status", ["inactive", "disconnected"])
def test_an_account_that_has_ended_may_be_invited(status, tenant, alice):
    make_connection(tenant=tenant, handle="carla", status=status)
    assert invite_creator(tenant, email=CARLA, handle="carla", by=alice) == service.SENT


def test_three_links_an_hour_go_to_one_address(signed_in, tenant, address, travel):
    start = timezone.now()
    travel(start)
    for handle in ("one", "two", "three"):
        assert "A link is on its way" in invite(signed_in, address, handle=handle)
    assert "Three links" in invite(signed_in, address, handle="four")
    travel(start + dt.timedelta(minutes=61))
    assert "A link is on its way" in invite(signed_in, address, handle="four")


def test_a_workspace_has_a_limit_an_hour_of_its_own(tenant, alice, monkeypatch):
    monkeypatch.setattr(service, "INVITATIONS_AN_HOUR", 2)
    sent = [invite_creator(tenant, email=f"{n}@creator.example", handle="", by=alice) for n in range(3)]
    assert sent == [service.SENT, service.SENT, service.WORKSPACE_FULL]
    assert invite_creator(make_tenant(), email=CARLA, handle="", by=alice) == service.SENT


def test_a_deleted_workspace_invites_nobody(tenant, alice):
    tenant.deleted_at = timezone.now()
    tenant.save()
    assert invite_creator(tenant, email=CARLA, handle="", by=alice) == service.CLOSED
    assert not OutboxMessage.objects.exists()


def test_send_again_mails_a_new_link_and_the_older_one_ends(invitation, signed_in, tenant):
    bob = make_member(tenant)
    answer = sign_in(bob).post(f"/w/{tenant.slug}/creators/{invitation.pk}/again/", follow=True)
    assert "Invited again" in Page(answer.content.decode()).text
    newer = Link.objects.open().get()
    assert newer != invitation
    assert newer.invited_by == bob
    assert Client().get(path_of(invitation)).status_code == 410
    assert Client().get(path_of(newer)).status_code == 200


@pytest.mark.parametrize("end", ["use", "withdraw"])
def test_what_was_used_or_withdrawn_is_not_sent_again(end, invitation, signed_in, tenant, alice):
    if end == "use":
        connect_by(invitation, "carla")
    else:
        withdraw_link(invitation, by=alice)
    before = OutboxMessage.objects.count()
    answer = signed_in.post(f"/w/{tenant.slug}/creators/{invitation.pk}/again/", follow=True)
    assert "used or withdrawn" in Page(answer.content.decode()).text
    assert OutboxMessage.objects.count() == before


def test_a_reconnect_link_is_no_invitation(link, signed_in, tenant):
    for deed in ("again", "withdraw"):
        assert signed_in.post(f"/w/{tenant.slug}/creators/{link.pk}/{deed}/").status_code == 404


def test_the_creator_asks_for_a_new_one_where_it_expired(invitation, phone, alice):
    Link.objects.update(expires_at=timezone.now(), created_at=timezone.now() - dt.timedelta(days=8))
    answer = phone.get(path_of(invitation))
    form = Page(answer.content.decode()).form_of("Send me a new link")
    assert answer.status_code == 410
    phone.post(f"{path_of(invitation)}{form.action}", {"email": "thief@evil.example"})
    call_command("deliver_notifications")
    assert [message.to for message in mail.outbox] == [[CARLA]]
    newer = Link.objects.open().get()
    assert newer.invited_by == alice
    assert Client().get(path_of(newer)).status_code == 200
    assert Event.objects.get(kind="creator_invited").actor == "the connect link"


def test_asking_for_a_new_one_is_answered_alike_whatever_the_link_is_worth(invitation, alice, tenant):
    def ask(token):
        answer = Client().post(f"/link/{token}/new/")
        return answer.status_code, re.sub(rb'value="\w+"', b"", answer.content)

    token = links.token_of(invitation)
    answers = {ask("garbled"), ask(token), ask(token)}
    Link.objects.update(expires_at=timezone.now())
    answers.add(ask(token))
    withdraw_link(Link.objects.open().get(), by=alice)
    answers.add(ask(token))
    assert len(answers) == 1


def test_three_links_an_hour_are_mailed_at_the_creators_own_asking(invitation, phone, travel):
    start = timezone.now()
    Link.objects.update(created_at=start - dt.timedelta(hours=2))
    for minute in range(5):
        travel(start + dt.timedelta(minutes=minute))
        phone.post(f"{path_of(invitation)}new/")
    assert OutboxMessage.objects.count() == 3
    invitation.refresh_from_db()
    assert send_again(invitation, actor="x") == service.ADDRESS_FULL
