"""The workspace's page: what is connected, how it is, and what happens next."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import Role
from tests.factories import make_connection, make_connections, make_member
from tests.markup import Page
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
# Session, user, membership with tenant, the switcher's list, counts, one page of connections with dates, heartbeats,
# what the watch saw.
QUERIES = 8


@pytest.fixture
def page(signed_in, tenant):
    return lambda: Page(signed_in.get(f"/w/{tenant.slug}/").content.decode())


def test_an_empty_workspace_says_what_to_do(page, tenant):
    shown = page()
    assert tenant.name in shown.text
    assert "No Instagram account is connected" in shown.text
    assert shown.button_words.count("Connect Instagram") == 1


def test_a_viewer_of_an_empty_workspace_is_told_whom_to_ask(tenant):
    browser = sign_in(make_member(tenant, Role.VIEWER))
    shown = Page(browser.get(f"/w/{tenant.slug}/").content.decode())
    assert "Connect Instagram" not in shown.button_words
    assert "owner" in shown.text


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [("active", "", "Active"), ("inactive", "checkpoint", "Inactive"), ("disconnected", "", "Disconnected")],
)
def test_a_connection_shows_as_handle_with_its_status_as_a_word(status, reason, word, page, tenant):
    connection = make_connection(tenant=tenant, handle="creator", status=status, reason=reason)
    shown = page()
    assert "@creator" in shown.text
    assert word in shown.text.split()
    assert f"/w/{tenant.slug}/connections/{connection.pk}/" in shown.hrefs


def test_an_inactive_one_names_the_remedy(page, tenant):
    make_connection(tenant=tenant, status="inactive", reason="password_changed")
    assert "Reconnect once with your new password" in page().text


def test_an_active_one_names_days_and_next_renewal(page, tenant):
    now = timezone.now()
    connection = make_connection(tenant=tenant, issued_at=now - dt.timedelta(days=10, minutes=1))
    shown = page()
    assert " 49 " in shown.text
    assert f"{connection.credential.due_at:%-d %B %Y} at 02:00 UTC" in shown.text


def test_those_that_need_somebody_come_first(page, tenant):
    make_connection(tenant=tenant, handle="aa_works")
    make_connection(tenant=tenant, handle="bb_gone", status="disconnected")
    make_connection(tenant=tenant, handle="cc_flagged", permissions=[])
    make_connection(tenant=tenant, handle="zz_dead", status="inactive", reason="expired")
    text = page().text
    places = [text.index(handle) for handle in ("@zz_dead", "@cc_flagged", "@aa_works", "@bb_gone")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("dead", "flagged", "well", "sentence"),
    [
        (0, 0, 1, "The account works."),
        (0, 0, 3, "All 3 accounts work."),
        (1, 1, 2, "1 of 4 accounts needs reconnecting."),
        (2, 0, 0, "2 of 2 accounts need reconnecting."),
        (0, 1, 1, "All 2 accounts work; 1 needs a look."),
    ],
)
def test_one_sentence_sums_it_up(dead, flagged, well, sentence, page, tenant):
    make_connections(dead, tenant=tenant, status="inactive", reason="expired")
    make_connections(flagged, tenant=tenant, permissions=[])
    make_connections(well, tenant=tenant)
    assert sentence in page().text


@pytest.mark.parametrize(
    ("dead", "flagged", "well", "gone", "sentence"),
    [
        (1, 1, 2, 1, "1 of 5 accounts needs reconnecting; 1 is disconnected."),
        (2, 0, 0, 2, "2 of 4 accounts need reconnecting; 2 are disconnected."),
        (0, 1, 1, 1, "2 of 3 accounts work; 1 needs a look, 1 is disconnected."),
        (0, 0, 1, 1, "1 of 2 accounts works; 1 is disconnected."),
        (0, 0, 0, 2, "No Instagram account is connected."),
    ],
)
def test_the_sentence_counts_the_disconnected_as_the_filter_does(dead, flagged, well, gone, sentence, page, tenant):
    make_connections(dead, tenant=tenant, status="inactive", reason="expired")
    make_connections(flagged, tenant=tenant, permissions=[])
    make_connections(well, tenant=tenant)
    make_connections(gone, tenant=tenant, status="disconnected")
    text = page().text
    assert sentence in text
    assert f"All {dead + flagged + well + gone} Need attention" in text


@pytest.mark.parametrize("number", [1, 50])
def test_the_number_of_queries_does_not_grow(number, signed_in, tenant, django_assert_num_queries):
    signed_in.get(f"/w/{tenant.slug}/")  # the session learns the last workspace
    make_connections(number, tenant=tenant)
    make_connections(number, tenant=tenant, status="inactive", reason="expired")
    with django_assert_num_queries(QUERIES):
        assert signed_in.get(f"/w/{tenant.slug}/").status_code == 200


def test_no_token_is_loaded_for_a_list(signed_in, tenant, django_assert_num_queries):
    make_connections(3, tenant=tenant)
    signed_in.get(f"/w/{tenant.slug}/")
    with django_assert_num_queries(QUERIES) as captured:
        signed_in.get(f"/w/{tenant.slug}/")
    assert all('"token"' not in query["sql"] for query in captured)


def test_a_handle_with_markup_is_shown_and_not_run(page, tenant):
    make_connection(tenant=tenant, handle="<script>alert(1)</script>", name='"><img src=x onerror=alert(1)>')
    html = page().html
    assert "<script>alert" not in html
    assert "<img src=x" not in html


def test_an_account_without_handle_shows_its_id(page, tenant):
    connection = make_connection(tenant=tenant)
    connection.handle = ""
    connection.save()
    assert f"@{connection.instagram_id}" in page().text
