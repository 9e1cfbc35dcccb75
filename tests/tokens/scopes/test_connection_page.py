"""A connection's page says what was granted, what is missing, and what stops working without it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import Role
from tests.factories import make_connection, make_member
from tests.markup import Page
from tests.tokens.journeys import sign_in
from tests.tokens.scopes.conftest import ASKABLE, BASIC, COMMENTS, PUBLISH

pytestmark = pytest.mark.django_db
ADVICE = "Press “Reconnect Instagram” if you can log in as"


@pytest.fixture
def show(signed_in, tenant):
    def show(browser=signed_in, **columns):
        connection = make_connection(tenant=tenant, handle="anna", **columns)
        return Page(browser.get(f"/w/{tenant.slug}/connections/{connection.pk}/").content.decode())

    return show


def test_each_missing_one_is_named_with_what_stops(show, need):
    need(BASIC, PUBLISH, COMMENTS)
    page = show(permissions=[BASIC, PUBLISH])
    missing = page.text.partition("Missing")[2].partition("History")[0]
    assert f"{COMMENTS} Comments can't be read or answered." in missing
    assert PUBLISH not in missing
    assert "Renewing never adds permissions: only the creator can, by reconnecting." in missing
    assert ADVICE in missing
    assert "A permission is missing. Reconnect and leave all of them ticked." in page.text
    for words in ("Reconnect Instagram", "Send reconnect link"):
        assert page.button_words.count(words) == 1


def test_with_all_that_is_needed_nothing_is_missing(show, need):
    need(BASIC)
    page = show(permissions=[BASIC])
    assert "Missing" not in page.text
    assert "Renewing never adds permissions" in page.text
    assert ADVICE not in page.text
    assert "It works. You need do nothing." in page.text


def test_what_instagram_did_not_say_is_neither_missing_nor_granted(show):
    page = show(permissions=None)
    assert "Granted Instagram did not say" in page.text
    assert "Missing" not in page.text


def test_a_refusal_that_names_none_is_told_as_such(show):
    page = show(permissions=ASKABLE, credential={"permission_missing_since": timezone.now()})
    assert "did not say which" in page.text
    assert "did not say which" not in show(permissions=[], instagram_id="2").text


def test_a_viewer_is_not_told_to_press_what_is_not_there(show, tenant):
    page = show(sign_in(make_member(tenant, Role.VIEWER)), permissions=[BASIC])
    assert "Missing" in page.text
    assert ADVICE not in page.text
