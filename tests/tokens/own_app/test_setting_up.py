"""An owner enters the workspace's own Meta app."""

from __future__ import annotations

import pytest
from django.conf import settings

from accounts.models import Event
from tests.factories import make_meta_app, make_tenant
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.own_app.conftest import APP_ID, BASIC, INSIGHTS, OTHER_ID, SECRET, secret_of
from tokens.fields import newest_key_id
from tokens.models import Flavour, MetaApp

pytestmark = pytest.mark.django_db

NUL = "4242\x004242"


def words(response):
    return Page(response.content.decode()).text


def test_without_one_the_page_says_which_app_is_used_and_when_one_needs_an_own(signed_in, page):
    text = words(signed_in.get(page))
    assert "through this installation's app. You need do nothing." in text
    assert "When do you need one of your own?" in text
    assert "Test this app" not in text


def test_without_any_app_the_page_says_that_nobody_can_connect(signed_in, page, settings):
    settings.INSTAGRAM_APP_ID = settings.INSTAGRAM_APP_SECRET = ""
    assert "Nobody can connect yet" in words(signed_in.get(page))


def test_only_what_works_is_offered(signed_in, page):
    html = signed_in.get(page).content.decode()
    assert 'value="instagram_login"' in html
    assert 'value="facebook_login"' not in html
    assert 'value="system_user"' not in html


def test_an_app_is_stored_sealed_with_the_key_that_sealed_it(own_app, tenant, alice):
    assert (own_app.app_id, own_app.flavour, own_app.scopes) == (APP_ID, Flavour.INSTAGRAM_LOGIN, [BASIC])
    assert (own_app.retired_at, own_app.tested_at, own_app.test_outcome) == (None, None, "")
    assert own_app.key_id == newest_key_id()
    assert secret_of(own_app) == SECRET
    assert SECRET.encode() not in own_app.secret.ciphertext


def test_owners_read_in_the_history_who_set_it_up(own_app, tenant, alice):
    told = Event.objects.filter(tenant=tenant, kind__in=["own_app_set", "app_secret_set"])
    assert sorted(told.values_list("kind", "actor")) == [("app_secret_set", alice.email), ("own_app_set", alice.email)]
    assert all(APP_ID in event.text for event in told)


def test_the_page_shows_each_address_that_metas_dashboard_asks_for(own_app, signed_in, page):
    html = signed_in.get(page).content.decode()
    site = settings.SITE_URL
    for address in (
        f"{site}/oauth/callback/instagram/",
        f"{site}/meta/{own_app.pk}/deauthorize/",
        f"{site}/meta/{own_app.pk}/data-deletion/",
        f"{site}/privacy/",
        f"{site}/terms/",
        f"{site}/data-deletion/",
    ):
        assert f'readonly spellcheck="false">{address}</textarea>' in html
    assert "learns at once that somebody removed the app" in Page(html).text


def test_before_it_is_saved_the_page_promises_no_addresses_of_it(signed_in, page):
    html = signed_in.get(page).content.decode()
    assert "/deauthorize/" not in html
    assert "appear here once it is saved" in " ".join(Page(html).text.split())


def test_all_permissions_of_instagram_login_can_be_asked_for(save, tenant):
    save(scopes=[INSIGHTS, BASIC])
    assert MetaApp.objects.get(tenant=tenant).scopes == [BASIC, INSIGHTS]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"app_id": ""}, "This field is required"),
        ({"app_id": "my app"}, "An app ID is a number"),
        ({"app_id": "٤٢٤٢"}, "An app ID is a number"),
        ({"app_id": "4" * 101}, "at most 100 characters"),
        ({"app_id": NUL}, "Null characters are not allowed"),
        ({"secret": ""}, "Enter the app secret as well"),
        ({"secret": "x" * 201}, "at most 200 characters"),
        ({"secret": "geheim-ü"}, "letters and digits only"),
        ({"secret": "two words"}, "letters and digits only"),
        ({"secret": "tab\there"}, "letters and digits only"),
        ({"secret": NUL}, "Null characters are not allowed"),
        ({"scopes": []}, "Tick at least instagram_business_basic"),
        ({"scopes": [INSIGHTS]}, "Leave instagram_business_basic ticked"),
        ({"scopes": [BASIC, "user_media"]}, "does not exist with Instagram Login"),
        ({"flavour": "facebook_login"}, "Select a valid choice"),
        ({"flavour": "system_user"}, "Select a valid choice"),
        ({"flavour": ""}, "This field is required"),
    ],
)
def test_bad_input_is_told_in_plain_words_and_changes_nothing(fields, sentence, save, tenant):
    response = save(**fields)
    assert response.status_code == 400
    assert sentence in words(response)
    assert not MetaApp.objects.filter(tenant=tenant).exists()
    assert not Event.objects.filter(kind__startswith="own_app").exists()


def test_what_was_entered_stays_entered_but_for_the_secret(save):
    html = save(secret=SECRET, scopes=[INSIGHTS]).content.decode()
    assert f'value="{APP_ID}"' in html
    assert SECRET not in html


def test_the_installations_own_app_is_refused(save, tenant, settings):
    settings.INSTAGRAM_APP_ID = "99887766"
    response = save(app_id=" 99887766 ")
    assert response.status_code == 400
    assert "That is the app of this installation" in words(response)
    assert not MetaApp.objects.filter(tenant=tenant).exists()


def test_two_workspaces_may_use_the_same_app(save, tenant):
    other = make_meta_app(tenant=make_tenant(), app_id=APP_ID)
    assert save().status_code == 302
    own = MetaApp.objects.get(tenant=tenant)
    assert own.app_id == other.app_id
    assert own.pk != other.pk
    other.refresh_from_db()
    assert secret_of(other) != SECRET


def test_looking_at_the_page_writes_nothing(own_app, signed_in, page):
    signed_in.get(page)
    before = all_rows()
    signed_in.get(page)
    signed_in.head(page)
    assert all_rows() == before


def test_another_workspaces_app_is_not_on_the_page(signed_in, page):
    make_meta_app(tenant=make_tenant(), app_id=OTHER_ID)
    assert OTHER_ID not in signed_in.get(page).content.decode()
