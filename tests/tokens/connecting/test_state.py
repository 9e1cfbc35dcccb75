"""The state of a way to consent and back: whose it is, how often it counts and how long."""

from __future__ import annotations

import datetime as dt
import hmac

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role
from tests.factories import make_member, make_tenant, make_user
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens import journeys
from tests.tokens.journeys import CALLBACK, allow, callback, code_of, leave, sign_in, state_of
from tokens.models import ConnectAttempt, Connection

pytestmark = pytest.mark.django_db


# That somebody is signed in there is noted with whatever page they open first.
VISITS = {"django_session", "usersessions_usersession"}


def assert_refused(response, before, calls):
    """A friendly page, and nothing happened: no call to Meta, no row changed."""
    page = Page(response.content.decode())
    assert response.status_code == 400
    assert response["Referrer-Policy"] == "no-referrer"
    assert "Traceback" not in page.html
    assert page.text
    assert page.hrefs
    after = all_rows()
    assert {table for table, rows in before.items() if rows != after[table]} <= VISITS
    assert calls() == []


def test_a_state_is_long_and_never_the_same(signed_in, tenant, emulator):
    states = {state_of(leave(signed_in, tenant.slug)) for _ in range(12)}
    assert len(states) == 12
    assert min(map(len, states)) >= 43  # 32 random bytes


def test_no_row_holds_a_state_that_could_be_used(signed_in, tenant, emulator):
    state = state_of(leave(signed_in, tenant.slug))
    assert state not in repr(all_rows())


def test_the_states_are_compared_in_constant_time(go, signed_in, monkeypatch):
    way_back = go()
    compared = []

    def compare(left, right):
        compared.append((left, right))
        return real(left, right)

    real = hmac.compare_digest
    monkeypatch.setattr("tokens.services.consent.hmac.compare_digest", compare)
    assert signed_in.get(way_back).status_code == 302
    attempt = ConnectAttempt.objects.get()
    assert (attempt.session_hash, attempt.session_hash) in compared


@pytest.mark.parametrize("state", ["", "x", "é" * 50, "a\x00b", "‮" * 9, "x" * 43, "x" * 1_000_000])
def test_a_forged_state_changes_nothing(state, go, signed_in, calls):
    way_back = go()
    before = all_rows()
    response = signed_in.get(callback(state=state, code=code_of(way_back)))
    assert_refused(response, before, calls)


def test_a_state_that_is_no_utf_8_changes_nothing(go, signed_in, calls):
    go()
    before = all_rows()
    assert_refused(signed_in.get(f"{CALLBACK}?state=%ff%fe&code=x"), before, calls)


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"error": "access_denied"}])
def test_a_return_without_state_changes_nothing(query, go, signed_in, calls):
    go()
    before = all_rows()
    assert_refused(signed_in.get(callback(**query)), before, calls)


def test_a_state_counts_once(go, signed_in, emulator, calls):
    way_back = go()
    assert signed_in.get(way_back).status_code == 302
    emulator.state.clear_requests()
    signed_in.get(f"/w/{Connection.objects.get().tenant.slug}/")  # shows the message that would be stored otherwise
    before = all_rows()
    assert_refused(signed_in.get(way_back), before, calls)


def test_a_head_request_does_not_use_a_state_up(go, signed_in):
    way_back = go()
    assert signed_in.head(way_back).status_code == 400
    assert signed_in.get(way_back).status_code == 302
    assert Connection.objects.count() == 1


def test_a_state_is_good_for_just_under_ten_minutes(signed_in, tenant, creator, travel):
    start = timezone.now()
    travel(start)
    way_back = allow(leave(signed_in, tenant.slug), "creator")
    travel(start + dt.timedelta(minutes=9, seconds=59))
    assert signed_in.get(way_back).status_code == 302
    assert Connection.objects.count() == 1


def test_a_state_is_worth_nothing_after_ten_minutes(signed_in, tenant, creator, travel, calls):
    start = timezone.now()
    travel(start)
    way_back = allow(leave(signed_in, tenant.slug), "creator")
    travel(start + dt.timedelta(minutes=10))
    before = all_rows()
    assert_refused(signed_in.get(way_back), before, calls)


def test_another_browser_of_the_same_member_cannot_use_a_state(go, alice, calls):
    way_back = go()
    other = sign_in(alice)
    other.get("/")
    before = all_rows()
    assert_refused(other.get(way_back), before, calls)


def test_another_member_of_the_same_workspace_cannot_use_a_state(go, tenant, calls):
    way_back = go()
    other = sign_in(make_member(tenant, Role.ADMIN))
    leave(other, tenant.slug)
    before = all_rows()
    assert_refused(other.get(way_back), before, calls)


def test_a_member_of_another_workspace_cannot_use_a_state(go, emulator, calls):
    way_back = go()
    other_tenant = make_tenant()
    other = sign_in(Membership.objects.get(tenant=other_tenant).user)
    leave(other, other_tenant.slug)
    before = all_rows()
    assert_refused(other.get(way_back), before, calls)
    assert not Connection.objects.filter(tenant=other_tenant).exists()


def test_a_visitor_without_cookie_cannot_use_the_state_of_a_new_connection(go, calls):
    way_back = go()
    before = all_rows()
    assert_refused(Client().get(way_back), before, calls)


def test_a_state_counts_for_nothing_once_somebody_else_signed_in_on_that_browser(go, signed_in, alice, calls):
    way_back = go()
    signed_in.logout()
    signed_in.force_login(make_user(), backend="allauth.account.auth_backends.AuthenticationBackend")
    before = all_rows()
    assert_refused(signed_in.get(way_back), before, calls)


def test_a_state_belongs_to_the_workspace_that_it_was_made_for(signed_in, alice, tenant, creator):
    other = make_tenant(owner=alice)
    to_first, to_other = leave(signed_in, tenant.slug), leave(signed_in, other.slug)
    signed_in.get(f"/w/{tenant.slug}/")
    signed_in.get(allow(to_other, "creator"))
    assert Connection.objects.get().tenant == other
    signed_in.get(allow(to_first, "creator"))
    assert set(Connection.objects.values_list("tenant", flat=True)) == {other.pk, tenant.pk}


def test_two_tabs_side_by_side_both_work(signed_in, tenant, emulator):
    for person in ("first", "second"):
        emulator.state.add_person(person)
    tabs = {person: leave(signed_in, tenant.slug) for person in ("first", "second")}
    for person in ("second", "first"):
        assert signed_in.get(allow(tabs[person], person)).status_code == 302
    assert set(Connection.objects.values_list("handle", flat=True)) == {"first", "second"}


def test_of_eleven_tabs_the_oldest_is_forgotten(signed_in, tenant, creator, calls):
    tabs = [leave(signed_in, tenant.slug) for _ in range(11)]
    assert ConnectAttempt.objects.count() == 10
    way_back = allow(tabs[0], "creator")
    before = all_rows()
    assert_refused(signed_in.get(way_back), before, calls)
    assert signed_in.get(allow(tabs[1], "creator")).status_code == 302
    assert signed_in.get(allow(tabs[10], "creator")).status_code == 302


def test_ten_tabs_of_one_browser_forget_nobody_elses(go, tenant, signed_in):
    way_back = go()
    other = sign_in(make_member(tenant))
    for _ in range(11):
        leave(other, tenant.slug)
    assert signed_in.get(way_back).status_code == 302
    assert Connection.objects.count() == 1


def test_a_member_removed_in_the_meantime_connects_nothing(go, alice, signed_in, calls):
    way_back = go()
    Membership.objects.filter(user=alice).delete()
    before = all_rows()
    assert_refused(signed_in.get(way_back), before, calls)


def test_a_member_made_viewer_in_the_meantime_connects_nothing(go, alice, signed_in, calls):
    way_back = go()
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    before = all_rows()
    assert_refused(signed_in.get(way_back), before, calls)


def test_the_session_holds_no_state(go, signed_in):
    state = state_of(go())
    assert all(state not in repr(session.get_decoded()) for session in Session.objects.all())


def test_the_redirect_uri_comes_from_site_url_whatever_host_is_claimed(signed_in, tenant, emulator):
    response = signed_in.post(f"/w/{tenant.slug}/connect/instagram_login/", headers={"host": "127.0.0.1"})
    assert f"redirect_uri=http%3A%2F%2Flocalhost%3A8000{CALLBACK.replace('/', '%2F')}" in response["Location"]


def test_what_is_asked_for_is_what_the_settings_name(signed_in, tenant, emulator, settings):
    settings.INSTAGRAM_SCOPES = ["instagram_business_basic", "instagram_business_manage_insights"]
    address = leave(signed_in, tenant.slug)
    assert "instagram_business_basic" in address
    assert "instagram_business_manage_insights" in address
    assert journeys.state_of(address)


def test_looking_at_what_connects_starts_nothing(signed_in, tenant, emulator):
    for method in (signed_in.get, signed_in.head):
        assert method(f"/w/{tenant.slug}/connect/instagram_login/").status_code in {200, 405}
    assert not ConnectAttempt.objects.exists()
