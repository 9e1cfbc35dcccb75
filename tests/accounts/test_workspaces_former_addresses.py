"""An address that a workspace gave up leads its members to the new one, and tells nobody else anything."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role
from accounts.services.change_workspace import change_workspace
from tests.factories import make_connection, make_member, make_user
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(tenant, alice):
    change_workspace(tenant, by=alice, slug="moved")
    return tenant


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("rest", ["", "settings/", "?show=attention&q=a%26b", "connections/{}/"])
def test_a_member_is_led_to_the_same_page(method, rest, moved, signed_in):
    rest = rest.format(make_connection(tenant=moved).pk)
    response = getattr(signed_in, method)(f"/w/alice-co/{rest}")
    assert (response.status_code, response["Location"]) == (302, f"/w/moved/{rest}")


def test_what_is_posted_there_is_sent_once_more_to_the_new_address(moved, signed_in):
    connection = make_connection(tenant=moved)
    path = f"connections/{connection.pk}/contact/"
    response = signed_in.post(f"/w/alice-co/{path}", {"contact_email": "x@example.com"}, follow=True)
    assert response.redirect_chain[0] == (f"/w/moved/{path}", 308)
    connection.refresh_from_db()
    assert connection.contact_email == "x@example.com"


def test_a_fragment_that_posts_there_loads_the_page_anew(moved, signed_in):
    connection = make_connection(tenant=moved)
    path = f"/w/alice-co/connections/{connection.pk}/check/"
    response = signed_in.post(path, headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == f"/w/moved/connections/{connection.pk}/"


def test_each_of_several_old_addresses_leads_to_the_present_one(moved, alice, signed_in):
    change_workspace(moved, by=alice, slug="moved-again")
    for old in ("alice-co", "moved"):
        assert signed_in.get(f"/w/{old}/")["Location"] == "/w/moved-again/"


def test_the_start_page_knows_the_workspace_under_its_new_address(tenant, alice, signed_in):
    signed_in.get(f"/w/{tenant.slug}/")
    change_workspace(tenant, by=alice, slug="moved")
    assert signed_in.get("/")["Location"] == "/w/moved/"


@pytest.mark.parametrize("method", ["get", "head", "post", "put"])
def test_strangers_get_what_they_get_for_a_workspace_that_does_not_exist(method, moved):
    for browser in (sign_in(make_user()), sign_in(make_user(is_staff=True, is_superuser=True))):
        old, none = (getattr(browser, method)(f"/w/{slug}/settings/") for slug in ("alice-co", "no-such-place"))
        assert (old.status_code, old.content) == (404, none.content)


@pytest.mark.parametrize("method", ["get", "post"])
def test_visitors_get_what_they_get_for_a_workspace_that_does_not_exist(method, moved):
    old, none = (getattr(Client(), method)(f"/w/{slug}/settings/") for slug in ("alice-co", "no-such-place"))
    assert old.status_code == none.status_code == 302
    assert old["Location"].replace("alice-co", "") == none["Location"].replace("no-such-place", "")


def test_a_member_without_the_right_is_refused_at_the_new_address(moved):
    browser = sign_in(make_member(moved, Role.VIEWER))
    assert browser.get("/w/alice-co/settings/", follow=True).status_code == 403


def test_the_answer_is_kept_by_no_cache(moved, signed_in):
    assert "no-store" in signed_in.get("/w/alice-co/")["Cache-Control"]
