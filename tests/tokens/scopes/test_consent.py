"""What people are asked for at Instagram is what the workspace needs, and the pages before it say the same."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_connection, make_meta_app
from tests.markup import Page
from tests.tokens.journeys import leave, leave_from
from tests.tokens.own_app.conftest import asked_of
from tests.tokens.scopes.conftest import ASKABLE, BASIC, INSIGHTS, PUBLISH
from tokens.models import MetaApp
from tokens.services import links

pytestmark = pytest.mark.django_db


def scopes(address):
    return asked_of(address)["scope"].split(",")


def test_all_that_the_app_asks_for_where_the_workspace_never_said(signed_in, tenant, emulator):
    assert scopes(leave(signed_in, tenant.slug)) == ASKABLE


def test_only_what_is_needed(signed_in, tenant, emulator, need):
    need(BASIC, INSIGHTS)
    assert scopes(leave(signed_in, tenant.slug)) == [BASIC, INSIGHTS]


def test_never_more_than_the_workspaces_own_app_may_ask_for(signed_in, tenant, emulator, need):
    app = make_meta_app(tenant=tenant)
    MetaApp.objects.filter(pk=app.pk).update(scopes=[BASIC, PUBLISH])
    need(BASIC, PUBLISH, INSIGHTS)
    assert scopes(leave(signed_in, tenant.slug)) == [BASIC, PUBLISH]


def test_a_link_asks_for_the_needs_of_its_workspace(tenant, emulator, need, alice):
    need(BASIC, PUBLISH)
    connection = make_connection(tenant=tenant, status="inactive")
    invitation = links.issue_connect(tenant, email="carla@creator.example", handle="", invited_by=alice)
    for link in (invitation, links.issue(connection, recipients=[])):
        assert scopes(leave_from(Client(), f"/link/{links.token_of(link)}/")) == [BASIC, PUBLISH]


def test_pages_before_consent_name_what_is_needed_and_nothing_else(signed_in, tenant, emulator, need, alice):
    need(BASIC, PUBLISH)
    invitation = links.issue_connect(tenant, email="carla@creator.example", handle="", invited_by=alice)
    for address in (f"/w/{tenant.slug}/connect/instagram_login/", f"/link/{links.token_of(invitation)}/"):
        text = Page(signed_in.get(address).content.decode()).text
        assert "see your profile and your posts" in text
        assert "publish posts, reels and stories for you" in text
        assert "statistics of your account" not in text
