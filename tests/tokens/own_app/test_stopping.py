"""An owner stops using the workspace's own app."""

from __future__ import annotations

import pytest
from django.conf import settings

from accounts.models import Event
from tests.factories import make_connection
from tests.markup import Page
from tests.tokens import journeys
from tests.tokens.own_app.conftest import APP_ID, app_asked

pytestmark = pytest.mark.django_db


def test_it_asks_first_and_says_how_many_accounts_stay(own_app, signed_in, page, tenant):
    make_connection(tenant=tenant, meta_app=own_app)
    response = signed_in.post(f"{page}stop/")
    text = Page(response.content.decode()).text
    assert response.status_code == 200
    assert f"1 account stays with {APP_ID} and goes on until reconnected" in text
    own_app.refresh_from_db()
    assert own_app.retired_at is None


def test_once_confirmed_the_installations_app_is_asked_again(own_app, signed_in, page, tenant, alice, emulator):
    connection = make_connection(tenant=tenant, meta_app=own_app)
    assert app_asked(journeys.leave(signed_in, tenant.slug)) == APP_ID
    assert signed_in.post(f"{page}stop/", {"confirm": "yes"}).status_code == 302
    own_app.refresh_from_db()
    connection.refresh_from_db()
    assert own_app.retired_at is not None
    assert connection.meta_app_id == own_app.pk
    assert app_asked(journeys.leave(signed_in, tenant.slug)) == settings.INSTAGRAM_APP_ID
    event = Event.objects.get(tenant=tenant, kind="own_app_stopped")
    assert (event.actor, event.text) == (alice.email, f"The Meta app {APP_ID} is no longer used for new connections.")
    assert f"1 account through the app {APP_ID}" in Page(signed_in.get(page).content.decode()).text


def test_stopping_twice_or_without_an_app_says_so(signed_in, page, tenant):
    response = signed_in.post(f"{page}stop/", {"confirm": "yes"}, follow=True)
    assert "no Meta app of its own" in Page(response.content.decode()).text
    assert not Event.objects.filter(tenant=tenant, kind="own_app_stopped").exists()


def test_an_installation_without_app_says_what_that_means(own_app, signed_in, page, settings):
    settings.INSTAGRAM_APP_ID = ""
    assert "nobody can connect or reconnect" in Page(signed_in.post(f"{page}stop/").content.decode()).text
