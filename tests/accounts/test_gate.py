"""Design rule 9 over every address that carries a workspace's slug, as the URLconf has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.urls.converters import UUIDConverter

from accounts.models import Event, Membership, Role
from accounts.rights import Right, may
from tests.factories import make_connection, make_member, make_tenant
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.journeys import sign_in
from tokens.models import TokenImport

METHODS = ["get", "head", "post", "put", "patch", "delete", "options"]
# With and without a check of the CSRF token, where there is one. The other methods: `tests/isolation/test_walk.py`.
ASKED = [("get", False), ("post", False), ("post", True), ("delete", True)]
# What a request leaves behind whatever it asks for: the session, its list for the user, and the rate limits.
ASIDE = frozenset({"django_session", "usersessions_usersession", "perennial_cache"})

pytestmark = pytest.mark.django_db


def patterns(found: Any, converters: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in found:
        known = {**converters, **each.pattern.converters}
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, known)
        elif isinstance(each, URLPattern) and "slug" in known and each.name:
            yield each.name, known


# Walked when collected: whoever adds a page of a workspace is tested without asking.
NAMED = {name: converters for name, converters in patterns(get_resolver().url_patterns, {}) if ":" not in name}


def address(name: str, tenant: Any, pk: Any) -> str:
    values = {"slug": tenant if isinstance(tenant, str) else tenant.slug, "flavour": "instagram_login"}
    made_up = {"IntConverter": 1, "UUIDConverter": pk, "SlugConverter": "x", "StringConverter": "x"}
    arguments = {key: values.get(key, made_up.get(type(converter).__name__)) for key, converter in NAMED[name].items()}
    return reverse(name, kwargs=arguments)


def right_of(name: str) -> Right:
    right: Right = getattr(resolve(address(name, "any", make_user_id())).func, "right")  # noqa: B009 - untyped
    return right


def told(response: Any) -> tuple[int, bytes]:
    return response.status_code, response.content


@pytest.fixture
def connection(tenant):
    return make_connection(tenant=tenant)


@pytest.fixture
def writing(tenant, connection, alice):
    """The addresses that take what changes something, by name, with the methods that they allow."""
    if not ALLOWED:
        owner = sign_in(alice)
        for name in NAMED:
            ALLOWED[name] = owner.put(address(name, tenant, connection.pk))["Allow"].split(", ")
    return {name: methods for name, methods in ALLOWED.items() if "POST" in methods}


# The code's own, the same in every workspace: asked once for all tests.
ALLOWED: dict[str, list[str]] = {}


def test_the_walk_finds_the_pages_of_a_workspace():
    assert {"workspace", "connection", "connect", "reconnect", "refresh_now", "check_now", "send_link"} <= set(NAMED)
    assert {"disconnect", "set_contact"} <= set(NAMED)


@pytest.mark.crossed
@pytest.mark.parametrize("name", NAMED)
def test_a_visitor_is_sent_to_sign_in_alike_for_workspaces_that_exist_or_not(name, tenant, connection):
    before = all_rows(apart_from=ASIDE)
    for method, strict in ASKED:
        answers = []
        for slug in (tenant.slug, "no-such-place"):
            response = getattr(Client(enforce_csrf_checks=strict), method)(address(name, slug, connection.pk))
            assert (method, response.status_code) == (method, 302)
            assert response["Location"].startswith("/accounts/login/?next=/w/")
            answers.append((response["Location"].replace(slug, ""), response.content, sorted(response.cookies)))
        assert answers[0] == answers[1]
    assert all_rows(apart_from=ASIDE) == before


@pytest.mark.crossed
@pytest.mark.parametrize("name", NAMED)
def test_who_posts_signed_out_comes_back_to_a_page_after_signing_in(name, tenant, connection, signed_in):
    # One id that the pages of all kinds know.
    TokenImport.objects.create(pk=connection.pk, tenant=tenant, file_name="tokens.csv")
    for method in ("post", "delete"):
        wall = getattr(Client(), method)(address(name, tenant, connection.pk))
        back = parse_qs(urlsplit(wall["Location"]).query)["next"][0]
        assert (method, signed_in.get(back).status_code) == (method, 200)
        assert back.startswith(f"/w/{tenant.slug}/")


def test_who_acts_on_a_connection_signed_out_comes_back_to_its_page(tenant, connection):
    page = address("connection", tenant, connection.pk)
    for name in ("check_now", "refresh_now", "reconnect", "send_link", "disconnect", "set_contact"):
        assert Client().post(address(name, tenant, connection.pk))["Location"] == f"/accounts/login/?next={page}"


@pytest.mark.crossed
@pytest.mark.parametrize("name", NAMED)
def test_a_stranger_gets_the_same_404_for_workspaces_that_exist_or_not(name, tenant, connection):
    browser = sign_in(make_tenant().memberships.get().user)
    before = all_rows(apart_from=ASIDE)
    for method, strict in ASKED:
        browser.handler.enforce_csrf_checks = strict
        exists = getattr(browser, method)(address(name, tenant, connection.pk))
        missing = getattr(browser, method)(address(name, "no-such-place", connection.pk))
        assert (method, exists.status_code) == (method, 404)
        assert told(exists) == told(missing)
    assert all_rows(apart_from=ASIDE) == before


@pytest.mark.parametrize("method", METHODS)
def test_a_viewer_gets_403_wherever_something_is_changed(method, tenant, connection, writing, emulator):
    browser = sign_in(make_member(tenant, Role.VIEWER))
    before = all_rows(apart_from=ASIDE)
    refused = {name: allowed for name, allowed in writing.items() if not may(Role.VIEWER, right_of(name))}
    own = {"leave_workspace", "notifications"}
    assert set(writing) - set(refused) == own, "what a viewer may change is the membership, and what reaches them"
    for name, allowed in refused.items():
        if method in {"get", "head"} and "GET" in allowed:
            continue  # a page that explains; what it leads to is refused
        response = getattr(browser, method)(address(name, tenant, connection.pk))
        assert (name, response.status_code) == (name, 403)
        if method != "head":
            assert "not yours to do" in Page(response.content.decode()).text
    assert all_rows(apart_from=ASIDE) == before
    assert emulator.state.requests() == []


def test_a_viewer_sees_the_rest(tenant, connection, writing):
    browser = sign_in(make_member(tenant, Role.VIEWER))
    for name in {"workspace", "connection"} - set(writing):
        page = browser.get(address(name, tenant, connection.pk))
        assert page.status_code == 200
        posting = [form for form in Page(page.content.decode()).forms if form.method != "get"]
        assert [form.action for form in posting] == []


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN, Role.MEMBER])
def test_who_may_write_gets_405_for_a_wrong_method(role, tenant, connection, writing):
    browser = sign_in(make_member(tenant, role))
    for name, allowed in writing.items():
        if not may(role, right_of(name)):
            continue
        for method in {"get", "put", "delete"} - {each.lower() for each in allowed}:
            assert getattr(browser, method)(address(name, tenant, connection.pk)).status_code == 405
    for name in ("workspace", "connection"):
        assert browser.post(address(name, tenant, connection.pk)).status_code == 405


def test_who_may_write_needs_a_csrf_token(tenant, connection, alice, writing):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.get(f"/w/{tenant.slug}/")
    before = all_rows(apart_from=ASIDE)
    for name in writing:
        response = browser.post(address(name, tenant, connection.pk))
        assert response.status_code == 403
        assert "too old" in Page(response.content.decode()).text
    assert all_rows(apart_from=ASIDE) == before


@pytest.mark.parametrize("name", [name for name, known in NAMED.items() if isinstance(known.get("pk"), UUIDConverter)])
def test_another_workspaces_connection_is_404_as_one_that_does_not_exist(name, tenant, signed_in, writing, emulator):
    theirs = make_connection()
    signed_in.get(f"/w/{tenant.slug}/")
    method = signed_in.post if name in writing else signed_in.get
    before = all_rows(apart_from=ASIDE)
    exists = method(address(name, tenant, theirs.pk), {"confirm": "yes", "contact_email": "x@evil.example"})
    missing = method(address(name, tenant, make_user_id()), {"confirm": "yes", "contact_email": "x@evil.example"})
    assert exists.status_code == 404
    assert told(exists) == told(missing)
    assert all_rows(apart_from=ASIDE) == before
    assert emulator.state.requests() == []


def make_user_id() -> str:
    return "00000000-0000-4000-8000-000000000000"


def test_nobody_sees_another_workspaces_names_in_lists(signed_in, tenant):
    theirs = make_connection(handle="secret_account")
    html = signed_in.get(f"/w/{tenant.slug}/").content.decode()
    assert "secret_account" not in html
    assert theirs.tenant.name not in html


def test_a_member_who_is_removed_is_a_stranger_at_once(signed_in, alice, tenant, connection):
    assert signed_in.get(f"/w/{tenant.slug}/").status_code == 200
    Membership.objects.filter(user=alice).delete()
    assert signed_in.get(f"/w/{tenant.slug}/").status_code == 404
    assert signed_in.post(f"/w/{tenant.slug}/connections/{connection.pk}/disconnect/").status_code == 404


def test_a_role_that_is_taken_away_is_gone_at_once(signed_in, alice, tenant, connection):
    Membership.objects.filter(user=alice).update(role=Role.VIEWER)
    path = f"/w/{tenant.slug}/connections/{connection.pk}/disconnect/"
    assert signed_in.post(path, {"confirm": "yes"}).status_code == 403


@pytest.mark.parametrize("slug", ["x" * 300, "..", "a%00b", "☎", "ALICE-CO", "%3Cscript%3E"])
def test_a_slug_that_is_none_is_not_found(slug, signed_in):
    response = signed_in.get(f"/w/{slug}/")
    assert response.status_code == 404
    assert Page(response.content.decode()).text


def test_the_history_of_a_workspace_holds_its_own_alone(tenant, connection):
    make_connection()
    assert set(Event.objects.for_tenant(tenant).values_list("tenant", flat=True)) == {tenant.pk}
