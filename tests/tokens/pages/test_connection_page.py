"""A connection's page: how it is, what was granted, its dates, its history."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts import events
from tests.factories import make_connection
from tests.markup import Page
from tokens.services.disconnect import erase_token
from tokens.wording import REASONS

pytestmark = pytest.mark.django_db
# session, user, membership with tenant, the switcher's list, connection with dates, history, other ways to the same
# account, heartbeat
# Session, member, row, history; other ways to the account, whose mails are off, heartbeats, what the watch saw.
QUERIES = 13


@pytest.fixture
def show(signed_in, tenant):
    def show(**details):
        connection = make_connection(tenant=tenant, **details)
        return Page(signed_in.get(f"/w/{tenant.slug}/connections/{connection.pk}/").content.decode())

    return show


@pytest.mark.parametrize("reason", REASONS)
def test_an_inactive_one_says_why_and_what_to_do(reason, show):
    page = show(status="inactive", reason=reason)
    assert REASONS[reason].sentence in page.text
    assert REASONS[reason].remedy in page.text
    assert REASONS[reason].staff not in page.text
    assert "Inactive" in page.text.split()


def test_an_active_one_says_that_it_works(show):
    page = show()
    assert "It works" in page.text
    assert "Active" in page.text.split()


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        ({"permissions": []}, "A permission is missing"),
        ({"credential": {"refresh_failures": 2}}, "we try again by ourselves"),
        ({"credential": {"cannot_refresh_since": timezone.now()}}, "refuses to renew it"),
        ({"credential": {"refused_since": timezone.now()}}, "refused a request"),
        ({"expires_at": timezone.now() + dt.timedelta(days=3)}, "runs out soon"),
        ({"due_at": timezone.now() - dt.timedelta(hours=2)}, "overdue"),
    ],
)
def test_a_flag_is_told_in_words(details, sentence, show):
    page = show(**details)
    assert sentence in page.text
    assert "It works. You need do nothing." not in page.text


def test_one_that_cant_be_refreshed_is_not_called_retrying_as_well(show):
    text = show(credential={"refresh_failures": 2, "cannot_refresh_since": timezone.now()}).text
    assert "refuses to renew it" in text
    assert "we try again by ourselves" not in text


def test_why_an_inactive_one_stopped_stands_in_one_alert_with_its_button(show):
    page = show(status="inactive", reason="checkpoint")
    alert = page.html.partition('id="why"')[2].partition("</form>")[0]
    assert page.html.count('class="alert tone-bad') == 1
    for words in (REASONS["checkpoint"].sentence, REASONS["checkpoint"].remedy, "Reconnect Instagram"):
        assert words in alert


def test_dates_are_shown_in_utc(show):
    at = {
        "issued_at": dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC),
        "expires_at": dt.datetime(2026, 4, 30, 1, tzinfo=dt.UTC),
        "due_at": dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC),
        "created_at": dt.datetime(2026, 2, 3, 4, 5, tzinfo=dt.UTC),
    }
    credential = {
        "refreshed_at": dt.datetime(2026, 3, 2, 3, 4, tzinfo=dt.UTC),
        "checked_at": dt.datetime(2026, 3, 5, 6, 7, tzinfo=dt.UTC),
    }
    text = show(**at, credential=credential).text
    for date in ("1 March 2026, 01:00 UTC", "30 April 2026, 01:00 UTC", "19 April 2026, 02:00 UTC"):
        assert date in text
    for date in ("3 February 2026, 04:05 UTC", "2 March 2026, 03:04 UTC", "5 March 2026, 06:07 UTC"):
        assert date in text


def test_dates_that_nobody_knows_are_told_as_such(show):
    assert "Not known" in show(issued_at=None, expires_at=None).text


def test_permissions_that_meta_did_not_tell_are_not_made_up(show):
    page = show(permissions=None)
    assert "did not say" in page.text
    assert "A permission is missing" not in page.text


def test_no_part_of_a_token_is_shown(show):
    token = "IGAAsecretsecretsecretsecret0123456789"
    html = show(token=token).html
    assert "IGAA" not in html
    assert "secretsecret" not in html


def test_the_number_of_queries_does_not_grow_with_the_history(signed_in, tenant, django_assert_num_queries):
    connection = make_connection(tenant=tenant)
    path = f"/w/{tenant.slug}/connections/{connection.pk}/"
    for number in range(50):
        events.record(tenant=tenant, kind="x", text=f"line {number}", subject_id=connection.pk)
    signed_in.get(path)
    with django_assert_num_queries(QUERIES):
        assert signed_in.get(path).status_code == 200


def test_a_connection_that_is_no_uuid_is_not_found(signed_in, tenant):
    for pk in ("1", "x", "00000000-0000-0000-0000-00000000000g", "☎"):
        assert signed_in.get(f"/w/{tenant.slug}/connections/{pk}/").status_code == 404


def test_where_instagram_told_of_a_removal_the_page_says_that_the_key_is_gone(signed_in, tenant):
    kept = make_connection(tenant=tenant, status="inactive", reason="app_removed")
    gone = make_connection(tenant=tenant, status="inactive", reason="app_removed")
    erase_token(gone)
    words = "its key was erased"
    assert words not in signed_in.get(f"/w/{tenant.slug}/connections/{kept.pk}/").content.decode()
    assert words in signed_in.get(f"/w/{tenant.slug}/connections/{gone.pk}/").content.decode()
