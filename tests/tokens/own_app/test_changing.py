"""The app in use is changed where it stands; another one takes its place."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Event
from tests.factories import make_connection, make_meta_app
from tests.markup import Page
from tests.races import together
from tests.tokens.own_app.conftest import APP_ID, BASIC, INSIGHTS, OTHER_ID, OTHER_SECRET, SECRET, secret_of
from tokens.models import MetaApp


def told(tenant):
    kinds = Event.objects.filter(tenant=tenant).order_by("at", "pk").values_list("kind", flat=True)
    return [kind for kind in kinds if "app" in kind]


@pytest.mark.django_db
def test_an_empty_secret_keeps_the_stored_one(own_app, save, tenant):
    assert save(secret="", scopes=[BASIC, INSIGHTS]).status_code == 302
    [app] = MetaApp.objects.filter(tenant=tenant)
    assert (app.pk, secret_of(app), app.scopes) == (own_app.pk, SECRET, [BASIC, INSIGHTS])
    assert told(tenant)[-1] == "own_app_permissions"


@pytest.mark.django_db
def test_a_new_secret_takes_the_place_of_the_old_one_and_forgets_its_test(own_app, save, tenant):
    MetaApp.objects.update(test_outcome="wrong_secret", tested_at="2026-01-01T00:00:00Z")
    assert save(secret=OTHER_SECRET).status_code == 302
    [app] = MetaApp.objects.filter(tenant=tenant)
    assert (app.pk, secret_of(app)) == (own_app.pk, OTHER_SECRET)
    assert (app.test_outcome, app.tested_at) == ("", None)
    assert told(tenant)[-1] == "app_secret_set"


@pytest.mark.django_db
def test_saving_without_a_change_says_so_and_writes_no_history(own_app, save, signed_in, page, tenant):
    before = told(tenant)
    save(secret="")
    assert "Nothing was changed." in Page(signed_in.get(page).content.decode()).text
    assert told(tenant) == before


@pytest.mark.django_db
def test_another_app_retires_the_one_in_use(own_app, save, tenant):
    assert save(OTHER_ID, OTHER_SECRET).status_code == 302
    own_app.refresh_from_db()
    assert own_app.retired_at is not None
    assert secret_of(own_app) == SECRET, "connections made through it may still need it"
    assert MetaApp.objects.get(tenant=tenant, retired_at__isnull=True).app_id == OTHER_ID
    assert Event.objects.filter(tenant=tenant, text__contains=f"took the place of {APP_ID}").exists()


@pytest.mark.django_db
def test_another_app_needs_a_secret_of_its_own(own_app, save, tenant):
    response = save(OTHER_ID, "")
    assert response.status_code == 400
    assert "every app has one of its own" in Page(response.content.decode()).text
    assert MetaApp.objects.get(tenant=tenant).retired_at is None


@pytest.mark.django_db
def test_a_former_app_comes_back_with_its_connections(own_app, save, tenant):
    connection = make_connection(tenant=tenant, meta_app=own_app)
    save(OTHER_ID, OTHER_SECRET)
    save(APP_ID, SECRET)
    assert MetaApp.objects.get(tenant=tenant, retired_at__isnull=True) == connection.meta_app
    assert MetaApp.objects.filter(tenant=tenant).count() == 2


@pytest.mark.django_db
def test_connections_stay_with_the_app_that_made_them_and_the_page_counts_them(own_app, save, signed_in, page, tenant):
    stays = [make_connection(tenant=tenant, meta_app=own_app) for _ in range(2)]
    ours = make_connection(tenant=tenant, meta_app=make_meta_app())
    make_connection(tenant=tenant, meta_app=own_app, status="disconnected")
    make_connection(meta_app=make_meta_app())
    save(OTHER_ID, OTHER_SECRET)
    for connection in (*stays, ours):
        was = connection.meta_app_id
        connection.refresh_from_db()
        assert connection.meta_app_id == was
    text = Page(signed_in.get(page).content.decode()).text
    assert f"2 accounts through the app {APP_ID}, which you used before." in text
    assert "1 account through this installation's app." in text
    assert f"Reconnecting one moves it to the app {OTHER_ID}." in text


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_save_at_once_leave_one_app_in_use(signed_in, page, tenant):
    def save(app_id):
        browser = Client()
        browser.cookies = signed_in.cookies.copy()
        fields = {"flavour": "instagram_login", "app_id": app_id, "app_secret": SECRET, "scopes": [BASIC]}
        return browser.post(page, fields).status_code

    assert together(lambda: save(APP_ID), lambda: save(OTHER_ID)) == [302, 302]
    assert MetaApp.objects.filter(tenant=tenant, retired_at__isnull=True).count() == 1
