"""The secret goes in and comes out nowhere: not in pages, history, logs, mails, exceptions or staff's pages."""

from __future__ import annotations

import logging

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import make_user
from tests.flows.test_error_reports import reports
from tests.rows import all_rows
from tests.tokens import journeys
from tests.tokens.own_app.conftest import APP_ID, BASIC, OTHER_SECRET, SECRET
from tokens.models import MetaApp
from tokens.services.save_app import AppRefused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [{"app_id": "x"}, {"app_id": ""}, {"scopes": []}, {"flavour": "facebook_login"}, {"secret": f"{SECRET} \u00fc"}],
)
def test_a_form_that_failed_does_not_bring_it_back(wrong, save):
    response = save(**wrong)
    assert response.status_code == 400
    assert SECRET not in response.content.decode()


def test_neither_text_nor_ciphertext_stands_on_any_page(own_app, signed_in, page, at_meta):
    places = [signed_in.get(page), signed_in.post(f"{page}test/", follow=True), signed_in.post(f"{page}stop/")]
    for response in places:
        html = response.content.decode()
        assert SECRET not in html
        assert own_app.secret.ciphertext.decode() not in html


def test_no_other_row_and_no_log_line_holds_it(own_app, signed_in, page, at_meta, caplog, go):
    caplog.set_level(logging.DEBUG)
    signed_in.post(f"{page}test/")
    go()
    at_meta.state.add_app(APP_ID, OTHER_SECRET)
    signed_in.post(f"{page}test/")
    journeys.follow(signed_in, journeys.allow(journeys.leave(signed_in, "alice-co"), "creator"))
    assert SECRET not in caplog.text
    assert SECRET not in repr(all_rows())
    assert SECRET not in repr(list(Event.objects.values())) + repr(list(OutboxMessage.objects.values()))
    assert MetaApp.objects.get(pk=own_app.pk).test_outcome == "wrong_secret", "the log was there to be read"


@pytest.mark.parametrize("debug", [False, True], ids=["production", "debug"])
@pytest.mark.parametrize(
    "target", ["save_app.set_app_secret", "set_app_secret.seal", "set_app_secret.events.record", "try_app.note_app"]
)
def test_an_error_inside_shows_no_secret_in_page_report_mail_or_log(
    target, debug, own_app, save, signed_in, page, at_meta, monkeypatch, caplog, settings
):
    caplog.set_level(logging.DEBUG)
    settings.DEBUG = debug

    def burst(*args, **kwargs):
        raise RuntimeError("burst")

    monkeypatch.setattr(f"tokens.services.{target}", burst)
    signed_in.raise_request_exception = False
    with reports() as reported:
        tested = target.startswith("try_app")
        response = signed_in.post(f"{page}test/") if tested else save(secret=OTHER_SECRET)
    assert response.status_code == 500
    mails = [f"{each.body}{getattr(each, 'alternatives', '')}" for each in mail.outbox]
    places = "\n".join([response.content.decode(), caplog.text, *map(str, reported.values()), *mails])
    assert "burst" in places
    assert SECRET not in places
    assert OTHER_SECRET not in places


def test_a_refusal_names_the_field_alone(own_app):
    refused = AppRefused("app_secret", "Enter it.")
    assert (str(refused), refused.field) == ("Enter it.", "app_secret")


def test_staff_read_whose_it_is_and_how_its_test_went_but_no_secret(own_app, signed_in, page, at_meta):
    signed_in.post(f"{page}test/")
    signed_in.post(f"{page}stop/", {"confirm": "yes"})
    staff = Client()
    staff.force_login(
        make_user(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    for address in ("/admin/tokens/metaapp/", f"/admin/tokens/metaapp/{own_app.pk}/change/"):
        html = staff.get(address).content.decode()
        for word in (APP_ID, "Alice &amp; Co", "retired", "sound"):
            assert word in html, (address, word)
        assert SECRET not in html
        assert own_app.secret.ciphertext.decode() not in html
    assert BASIC in html


def test_staff_who_add_a_second_app_in_use_are_told(own_app, tenant):
    staff = Client()
    staff.force_login(
        make_user(is_staff=True, is_superuser=True), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    fields = {"tenant": tenant.slug, "flavour": "instagram_login", "app_id": "77", "new_secret": "abc"}
    response = staff.post("/admin/tokens/metaapp/add/", fields)
    assert response.status_code == 200
    assert "has an app of this flavour in use" in response.content.decode()
    assert MetaApp.objects.filter(tenant=tenant).count() == 1
