"""A first connect by a link may end in another browser than it began in, once a person there has confirmed it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_tenant
from tests.markup import Page
from tests.tokens.journeys import allow, code_of, leave, leave_from, sign_in
from tests.tokens.links.inviting import connect_by, path_of
from tokens.models import ConnectAttempt, Connection
from tokens.services.withdraw_link import withdraw_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranded(invitation, phone):
    """Leaves in one browser; what Instagram sends the other one to."""
    return allow(leave_from(phone, path_of(invitation)), "carla")


def test_coming_back_alone_connects_nothing_and_asks_meta_nothing(stranded, emulator):
    emulator.state.clear_requests()
    assert Client().get(stranded).status_code == 302
    assert not Connection.objects.exists()
    assert emulator.state.requests() == []


def test_the_page_tells_all_that_the_link_tells_before_a_person_confirms(stranded, tenant, alice):
    elsewhere = Client()
    page = Page(elsewhere.get(stranded, follow=True).content.decode())
    for words in (tenant.name, alice.email, "see your profile", "another browser", "only if it was you"):
        assert words in page.text
    assert code_of(stranded) not in page.html
    done = elsewhere.post(page.form_of("Finish connecting").action, follow=True)
    assert "@carla is connected" in Page(done.content.decode()).text
    assert Connection.objects.get().tenant == tenant


def test_somebody_lured_here_is_shown_whose_workspace_it_is_before_anything_happens(stranded, tenant):
    """An attacker's link and state in the victim's browser: the victim's own workspace is not what it leads to."""
    victim = make_tenant("The victim's own")
    browser = sign_in(victim.memberships.get().user)
    leave(browser, victim.slug)
    page = Page(browser.get(stranded, follow=True).content.decode())
    assert tenant.name in page.text
    assert not Connection.objects.exists()
    browser.post(page.form_of("Finish connecting").action)
    assert list(Connection.objects.values_list("tenant__name", flat=True)) == [tenant.name]


def test_the_press_needs_a_csrf_token_of_that_browser(stranded):
    strict = Client(enforce_csrf_checks=True)
    form = Page(strict.get(stranded, follow=True).content.decode()).form_of("Finish connecting")
    assert strict.post(form.action).status_code == 403
    assert not Connection.objects.exists()
    assert strict.post(form.action, form.fields).status_code == 302
    assert Connection.objects.exists()


def test_the_state_counts_once(stranded, phone):
    elsewhere = Client()
    elsewhere.get(stranded)
    assert elsewhere.get(stranded).status_code == 400
    assert phone.get(stranded).status_code == 400


def test_a_member_who_began_a_first_connect_can_not_end_it_in_another_browser(tenant, alice, emulator):
    emulator.state.add_person("creator")
    way = allow(leave(sign_in(alice), tenant.slug), "creator")
    assert Client().get(way).status_code == 400
    assert not ConnectAttempt.objects.filter(used_at__isnull=False).exists()


def test_a_link_used_in_the_meantime_finishes_nothing(stranded, invitation, emulator):
    emulator.state.add_person("quicker")
    elsewhere = Client()
    page = Page(elsewhere.get(stranded, follow=True).content.decode())
    connect_by(invitation, "quicker")
    assert elsewhere.post(page.form_of("Finish connecting").action).status_code == 400
    assert [each.handle for each in Connection.objects.all()] == ["quicker"]


def test_a_link_withdrawn_in_the_meantime_finishes_nothing(stranded, invitation, alice):
    elsewhere = Client()
    page = Page(elsewhere.get(stranded, follow=True).content.decode())
    withdraw_link(invitation, by=alice)
    assert elsewhere.post(page.form_of("Finish connecting").action).status_code == 400
    assert not Connection.objects.exists()
