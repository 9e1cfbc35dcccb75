"""A withdrawn invitation lets nobody in any more, also who is at Instagram just then."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import make_tenant
from tests.markup import Page
from tests.races import together
from tests.tokens.journeys import allow, leave_from
from tests.tokens.links.conftest import CARLA
from tests.tokens.links.inviting import connect_by, path_of, words_of
from tokens.models import Connection, Link
from tokens.services import links
from tokens.services.invite_creator import invite_creator, send_again
from tokens.services.withdraw_link import withdraw_link

pytestmark = pytest.mark.django_db


def what_there_is():
    return list(Link.objects.order_by("pk").values()), Event.objects.count(), OutboxMessage.objects.count()


@pytest.fixture
def page_of(tenant):
    return lambda link: f"/w/{tenant.slug}/creators/{link.pk}/withdraw/"


def test_withdrawing_asks_first(invitation, signed_in, page_of):
    before = what_there_is()
    page = Page(signed_in.post(page_of(invitation)).content.decode())
    assert CARLA in page.text
    assert what_there_is() == before
    form = page.form_of("Withdraw")
    assert form.fields["confirm"] == "yes"
    assert signed_in.post(form.action, form.fields).status_code == 302
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is not None


def test_a_withdrawn_link_says_so_and_opens_no_more(invitation, phone, alice, tenant):
    withdraw_link(invitation, by=alice)
    answer = phone.get(path_of(invitation))
    page = Page(answer.content.decode())
    assert answer.status_code == 410
    assert f"{tenant.name} withdrew the invitation" in page.text
    assert "Send me a new link" not in page.button_words
    assert phone.post(path_of(invitation)).status_code == 410


def test_it_is_an_event(invitation, alice):
    assert withdraw_link(invitation, by=alice)
    event = Event.objects.get(kind="invitation_withdrawn")
    assert (event.actor, CARLA in event.text) == (alice.email, True)


def test_a_second_time_changes_nothing(invitation, alice, signed_in, page_of):
    assert withdraw_link(invitation, by=alice)
    before = what_there_is()
    assert not withdraw_link(invitation, by=alice)
    signed_in.post(page_of(invitation), {"confirm": "yes"})
    assert what_there_is() == before


def test_a_used_invitation_can_not_be_withdrawn(invitation, alice, signed_in, page_of):
    connect_by(invitation, "carla")
    assert not withdraw_link(invitation, by=alice)
    answer = signed_in.post(page_of(invitation), follow=True)
    assert "nothing left to withdraw" in Page(answer.content.decode()).text
    assert Connection.objects.get().status == "active"


def test_who_is_at_instagram_by_it_comes_back_in_vain(invitation, alice, phone):
    way = allow(leave_from(phone, path_of(invitation)), "carla")
    withdraw_link(invitation, by=alice)
    answer = phone.get(way)
    assert answer.status_code == 400
    assert "withdrawn" in Page(answer.content.decode()).text
    assert not Connection.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_counts_to_the_very_last_moment(invitation, alice, phone, emulator):
    """Withdrawn while Instagram answers our last question: the key that it gave is thrown away."""
    way = allow(leave_from(phone, path_of(invitation)), "carla")
    emulator.state.add_fault("hang", path="/me", times=1)

    def withdraw_and_release():
        assert emulator.state.gate.wait_for_waiting(1, 15)
        assert withdraw_link(invitation, by=alice)
        emulator.state.release()

    [answer] = together(lambda: phone.get(way, follow=True), meanwhile=withdraw_and_release)
    assert "withdrawn meanwhile" in Page(answer.content.decode()).text
    assert not Connection.objects.exists()
    assert not Event.objects.filter(subject_id__isnull=False).exists()


def test_a_mail_that_has_not_left_is_not_sent(tenant, alice, mailoutbox):
    invite_creator(tenant, email=CARLA, handle="", by=alice)
    withdraw_link(Link.objects.get(), by=alice)
    call_command("deliver_notifications")
    assert mailoutbox == []
    assert OutboxMessage.objects.get().state == "dropped"


def test_an_older_mail_does_not_undo_it(invitation, tenant, alice, phone):
    newer = links.issue_connect(tenant, email=CARLA, handle="", invited_by=alice)
    withdraw_link(newer, by=alice)
    invitation.refresh_from_db()
    assert send_again(invitation, actor="somebody") == "closed"
    phone.post(f"{path_of(invitation)}new/")
    assert not OutboxMessage.objects.exists()


def test_it_may_be_sent_anew_by_a_new_invitation(invitation, tenant, alice, phone):
    withdraw_link(invitation, by=alice)
    assert invite_creator(tenant, email=CARLA, handle="", by=alice) == "sent"
    assert Client().get(path_of(Link.objects.open().get())).status_code == 200


def test_a_deleted_workspace_withdraws_all_of_its_own(invitation, tenant, link, alice):
    other = links.issue_connect(make_tenant(), email=CARLA, handle="", invited_by=None)
    connect_by(invitation, "carla")
    links.withdraw_all(tenant, timezone.now())
    assert list(Link.objects.open()) == [other]
    invitation.refresh_from_db()
    assert invitation.withdrawn_at is None
    assert "used already" in words_of(Client(), path_of(invitation))
