"""A connect link lets a creator connect with neither account nor password, once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Event, User
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_member
from tests.markup import Page
from tests.races import together
from tests.rows import all_rows
from tests.tokens.helpers import events_of
from tests.tokens.journeys import allow, deny, leave_from, sign_in, token_of
from tests.tokens.links.conftest import CARLA
from tests.tokens.links.inviting import connect_by, path_of, words_of
from tokens.models import ConnectAttempt, Connection, Link
from tokens.services import links

pytestmark = pytest.mark.django_db


def test_the_page_says_who_asks_for_what_and_how_to_end_it(invitation, phone, tenant, alice, settings):
    settings.INSTAGRAM_SCOPES = ["instagram_business_basic", "instagram_business_manage_insights", "something_new"]
    page = Page(phone.get(path_of(invitation)).content.decode())
    for words in (tenant.name, alice.email, "see your profile", "statistics", "“something_new”", "Apps and websites"):
        assert words in page.text
    assert page.button_words == ["Connect Instagram"]


def test_the_page_holds_neither_the_token_nor_the_invited_address(invitation, phone):
    html = phone.get(path_of(invitation)).content.decode()
    assert links.token_of(invitation) not in html
    assert CARLA not in html


def test_the_page_of_an_inviter_who_has_left_names_the_workspace_alone(invitation, phone, tenant):
    Link.objects.update(invited_by=None)
    page = Page(phone.get(path_of(invitation)).content.decode())
    assert tenant.name in page.text
    assert "Who asks" not in page.text


def test_the_page_works_before_any_app_is_set_up(invitation, phone, settings):
    settings.INSTAGRAM_APP_ID = ""
    assert phone.get(path_of(invitation)).status_code == 200
    assert phone.post(path_of(invitation)).status_code == 503


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_look_changes_no_row_and_calls_nobody(method, invitation, emulator):
    before = all_rows()
    for _ in range(3):
        assert getattr(Client(), method)(path_of(invitation)).status_code == 200
    assert all_rows() == before
    assert emulator.state.requests() == []


def test_a_post_from_elsewhere_is_refused(invitation):
    assert Client(enforce_csrf_checks=True).post(path_of(invitation)).status_code == 403
    assert not ConnectAttempt.objects.exists()


def test_the_creator_connects_without_account_and_password(invitation, phone, tenant, emulator):
    users = set(User.objects.values_list("pk", flat=True))
    response = connect_by(invitation, "carla", phone)
    page = words_of(phone, response["Location"])
    assert "@carla is connected" in page
    assert "You are connected, nothing more to do" in page
    connection = Connection.objects.get()
    assert (connection.tenant, connection.handle, connection.status) == (tenant, "carla", "active")
    assert token_of(connection) == emulator.state.tokens_of("carla")[-1].access_token
    assert set(User.objects.values_list("pk", flat=True)) == users
    assert "_auth_user_id" not in phone.session


def test_mails_about_it_go_to_the_invited_address(invitation):
    connect_by(invitation, "carla")
    connection = Connection.objects.get()
    assert (connection.contact_email, connection.connected_by) == (CARLA, None)


def test_its_history_says_who_invited_whom(invitation, alice):
    connect_by(invitation, "carla")
    event = Event.objects.get(kind="connected")
    assert event.actor == "the connect link"
    assert event.subject_id == Connection.objects.get().pk
    assert alice.email in event.text
    assert CARLA in event.text


def test_the_link_is_used_up_and_says_so(invitation, phone):
    connect_by(invitation, "carla", phone)
    invitation.refresh_from_db()
    assert invitation.used_at is not None
    assert invitation.connection == Connection.objects.get()
    answer = phone.get(path_of(invitation))
    page = Page(answer.content.decode())
    assert answer.status_code == 410
    assert "used already" in page.text
    assert "Send me a new link" not in page.button_words
    assert phone.post(path_of(invitation)).status_code == 410


def test_an_older_link_of_the_same_invitation_ends_with_it(invitation, tenant, alice, phone):
    newer = links.issue_connect(tenant, email=CARLA, handle="", invited_by=alice)
    assert "newer one" in words_of(phone, path_of(invitation))
    connect_by(newer, "carla")
    assert not Link.objects.open().exists()


def test_an_invitation_for_another_account_of_the_same_creator_stays_open(invitation, expecting):
    connect_by(invitation, "carlo")
    assert list(Link.objects.open()) == [expecting]


def test_who_left_by_a_link_that_was_sent_again_meanwhile_still_ends_well(invitation, tenant, alice, phone):
    way = allow(leave_from(phone, path_of(invitation)), "carla")
    links.issue_connect(tenant, email=CARLA, handle="", invited_by=alice)
    phone.get(way)
    assert Connection.objects.get().status == "active"
    assert not Link.objects.open().exists()


def test_an_account_connected_already_is_renewed_and_the_creator_told_so(invitation, tenant, emulator, phone):
    known = make_connection(tenant=tenant, token=emulator.state.issue_token("carla", age_days=5))
    old = token_of(known)
    assert "is connected already" in words_of(phone, connect_by(invitation, "carla", phone)["Location"])
    assert Connection.objects.get() == known
    assert token_of(known) != old
    known.refresh_from_db()
    assert known.contact_email == CARLA
    assert events_of(known) == ["renewed"]


def test_an_account_that_had_ended_is_revived(invitation, tenant, emulator, phone):
    token = emulator.state.issue_token("carla", age_days=5)
    make_connection(tenant=tenant, token=token, status="inactive", reason="password_changed")
    assert "@carla works again" in words_of(phone, connect_by(invitation, "carla", phone)["Location"])
    assert Connection.objects.get().status == "active"


def test_the_same_account_in_another_workspace_stays_as_it_is(invitation, emulator):
    other = make_connection(token=emulator.state.issue_token("carla", age_days=5))
    before = token_of(other)
    connect_by(invitation, "carla")
    assert Connection.objects.count() == 2
    assert token_of(other) == before


def test_denied_consent_leaves_the_link_good(invitation, phone):
    page = words_of(phone, deny(leave_from(phone, path_of(invitation)), "carla"))
    assert "did not allow" in page
    assert not Connection.objects.exists()
    assert phone.get(path_of(invitation)).status_code == 200


def test_meta_being_down_leaves_the_way_open(invitation, phone, emulator, monkeypatch):
    monkeypatch.setattr("tokens.services.connect.EXCHANGE_PAUSE", 0)
    emulator.state.add_fault("http_500_empty", path="/access_token")
    page = Page(phone.get(connect_by(invitation, "carla", phone)["Location"]).content.decode())
    emulator.state.clear_faults()
    assert "is connected" in words_of(phone, phone.post(page.form_of("Finish connecting").action)["Location"])


def test_a_link_that_expires_on_the_way_still_ends_well(invitation, phone, travel):
    travel(invitation.expires_at - dt.timedelta(minutes=1))
    way = allow(leave_from(phone, path_of(invitation)), "carla")
    travel(invitation.expires_at + dt.timedelta(minutes=1))
    phone.get(way)
    assert Connection.objects.get().status == "active"


def test_a_deleted_workspace_takes_nothing_in(invitation, phone, tenant):
    tenant.deleted_at = timezone.now()
    tenant.save()
    answer = phone.get(path_of(invitation))
    assert answer.status_code == 410
    assert "was deleted" in Page(answer.content.decode()).text
    assert phone.post(path_of(invitation)).status_code == 410


def test_a_workspace_deleted_on_the_way_takes_nothing_in(invitation, phone, tenant):
    way = allow(leave_from(phone, path_of(invitation)), "carla")
    tenant.deleted_at = timezone.now()
    tenant.save()
    assert phone.get(way).status_code == 400
    assert not Connection.objects.exists()


def test_of_two_who_come_back_one_after_the_other_the_second_is_told(invitation, emulator):
    emulator.state.add_person("second")
    browsers = {person: Client() for person in ("carla", "second")}
    ways = {person: allow(leave_from(each, path_of(invitation)), person) for person, each in browsers.items()}
    assert browsers["carla"].get(ways["carla"]).status_code == 302
    answer = browsers["second"].get(ways["second"])
    assert answer.status_code == 400
    assert "used or withdrawn" in Page(answer.content.decode()).text
    assert [each.handle for each in Connection.objects.all()] == ["carla"]


@pytest.mark.django_db(transaction=True)
def test_of_two_in_the_same_moment_one_connects_and_the_other_is_told(invitation, emulator):
    emulator.state.add_person("second")
    pairs = [
        (browser := Client(), allow(leave_from(browser, path_of(invitation)), each)) for each in ("carla", "second")
    ]
    emulator.state.add_fault("hang", path="/me", times=2)

    def release():
        assert emulator.state.gate.wait_for_waiting(2, 15)
        emulator.state.release()

    answers = together(*(lambda pair=pair: pair[0].get(pair[1], follow=True) for pair in pairs), meanwhile=release)
    pages = sorted(Page(answer.content.decode()).text for answer in answers)
    assert Connection.objects.count() == 1
    assert sum("is connected" in page for page in pages) == 1
    assert sum("The link was used already" in page for page in pages) == 1
    assert sorted(ConnectAttempt.objects.values_list("outcome", flat=True)) == ["connected", "link_closed"]
    assert not ConnectAttempt.objects.filter(pending_secret__isnull=False).exists()
    assert OutboxMessage.objects.filter(kind="creator_connected").count() == 1


def test_a_member_who_opens_it_connects_by_the_link_all_the_same(invitation, tenant):
    bob = sign_in(make_member(tenant))
    response = connect_by(invitation, "carla", bob)
    assert response["Location"].startswith(f"/w/{tenant.slug}/connections/")
    assert Connection.objects.get().contact_email == CARLA
