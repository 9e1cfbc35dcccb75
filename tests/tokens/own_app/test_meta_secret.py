"""The other secret of a workspace's own app, by which Meta may sign its callbacks: optional, sealed, never shown."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from accounts.models import Event
from tests.factories import make_connection, make_meta_app, make_user
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.callbacks.signing import deauthorize
from tests.tokens.helpers import status_of
from tests.tokens.journeys import sign_in
from tests.tokens.own_app.conftest import APP_ID, OTHER_ID, OTHER_SECRET, SECRET, secret_of
from tokens.fields import newest_key_id
from tokens.models import MetaApp
from tokens.services.set_app_secret import InstallationsOwn, set_meta_secret

pytestmark = pytest.mark.django_db
META_SECRET = "5ec0deba5ec0deba5ec0deba5ec0deba"


def stored(app):
    sealed = MetaApp.objects.get(pk=app.pk).meta_secret
    return None if sealed is None else sealed.reveal()


def ciphertext_of(app):
    sealed = MetaApp.objects.get(pk=app.pk).meta_secret
    assert sealed is not None
    return sealed.ciphertext.decode()


def test_it_may_be_left_out(own_app):
    assert (own_app.meta_secret, own_app.meta_key_id) == (None, "")


def test_it_is_stored_sealed_beside_the_other(save, tenant, alice):
    assert save(meta_secret=META_SECRET).status_code == 302
    app = MetaApp.objects.get(tenant=tenant)
    assert (secret_of(app), stored(app), app.meta_key_id) == (SECRET, META_SECRET, newest_key_id())
    assert META_SECRET not in ciphertext_of(app)
    event = Event.objects.get(tenant=tenant, kind="meta_secret_set")
    assert (event.actor, APP_ID in event.text) == (alice.email, True)


def test_it_may_be_added_and_replaced_later_without_the_other(own_app, save):
    for secret in (META_SECRET, OTHER_SECRET):
        response = save(secret="", meta_secret=secret)
        assert response.status_code == 302
        assert stored(own_app) == secret
    assert secret_of(own_app) == SECRET


def test_an_empty_field_keeps_it_and_says_that_nothing_changed(own_app, save, signed_in, page):
    save(secret="", meta_secret=META_SECRET)
    save(secret="", meta_secret="")
    assert stored(own_app) == META_SECRET
    assert "Nothing was changed" in Page(signed_in.get(page).content.decode()).text


def test_what_a_test_said_of_the_app_stands(own_app, save):
    MetaApp.objects.filter(pk=own_app.pk).update(test_outcome="sound")
    save(secret="", meta_secret=META_SECRET)
    assert MetaApp.objects.get(pk=own_app.pk).test_outcome == "sound"


def test_another_app_does_not_get_it(own_app, save, tenant):
    save(secret="", meta_secret=META_SECRET)
    save(app_id=OTHER_ID, secret=OTHER_SECRET)
    assert MetaApp.objects.get(tenant=tenant, app_id=OTHER_ID).meta_secret is None
    assert stored(own_app) == META_SECRET, "what was connected through it may still be removed"


@pytest.mark.parametrize("wrong", ["two words", "geheim-ü", "x" * 201, "a\x00b"])
def test_bad_input_is_told_and_not_sent_back(wrong, save, tenant):
    response = save(meta_secret=wrong)
    assert response.status_code == 400
    assert wrong not in response.content.decode()
    assert not MetaApp.objects.filter(tenant=tenant).exists()


def test_it_comes_out_nowhere(own_app, save, signed_in, page, caplog):
    caplog.set_level(logging.DEBUG)
    save(secret="", meta_secret=META_SECRET)
    failed = save(app_id="nonsense", meta_secret=META_SECRET)
    ciphertext = ciphertext_of(own_app)
    staff = sign_in(make_user(is_staff=True, is_superuser=True))
    pages = [failed, signed_in.get(page), staff.get("/admin/tokens/metaapp/")]
    pages.append(staff.get(f"/admin/tokens/metaapp/{own_app.pk}/change/"))
    for response in pages:
        assert META_SECRET not in response.content.decode()
        assert ciphertext not in response.content.decode()
    assert META_SECRET not in caplog.text
    assert META_SECRET not in repr(all_rows())


def test_staff_set_it_too(own_app):
    staff = sign_in(make_user(is_staff=True, is_superuser=True))
    path = f"/admin/tokens/metaapp/{own_app.pk}/change/"
    assert "not set" in Page(staff.get(path).content.decode()).text
    assert staff.post(path, {"new_secret": "", "new_meta_secret": META_SECRET}).status_code == 302
    assert (stored(own_app), secret_of(own_app)) == (META_SECRET, SECRET)


def test_the_installations_own_stands_in_the_environment(alice):
    with pytest.raises(InstallationsOwn):
        set_meta_secret(make_meta_app(), secret=META_SECRET, by=alice)


def test_with_it_meta_is_understood_whichever_it_signs_with(own_app, save, tenant):
    anna = make_connection(tenant=tenant, meta_app=own_app, consented_at="2026-01-01T00:00Z")
    path = f"/meta/{own_app.pk}/deauthorize/"
    assert deauthorize(anna.instagram_id, META_SECRET, path=path).status_code == 400
    save(secret="", meta_secret=META_SECRET)
    assert deauthorize(anna.instagram_id, META_SECRET, path=path).status_code == 200
    assert status_of(anna) == ("inactive", "app_removed")


def test_the_page_says_what_it_is_for(own_app, signed_in, page):
    text = Page(signed_in.get(page).content.decode()).text
    assert "Meta app secret (optional)" in text
    assert "does not document with which of the two secrets" in text
    assert Client().get(page).status_code == 302
