"""The header says where one is and leads to the other workspaces; the tabs lead to what the role may see."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from accounts.models import Membership, Role, Tenant
from tests.accounts.people import read
from tests.factories import make_member, make_tenant, make_user
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db


def choices(html: str) -> list[tuple[str, str, bool]]:
    """Address, words and whether it is the present one, of each workspace in the switcher."""
    found = re.search(r'<ul class="choices">(.*?)</ul>', html, re.DOTALL)
    links = re.findall(r'<a href="([^"]+)"([^>]*)>(.*?)</a>', found.group(1) if found else "", re.DOTALL)
    return [
        (url, " ".join(re.sub("<[^>]+>", " ", words).split()), "aria-current" in more) for url, more, words in links
    ]


def tabs(html: str) -> dict[str, str]:
    """The tabs' words with what `aria-current` says."""
    found = re.search(r'<nav class="tabs".*?</nav>', html, re.DOTALL)
    links = re.findall(r"<a [^>]*>[^<]*</a>", found.group(0) if found else "")
    current = [re.search(r'aria-current="(\w+)"', link) for link in links]
    return {
        re.sub("<[^>]+>", "", link): mark.group(1) if mark else "" for link, mark in zip(links, current, strict=True)
    }


def test_it_lists_ones_own_by_name_and_marks_the_present_one(signed_in, alice, tenant):
    make_tenant("zebra", owner=alice)
    make_tenant("Aardvark", owner=alice)
    make_tenant("Somebody else's")
    html = signed_in.get(f"/w/{tenant.slug}/").content.decode()
    assert choices(html) == [
        ("/w/aardvark/", "Aardvark", False), ("/w/alice-co/", "Alice &amp; Co", True), ("/w/zebra/", "zebra", False),
    ]  # fmt: skip
    assert "/workspaces/new/" in read(signed_in.get(f"/w/{tenant.slug}/")).hrefs


def test_it_stands_on_pages_outside_of_workspaces_too(signed_in):
    assert choices(signed_in.get("/workspaces/new/").content.decode()) == [("/w/alice-co/", "Alice &amp; Co", False)]


def test_the_start_page_leads_to_the_one_that_was_looked_at_last(signed_in, alice, tenant):
    second = make_tenant("Zebra", owner=alice)
    assert signed_in.get("/")["Location"] == f"/w/{tenant.slug}/"
    signed_in.get(f"/w/{second.slug}/")
    assert signed_in.get("/")["Location"] == f"/w/{second.slug}/"
    Membership.objects.filter(tenant=second).delete()
    assert signed_in.get("/")["Location"] == f"/w/{tenant.slug}/"


def test_the_list_costs_one_query_however_many_there_are(signed_in, alice, tenant, django_assert_num_queries):
    signed_in.get(f"/w/{tenant.slug}/")
    rows = Tenant.objects.bulk_create([Tenant(name=f"Place {n}", slug=f"place-{n}") for n in range(60)])
    Membership.objects.bulk_create([Membership(tenant=row, user=alice, role=Role.MEMBER) for row in rows[:30]])
    with django_assert_num_queries(8):
        html = signed_in.get(f"/w/{tenant.slug}/").content.decode()
    assert len(choices(html)) == 31


def test_a_deleted_one_is_shown_last_and_to_its_owners_alone(signed_in, alice, tenant):
    mine, theirs = make_tenant("A mine", owner=alice), make_tenant("B theirs")
    make_member(theirs, Role.ADMIN, user=alice)
    Tenant.objects.filter(pk__in=[mine.pk, theirs.pk]).update(deleted_at=timezone.now())
    listed = [words for _, words, _ in choices(signed_in.get(f"/w/{tenant.slug}/").content.decode())]
    assert listed == ["Alice &amp; Co", "A mine deleted"]


def test_the_start_page_passes_over_a_deleted_one_while_another_lives(signed_in, alice, tenant):
    second = make_tenant("Zebra", owner=alice)
    signed_in.get(f"/w/{second.slug}/")
    Tenant.objects.filter(pk=second.pk).update(deleted_at=timezone.now())
    assert signed_in.get("/")["Location"] == f"/w/{tenant.slug}/"
    Tenant.objects.filter(pk=tenant.pk).update(deleted_at=timezone.now())
    assert signed_in.get("/", follow=True).redirect_chain[-1][0] == f"/w/{tenant.slug}/deleted/"


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.VIEWER, ["Accounts", "Team"]),
        (Role.MEMBER, ["Accounts", "Creators", "Team"]),
        (Role.ADMIN, ["Accounts", "Creators", "Team", "History", "Settings"]),
        (Role.OWNER, ["Accounts", "Creators", "Team", "History", "Settings"]),
    ],
)
def test_the_tabs_are_those_that_the_role_may_see(role, seen, tenant):
    browser = sign_in(make_member(tenant, role, user=make_user()))
    html = browser.get(f"/w/{tenant.slug}/").content.decode()
    assert list(tabs(html)) == seen
    for url in re.findall(r'href="([^"]+)"', html.partition('class="tabs"')[2].partition("</nav>")[0]):
        assert browser.get(url).status_code == 200


@pytest.mark.parametrize(
    ("path", "current"),
    [("", {"Accounts": "page"}), ("history/", {"History": "page"}), ("settings/", {"Settings": "page"}),
     ("settings/delete/", {"Settings": "true"}), ("connect/instagram_login/", {"Accounts": "true"})],
)  # fmt: skip
def test_the_present_tab_is_marked(path, current, signed_in, tenant):
    found = tabs(signed_in.get(f"/w/{tenant.slug}/{path}").content.decode())
    assert {label: mark for label, mark in found.items() if mark} == current
