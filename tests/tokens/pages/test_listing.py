"""The list of a workspace: filters, search and pages by plain addresses, whatever is typed into them."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_connections
from tests.markup import Page
from tokens.flags import flagged, flags_of
from tokens.models import Connection
from tokens.selectors import PAGE

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mixed(tenant):
    """Two that need somebody, one that works, one that was ended."""
    make_connection(tenant=tenant, handle="dead.one", status="inactive", reason="expired", name="Delia Dead")
    make_connection(tenant=tenant, handle="flagged_one", permissions=[])
    make_connection(tenant=tenant, handle="well.one", instagram_id="17841400000000042")
    make_connection(tenant=tenant, handle="gone.one", status="disconnected")


@pytest.fixture
def handles(signed_in, tenant):
    def handles(query="", **headers):
        response = signed_in.get(f"/w/{tenant.slug}/{query}", headers=headers)
        assert response.status_code == 200
        table = response.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
        return re.findall(r">@([\w.]+)</a>", table)

    return handles


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("all", ["dead.one", "flagged_one", "well.one", "gone.one"]),
        ("attention", ["dead.one", "flagged_one"]),
        ("working", ["well.one"]),
    ],
)
def test_a_filter_shows_its_own_with_and_without_htmx(show, found, mixed, handles):
    assert handles(f"?show={show}") == handles(f"?show={show}", **HTMX) == found


def test_each_filter_is_a_link_with_its_number(mixed, signed_in, tenant):
    page = Page(signed_in.get(f"/w/{tenant.slug}/").content.decode())
    assert {f"/w/{tenant.slug}/", f"/w/{tenant.slug}/?show=attention"} <= set(page.hrefs)
    assert "All 4 Need attention 2 Working 1" in page.text


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dead", ["dead.one"]),
        ("@DEAD", ["dead.one"]),
        ("%20%40dead.one%20", ["dead.one"]),
        ("delia", ["dead.one"]),
        ("17841400000000042", ["well.one"]),
        ("_", ["flagged_one"]),
        ("%25", []),
        ("nobody", []),
    ],
)
def test_a_search_finds_by_handle_name_or_id(words, found, mixed, handles):
    assert handles(f"?q={words}") == found


def test_search_and_filter_go_together(mixed, handles, signed_in, tenant):
    assert handles("?q=one&show=attention") == ["dead.one", "flagged_one"]
    assert handles("?q=well&show=attention") == []
    page = Page(signed_in.get(f"/w/{tenant.slug}/?q=well&show=attention").content.decode())
    assert f"/w/{tenant.slug}/?show=working&q=well" in page.hrefs
    assert "Nothing found" in page.text
    assert f"/w/{tenant.slug}/" in page.hrefs


def test_the_search_is_a_form_that_gets_and_keeps_the_words(mixed, signed_in, tenant):
    page = Page(signed_in.get(f"/w/{tenant.slug}/?q=dead&show=attention").content.decode())
    form = page.form_of("Search")
    assert (form.method, form.action, form.fields) == ("get", f"/w/{tenant.slug}/", {"q": "dead"})
    assert '<input type="hidden" name="show" value="attention" form="search">' in page.html


NONSENSE = [
    "",
    "0",
    "-1",
    "9" * 5000,
    "1.5",
    "٣",
    "²",
    "None",
    "%00",
    "%ED%B2%80",
    "<script>",
    "x" * 300,
    "☎",
    "' OR 1=1",
]


@pytest.mark.parametrize("text", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("name", ["show", "q", "page"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_nonsense_in_the_address_is_tolerated(headers, name, text, mixed, signed_in, tenant):
    response = signed_in.get(f"/w/{tenant.slug}/?{name}={text}", headers=headers)
    assert response.status_code == 200
    assert b"<script>" not in response.content
    if name != "q":
        assert "@dead.one" in Page(response.content.decode()).text


def test_parameters_given_twice_or_by_other_names_are_tolerated(mixed, handles):
    assert handles("?show=working&show=attention&page=1&page=x&nonsense[]=1") == ["dead.one", "flagged_one"]


def test_pages_hold_fifty_and_lead_to_each_other(handles, signed_in, tenant):
    for number in range(PAGE + 3):
        make_connection(tenant=tenant, handle=f"c{number:03}")
    assert handles() == handles("?page=0") == [f"c{number:03}" for number in range(PAGE)]
    assert handles("?page=2") == handles("?page=99") == ["c050", "c051", "c052"]
    first, second = (Page(signed_in.get(f"/w/{tenant.slug}/{query}").content.decode()) for query in ("", "?page=2"))
    assert f"/w/{tenant.slug}/?page=2" in first.hrefs
    assert "1 to 50 of 53" in first.text
    assert f"/w/{tenant.slug}/" in second.hrefs
    assert "51 to 53 of 53" in second.text


def test_pages_keep_filter_and_search(signed_in, tenant):
    make_connections(PAGE + 1, tenant=tenant)
    page = Page(signed_in.get(f"/w/{tenant.slug}/?q=creator&show=working").content.decode())
    assert f"/w/{tenant.slug}/?show=working&q=creator&page=2" in page.hrefs


@pytest.mark.parametrize("query", ["", "?show=attention", "?q=creator&page=2"])
@pytest.mark.parametrize(("headers", "queries"), [({}, 8), (HTMX, 5)], ids=["page", "fragment"])
def test_the_number_of_queries_is_the_same_however_many_there_are(
    headers, queries, query, signed_in, tenant, django_assert_num_queries
):
    make_connection(tenant=tenant)
    signed_in.get(f"/w/{tenant.slug}/")
    for more in (0, PAGE + 10):
        make_connections(more, tenant=tenant, permissions=[])
        with django_assert_num_queries(queries):
            signed_in.get(f"/w/{tenant.slug}/{query}", headers=headers)


def test_the_database_and_the_page_agree_on_what_is_flagged(tenant, settings):
    settings.INSTAGRAM_SCOPES = ["instagram_business_basic", "instagram_business_content_publish"]
    now = timezone.now()
    dates = [None, now - dt.timedelta(days=1), now + dt.timedelta(days=3), now + dt.timedelta(days=30)]
    granted = [None, [], ["instagram_business_basic"], settings.INSTAGRAM_SCOPES, ["instagram_business_basic_more"]]
    counters: list[dict[str, Any]] = [
        {},
        {"refresh_failures": 1},
        {"refused_since": now},
        {"cannot_refresh_since": now},
    ]
    counters.append({"permission_missing_since": now})
    for expires_at, permissions, counter in itertools.product(dates, granted, counters):
        make_connection(tenant=tenant, expires_at=expires_at, permissions=permissions, credential=counter)
    for due_at, status in itertools.product(dates, ["active", "inactive", "disconnected"]):
        make_connection(tenant=tenant, due_at=due_at, status=status, permissions=settings.INSTAGRAM_SCOPES)
    connections = Connection.objects.with_dates()
    by_page = {connection.pk for connection in connections if flags_of(connection, now)}
    assert set(connections.filter(flagged(now)).values_list("pk", flat=True)) == by_page
    assert 0 < len(by_page) < connections.count()
