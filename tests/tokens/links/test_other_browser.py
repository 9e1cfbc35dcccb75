"""The mail app opens the link, Instagram's app takes over, another browser returns without cookie."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from tests.factories import make_member, make_tenant
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.journeys import allow, code_of, leave_from, sign_in, state_of, token_of
from tokens.models import ConnectAttempt, Connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranded(path, phone):
    """Leaves in one browser; what Instagram sends the other one to."""
    return allow(leave_from(phone, path), "creator")


@pytest.fixture
def other() -> Client:
    return Client()


def status():
    return Connection.objects.get().status


def test_coming_back_alone_changes_nothing_and_asks_meta_nothing(stranded, other, emulator):
    emulator.state.clear_requests()
    response = other.get(stranded)
    assert response.status_code == 302
    assert response["Referrer-Policy"] == "no-referrer"
    assert status() == "inactive"
    assert emulator.state.requests() == []


def test_a_persons_press_finishes_it(stranded, other, emulator):
    page = Page(other.get(stranded, follow=True).content.decode())
    assert "@creator" in page.text
    assert "another browser" in page.text
    done = other.post(page.form_of("Finish connecting").action, follow=True)
    assert "@creator works again" in Page(done.content.decode()).text
    assert status() == "active"
    assert token_of(Connection.objects.get()) in emulator.state.secrets()


def test_the_press_needs_a_csrf_token_of_that_browser(stranded):
    strict = Client(enforce_csrf_checks=True)
    page = Page(strict.get(stranded, follow=True).content.decode())
    form = page.form_of("Finish connecting")
    assert strict.post(form.action).status_code == 403
    assert status() == "inactive"
    assert strict.post(form.action, form.fields).status_code == 302
    assert status() == "active"


def test_the_code_waits_encrypted_and_stands_in_no_page(stranded, other):
    response = other.get(stranded)
    page = other.get(response["Location"]).content.decode()
    attempt = ConnectAttempt.objects.get()
    assert attempt.pending == "code"
    assert attempt.pending_secret is not None
    assert attempt.pending_secret.reveal() == code_of(stranded)
    for place in (page, response["Location"], repr(all_rows()), repr(dict(other.cookies))):
        assert code_of(stranded) not in place
        assert state_of(stranded) not in place


def test_a_prefetch_of_the_result_page_finishes_nothing(stranded, other):
    result = other.get(stranded)["Location"]
    before = all_rows()
    for method in ("get", "head"):
        assert getattr(other, method)(result).status_code == 200
    assert other.get(f"{result}finish/").status_code == 405
    assert all_rows() == before


def test_the_state_counts_once_there_too(stranded, other, phone):
    other.get(stranded)
    assert other.get(stranded).status_code == 400
    assert phone.get(stranded).status_code == 400


def test_another_account_is_refused_there_too(path, phone, other, emulator):
    emulator.state.add_person("attacker")
    way = allow(leave_from(phone, path), "attacker")
    page = Page(other.get(way, follow=True).content.decode())
    done = other.post(page.form_of("Finish connecting").action, follow=True)
    assert "@attacker" in Page(done.content.decode()).text
    assert status() == "inactive"


def test_the_code_waits_for_half_an_hour(stranded, other, travel):
    start = timezone.now()
    travel(start)
    page = Page(other.get(stranded, follow=True).content.decode())
    travel(start + dt.timedelta(minutes=30))
    other.post(page.form_of("Finish connecting").action)
    assert status() == "inactive"
    assert ConnectAttempt.objects.get().pending_secret is None


def test_a_link_used_in_the_meantime_finishes_nothing(stranded, other, path, phone):
    page = Page(other.get(stranded, follow=True).content.decode())
    phone.get(allow(leave_from(phone, path), "creator"))
    token = token_of(Connection.objects.get())
    assert other.post(page.form_of("Finish connecting").action).status_code == 400
    assert token_of(Connection.objects.get()) == token


def test_a_members_reconnect_may_end_in_another_browser_too(dead, tenant, alice, other):
    way = allow(leave_from(sign_in(alice), f"/w/{tenant.slug}/connections/{dead.pk}/reconnect/"), "creator")
    page = Page(other.get(way, follow=True).content.decode())
    other.post(page.form_of("Finish connecting").action)
    assert status() == "active"


def test_a_browser_signed_in_as_somebody_else_cannot_use_a_members_state(dead, tenant, alice):
    way = allow(leave_from(sign_in(alice), f"/w/{tenant.slug}/connections/{dead.pk}/reconnect/"), "creator")
    foreign = sign_in(make_member(tenant))
    # That somebody is signed in there is noted with the first page.
    visit = frozenset({"django_session", "usersessions_usersession"})
    before = all_rows(apart_from=visit)
    assert foreign.get(way).status_code == 400
    assert all_rows(apart_from=visit) == before


def test_a_browser_that_left_for_consent_itself_cannot_use_a_members_state(dead, tenant, alice):
    way = allow(leave_from(sign_in(alice), f"/w/{tenant.slug}/connections/{dead.pk}/reconnect/"), "creator")
    other_tenant = make_tenant()
    foreign = sign_in(Membership.objects.get(tenant=other_tenant).user)
    leave_from(foreign, f"/w/{other_tenant.slug}/connect/instagram_login/")
    before = all_rows()
    assert foreign.get(way).status_code == 400
    assert all_rows() == before


def test_a_visitor_on_a_way_of_his_own_cannot_use_a_members_state(dead, tenant, alice, path, phone):
    way = allow(leave_from(sign_in(alice), f"/w/{tenant.slug}/connections/{dead.pk}/reconnect/"), "creator")
    leave_from(phone, path)
    before = all_rows()
    assert phone.get(way).status_code == 400
    assert all_rows() == before


def test_another_members_browser_cannot_finish_what_waits_for_a_member(dead, tenant, alice, other):
    way = allow(leave_from(sign_in(alice), f"/w/{tenant.slug}/connections/{dead.pk}/reconnect/"), "creator")
    result = other.get(way)["Location"]
    assert sign_in(make_member(tenant)).post(f"{result}finish/").status_code == 404
    assert status() == "inactive"
