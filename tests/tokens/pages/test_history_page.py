"""The workspace's whole history: newest first, page after page, the same number of queries on each."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts import events
from accounts.models import Role
from tests.factories import make_connection, make_member, make_tenant
from tests.markup import Page
from tests.tokens.journeys import sign_in
from tokens.history import PAGE, history_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tenant):
    return f"/w/{tenant.slug}/history/"


def read(browser, path) -> Page:
    response = browser.get(path)
    assert response.status_code == 200
    return Page(response.content.decode())


def older(page: Page, path: str) -> str:
    return next((href for href in page.hrefs if href.startswith(path) and "before=" in href), "")


def test_it_tells_what_happened_newest_first_by_whom_and_to_which_account(signed_in, tenant, path):
    connection = make_connection(tenant=tenant, handle="creator")
    events.record(tenant=tenant, kind="refreshed", text="Renewed.", subject_id=connection.pk)
    page = read(signed_in, path)
    assert page.text.index("Renewed.") < page.text.index("The workspace “Alice & Co” was created.")
    assert f"/w/{tenant.slug}/connections/{connection.pk}/" in page.hrefs
    assert "alice@example.com" in page.text


def test_every_event_stands_on_one_page_also_of_one_moment(signed_in, tenant, path):
    now = timezone.now()
    for number in range(PAGE * 2 + 5):
        events.record(tenant=tenant, kind="noted", text=f"Event {number};", at=now + dt.timedelta(seconds=number // 60))
    page, found = read(signed_in, path), ""
    for _ in range(2):
        found += page.text
        assert older(page, path)
        page = read(signed_in, older(page, path))
    found += page.text
    assert not older(page, path)
    assert [found.count(f"Event {number};") for number in range(PAGE * 2 + 5)] == [1] * (PAGE * 2 + 5)
    assert path in page.hrefs, "the way back to the newest"


@pytest.mark.parametrize("show", ["all", "accounts", "workspace"])
def test_a_filter_shows_its_own_and_keeps_to_it_on_further_pages(show, tenant):
    connection = make_connection(tenant=tenant)
    for number in range(PAGE + 10):
        events.record(tenant=tenant, kind="noted", text=f"About it {number}", subject_id=connection.pk)
        events.record(tenant=tenant, kind="noted", text=f"About us {number}")
    page = history_page(tenant, show=show)
    texts = {line.event.text[:8] for line in page.lines}
    assert texts == {"all": {"About it", "About us"}, "accounts": {"About it"}, "workspace": {"About us"}}[show]
    assert ("show=" in page.older) == (show != "all")


def test_a_filter_that_finds_nothing_says_so(signed_in, path):
    assert "Nothing of this kind has happened yet" in read(signed_in, f"{path}?show=accounts").text


@pytest.mark.parametrize(
    "query",
    [
        "before=x",
        "before=",
        "before=%00",
        "before=2026-01-01_-5",
        "before=2026-01-01T00:00:00Z_0",
        "before=2026-01-01T00:00:00Z_99999999999999999999",
        "before=0001-01-01T00:00:00%2B14:00_1",
        "before=9999-12-31T23:59:59-14:00_1",
        "show=nonsense",
        "show=%00&before=%F0",
    ],
)
def test_nonsense_in_the_address_shows_the_first_page(query, signed_in, path):
    assert "was created." in read(signed_in, f"{path}?{query}").text


def test_it_holds_no_other_workspaces_events(signed_in, path):
    other = make_connection(tenant=make_tenant("Elsewhere"), handle="secret_one")
    events.record(tenant=other.tenant, kind="noted", text="Secret thing.", subject_id=other.pk)
    page = read(signed_in, path)
    assert "Secret thing" not in page.text
    assert "Elsewhere" not in page.text


def test_an_id_of_another_workspaces_connection_names_nothing(tenant):
    other = make_connection(handle="secret_one")
    events.record(tenant=tenant, kind="noted", text="Strange.", subject_id=other.pk)
    assert history_page(tenant).lines[0].connection is None


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.MEMBER, 403), (Role.VIEWER, 403)])
def test_who_may_see_it(role, status, tenant, path):
    assert sign_in(make_member(tenant, role)).get(path).status_code == status


@pytest.mark.parametrize("number", [1, 3 * PAGE])
def test_the_number_of_queries_does_not_grow(number, signed_in, tenant, path, django_assert_num_queries):
    for _ in range(number):
        connection = make_connection(tenant=tenant)
        events.record(tenant=tenant, kind="noted", text="Noted.", subject_id=connection.pk)
    signed_in.get(path)
    # Session, user, membership with tenant, the switcher's list, events, handles, heartbeats, what the watch saw.
    with django_assert_num_queries(8):
        signed_in.get(path)
