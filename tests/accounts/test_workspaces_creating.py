"""A further workspace, as many as one likes."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import FormerSlug, Membership, Role, Tenant
from accounts.services.create_tenant import create_tenant
from tests.accounts.people import read
from tests.factories import make_tenant, make_user
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
NEW = "/workspaces/new/"


def test_whoever_creates_one_owns_it_and_lands_in_it(signed_in, alice):
    form = read(signed_in.get(NEW)).form_of("Create the workspace")
    assert form.visible == ["name"]
    response = signed_in.post(NEW, {"name": "  Second \t Nook "}, follow=True)
    assert response.redirect_chain == [("/w/second-nook/", 302)]
    assert "The workspace “Second Nook” is ready." in read(response).text
    assert Membership.objects.get(tenant__slug="second-nook").role == Role.OWNER


def test_somebody_in_no_workspace_is_offered_one():
    browser = sign_in(make_user())
    page = read(browser.get("/"))
    assert NEW in page.hrefs
    browser.post(NEW, {"name": "Mine"})
    assert browser.get("/")["Location"] == "/w/mine/"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\0b", "a\x07b", "‮evil"])
def test_a_bad_name_is_answered_in_words_and_creates_nothing(name, signed_in, tenant):
    response = signed_in.post(NEW, {"name": name})
    assert response.status_code == 200
    assert "aria-invalid" in response.content.decode()
    assert Tenant.objects.count() == 1


def test_a_visitor_signs_in_first():
    assert Client().get(NEW)["Location"].startswith("/accounts/login/")


def test_nobody_gets_an_address_that_was_once_anothers(alice):
    FormerSlug.objects.create(tenant=make_tenant("Elsewhere"), slug="nook")
    assert create_tenant(name="Nook", owner=alice).slug == "nook-2"


@pytest.mark.parametrize("name", ["New", "api", "ADMIN"])
def test_nobody_gets_an_address_that_is_kept_for_the_product(name, alice):
    assert create_tenant(name=name, owner=alice).slug == f"{name.lower()}-2"
