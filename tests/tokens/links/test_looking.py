"""Looking at a link changes nothing: mail scanners and previews follow every link."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.markup import Page
from tests.rows import all_rows
from tokens.models import ConnectAttempt

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_look_changes_no_row_and_calls_nobody(method, path, emulator):
    before = all_rows()
    for _ in range(5):
        response = getattr(Client(headers={"user-agent": "LinkScanner", "purpose": "prefetch"}), method)(path)
        assert response.status_code == 200
    assert all_rows() == before
    assert emulator.state.requests() == []


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_look_at_a_closed_link_changes_no_row(method, emulator, phone, path, dead):
    dead.status, dead.reason = "disconnected", ""
    dead.save()
    before = all_rows()
    assert getattr(phone, method)(path).status_code == 410
    assert getattr(phone, method)("/link/garbled/").status_code == 410
    assert all_rows() == before


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_are_refused_and_change_nothing(method, path, phone):
    before = all_rows()
    assert getattr(phone, method)(path).status_code == 405
    assert all_rows() == before


def test_the_page_says_whose_account_it_is_and_why_it_stopped(path, phone, tenant):
    page = Page(phone.get(path).content.decode())
    assert "@creator" in page.text
    assert tenant.name in page.text
    assert "password was changed" in page.text
    assert page.button_words == ["Reconnect Instagram"]


def test_the_button_works_without_script(path, phone):
    page = Page(phone.get(path).content.decode())
    form = page.form_of("Reconnect Instagram")
    assert (form.method, form.buttons[0].type) == ("post", "submit")
    assert "csrfmiddlewaretoken" in form.fields
    assert form.visible == []


def test_the_page_needs_no_sign_in_and_names_no_member(path, phone, alice):
    html = phone.get(path).content.decode()
    assert alice.email not in html


@pytest.mark.parametrize("closed", [False, True])
def test_no_search_engine_may_keep_it(closed, path, phone):
    response = phone.get("/link/garbled/" if closed else path)
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"


def test_the_token_stands_nowhere_in_the_page(path, phone):
    assert path.split("/")[2] not in phone.get(path).content.decode()


def test_a_post_from_elsewhere_is_refused(path):
    strict = Client(enforce_csrf_checks=True)
    for address in (path, f"{path}new/"):
        response = strict.post(address)
        assert response.status_code == 403
        assert "too old" in Page(response.content.decode()).text
    assert not ConnectAttempt.objects.exists()


def test_a_post_from_the_page_itself_passes_without_sign_in(path):
    strict = Client(enforce_csrf_checks=True)
    form = Page(strict.get(path).content.decode()).form_of("Reconnect Instagram")
    assert strict.post(path, form.fields).status_code == 302
    assert ConnectAttempt.objects.count() == 1
