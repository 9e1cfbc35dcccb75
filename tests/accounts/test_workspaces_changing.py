"""The settings: name, address, time zone, language and the address for answers."""

from __future__ import annotations

import pytest

from accounts.models import Event, FormerSlug, Role, Tenant
from accounts.services.change_workspace import AddressTaken, change_workspace
from tests.accounts.people import read
from tests.factories import make_member, make_tenant
from tests.races import together
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def save(signed_in, tenant):
    def save(**changes):
        tenant.refresh_from_db()
        path = f"/w/{tenant.slug}/settings/"
        now = {"name": tenant.name, "slug": tenant.slug, "time_zone": tenant.time_zone, "language": tenant.language}
        response = signed_in.post(path, {**now, **changes}, follow=True)
        tenant.refresh_from_db()
        return read(response).text

    return save


def test_each_change_is_kept_and_told_in_the_history(save, tenant, alice):
    text = save(name="Bob & Co", slug="bob-co", time_zone="Europe/Berlin", language="de")
    assert "The settings are saved." in text
    assert (tenant.name, tenant.slug, tenant.time_zone, tenant.language) == (
        "Bob & Co",
        "bob-co",
        "Europe/Berlin",
        "de",
    )
    told = Event.objects.for_tenant(tenant).exclude(kind="workspace_created").order_by("pk")
    assert [event.text for event in told] == [
        "The workspace is now called “Bob & Co”.",
        "The workspace's address is now /w/bob-co/; the old one leads there.",
        "Dates are now shown in the time zone Europe/Berlin.",
        "The language of dates and mails is now “Deutsch”.",
    ]
    assert {event.actor for event in told} == {alice.email}


def test_an_address_for_answers_is_kept_and_given_up_again(save, tenant):
    assert "The settings are saved." in save(reply_to="hello@agency.example")
    assert tenant.reply_to == "hello@agency.example"
    assert "Nothing was different." in save(reply_to="hello@agency.example")
    save(reply_to="")
    assert tenant.reply_to == ""
    told = Event.objects.for_tenant(tenant).filter(kind="workspace_reply_to_changed").order_by("pk")
    assert [event.text for event in told] == [
        "Answers to the workspace's mails now go to hello@agency.example.",
        "Answers to the workspace's mails now go to whoever runs the site.",
    ]


@pytest.mark.parametrize("nonsense", ["hello", "a@b.example, c@d.example", "x@y.example\r\nBcc: z@y.example"])
def test_an_address_for_answers_that_is_none_is_refused(nonsense, save, tenant):
    assert "Enter one complete mail address" in save(reply_to=nonsense)
    assert tenant.reply_to == ""


def test_nothing_different_is_no_event(save, tenant):
    assert "Nothing was different." in save()
    assert Event.objects.for_tenant(tenant).count() == 1


def test_an_admin_may_and_others_may_not(tenant):
    assert sign_in(make_member(tenant, Role.ADMIN)).get(f"/w/{tenant.slug}/settings/").status_code == 200
    assert sign_in(make_member(tenant, Role.MEMBER)).get(f"/w/{tenant.slug}/settings/").status_code == 403


def test_what_is_for_owners_is_offered_to_owners_alone(tenant, signed_in):
    path = f"/w/{tenant.slug}/settings/"
    assert f"{path}delete/" in read(signed_in.get(path)).hrefs
    admins = read(sign_in(make_member(tenant, Role.ADMIN)).get(path)).hrefs
    offered = {f"{path}{each}/" for each in ("permissions", "mails", "notifications")}
    assert {href for href in admins if href.startswith(path)} - {path} == offered


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "a\x07b"}, "can't be shown"),
        ({"name": "a\0b"}, "Null characters are not allowed."),
        ({"slug": ""}, "This field is required."),
        ({"slug": "x" * 51}, "at most 50 characters"),
        ({"slug": "x" * 5000}, "at most 60 characters"),
        ({"slug": "söhne"}, "letters from a to z"),
        ({"slug": "a b"}, "letters from a to z"),
        ({"slug": "../admin"}, "letters from a to z"),
        ({"slug": "-a"}, "letters from a to z"),
        ({"slug": "a\0b"}, "Null characters are not allowed."),
        ({"slug": "new"}, "kept for Perennial itself"),
        ({"slug": "taken"}, "belongs, or once belonged, to another workspace"),
        ({"slug": "once-taken"}, "belongs, or once belonged, to another workspace"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice."),
        ({"time_zone": "../../etc/passwd"}, "Select a valid choice."),
        ({"language": "tlh"}, "Select a valid choice."),
    ],
)
def test_nonsense_is_answered_in_words_and_changes_nothing(changes, words, save, tenant):
    FormerSlug.objects.create(tenant=make_tenant("Taken"), slug="once-taken")
    before = Tenant.objects.values().get(pk=tenant.pk)
    assert words in save(**changes)
    assert Tenant.objects.values().get(pk=tenant.pk) == before
    assert Event.objects.for_tenant(tenant).count() == 1


def test_an_address_typed_in_capitals_is_taken_in_small_letters(save, tenant):
    save(slug="Bob-CO")
    assert tenant.slug == "bob-co"


def test_an_address_that_is_no_longer_allowed_stays_with_whoever_has_it(save, tenant):
    Tenant.objects.filter(pk=tenant.pk).update(slug="x" * 55)
    save(name="Other")
    assert (tenant.name, tenant.slug) == ("Other", "x" * 55)


def test_one_may_take_ones_own_old_address_back(save, tenant):
    save(slug="second")
    save(slug="alice-co")
    assert tenant.slug == "alice-co"
    assert [row.slug for row in FormerSlug.objects.for_tenant(tenant)] == ["second"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_an_address_at_once_one_gets_it_and_the_other_reads_why(alice):
    first, second = make_tenant("First", owner=alice), make_tenant("Second", owner=alice)

    def take(tenant):
        try:
            return change_workspace(tenant, by=alice, slug="wanted")
        except AddressTaken:
            return "taken"

    results = together(lambda: take(first), lambda: take(second))
    assert sorted(map(str, results)) == ["['slug']", "taken"]
    assert Tenant.objects.filter(slug="wanted").count() == 1
    assert FormerSlug.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_address_given_up_at_the_same_moment_stays_with_whoever_gave_it_up(alice):
    first, second = make_tenant("First", owner=alice), make_tenant("Second", owner=alice)

    def move(tenant, slug):
        try:
            return change_workspace(tenant, by=alice, slug=slug)
        except AddressTaken:
            return "taken"

    moved, wanted = together(lambda: move(first, "elsewhere"), lambda: move(second, "first"))
    assert (moved, wanted) == (["slug"], "taken")
    second.refresh_from_db()
    assert second.slug == "second"
