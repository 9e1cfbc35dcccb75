"""Design rule 9, proved over the whole URLconf: every address, method and role, with real ids of two workspaces."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from operator import attrgetter
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from accounts.models import Role, User
from accounts.rights import may
from tests.emptying import call_command_quickly
from tests.factories import make_user
from tests.isolation.population import Populated, kinds_without_rows, populate
from tests.isolation.routes import Route, asked, routes
from tests.tokens.journeys import sign_in

Fitting = Callable[[Route], list[str]]
ROUTES = routes()
OF_A_WORKSPACE = [route for route in ROUTES if route.of_a_workspace]
ELSEWHERE = [route for route in ROUTES if not route.of_a_workspace]
# An address that holds a secret is itself the right to see what it leads to: no session is asked for.
CAPABILITIES = {
    "link",
    "new_link",
    "unsubscribe",
    "connect_result",
    "connect_stopped",
    "finish_connecting",
    "connect_again",
    "invitation",
}
WITH_IDS = [route for route in OF_A_WORKSPACE if set(route.converters) - {"slug"}]
MISSING: dict[str, list[Any]] = {
    "UUIDConverter": ["00000000-0000-4000-8000-000000000000"],
    "IntConverter": [2**31 - 1],
    "member": [2**31 - 1],
}

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]


@pytest.fixture(scope="module")
def both(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Populated, Populated]]:
    """Made once for all of the walk: whatever a request changes is undone after it."""
    with django_db_blocker.unblock():
        pair = populate("zebrafish"), populate("quicksilver")
        for user in (user for each in pair for user in each.people.values()):
            _COOKIES[user.pk] = come_in(user)
        yield pair
        call_command_quickly("flush", database="default")


@pytest.fixture
def ours(both: tuple[Populated, Populated]) -> Populated:
    return both[0]


@pytest.fixture
def theirs(both: tuple[Populated, Populated]) -> Populated:
    return both[1]


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the request changes is as it was before afterwards; rate limits as well."""
    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(browser: Client, method: str, url: str) -> Any:
    with undone():
        return getattr(browser, method)(url, follow=False)


def body_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    headers = " ".join(f"{name}: {value}" for name, value in response.items())
    return str(content.decode("utf-8", "replace")) + headers


def browser_of(user: User | None) -> Client:
    browser = Client()
    if user is not None:
        browser.cookies = copy.deepcopy(_COOKIES.get(user.pk)) or come_in(user)
    browser.raise_request_exception = False
    return browser


def come_in(user: User) -> SimpleCookie:
    """Signs in and arrives: the cookies of that browser.

    The first request notes the browser among one's sessions, and which workspace it is in; each request that is
    undone would be the first.
    """
    browser = sign_in(user)
    browser.get("/", follow=True)
    assert UserSession.objects.filter(user=user).exists()
    return browser.cookies


@pytest.fixture
def fitting(both: tuple[Populated, Populated], emulator: Any) -> Fitting:
    """The route's addresses with the ids of ours that its pages know, and with one that they don't."""

    def find(route: Route) -> list[str]:
        answers = as_owner(route, *both)
        known = [url for url, statuses in answers.items() if statuses - {404, 405}]
        return known + [url for url in answers if url not in known][:1]

    return find


def as_owner(route: Route, ours: Populated, theirs: Populated) -> dict[str, set[int]]:
    """What the owner gets for each of the route's addresses, asked once for all tests."""
    if route.path not in _ASKED:
        browser, found = browser_of(ours.people[Role.OWNER]), {}
        for url in urls(route, ours):
            responses = [ask(browser, method, url) for method in ("get", "post")]
            assert not [url for response in responses if theirs.words[0] in body_of(response)]
            found[url] = {response.status_code for response in responses}
        _ASKED[route.path] = found
    return _ASKED[route.path]


_ASKED: dict[str, dict[str, set[int]]] = {}
_COOKIES: dict[Any, SimpleCookie] = {}
_IDS: dict[Any, dict[str, list[Any]]] = {}


def urls(route: Route, whose: Populated, ids: dict[str, list[Any]] | None = None) -> list[str]:
    return route.urls(whose.tenant.slug, {**ids_of(whose), **(ids or {})})


def ids_of(whose: Populated) -> dict[str, list[Any]]:
    """Asked once: every request is undone, its rows stay the same for all of the walk."""
    if whose.tenant.pk not in _IDS:
        _IDS[whose.tenant.pk] = whose.ids()
    return _IDS[whose.tenant.pk]


def test_the_population_forgets_no_kind_of_row(ours: Populated) -> None:
    assert kinds_without_rows(ours.tenant) == []


def test_the_walk_covers_the_contract() -> None:
    paths = {route.path for route in ROUTES}
    assert {"w/<slug:slug>/", "w/<slug:slug>/team/", "w/<slug:slug>/settings/", "link/<str:token>/", ""} <= paths
    assert len(OF_A_WORKSPACE) >= 25


@pytest.mark.parametrize("route", OF_A_WORKSPACE, ids=attrgetter("path"))
def test_every_view_of_a_workspace_names_its_right(route: Route) -> None:
    assert route.right is not None, "decorate it with right_required: without it every member may call it"


@pytest.mark.parametrize("route", OF_A_WORKSPACE, ids=attrgetter("path"))
def test_a_visitor_is_sent_to_sign_in(route: Route, ours: Populated, fitting: Fitting) -> None:
    browser = browser_of(None)
    for method, url in asked(fitting(route)):
        response = ask(browser, method, url)
        assert (response.status_code, url, method) == (302, url, method)
        assert response["Location"].startswith("/accounts/login/?next=/w/")
        assert ours.words[0] not in body_of(response)


@pytest.mark.parametrize("route", OF_A_WORKSPACE, ids=attrgetter("path"))
def test_strangers_and_owners_of_another_workspace_get_404(
    route: Route, ours: Populated, theirs: Populated, fitting: Fitting
) -> None:
    staff = make_user(is_staff=True, is_superuser=True)
    for user in (make_user(), theirs.people[Role.OWNER], staff):
        browser = browser_of(user)
        for method, url in asked(fitting(route)):
            response = ask(browser, method, url)
            assert (response.status_code, url, method) == (404, url, method)
            assert ours.words[0] not in body_of(response)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("route", OF_A_WORKSPACE, ids=attrgetter("path"))
def test_a_role_without_the_right_gets_403_and_no_other_one(
    route: Route, role: Role, ours: Populated, theirs: Populated, fitting: Fitting
) -> None:
    assert route.right is not None
    browser, allowed = browser_of(ours.people[role]), may(role, route.right)
    for method, url in asked(fitting(route)):
        response = ask(browser, method, url)
        assert response.status_code < 500, (method, url)
        assert theirs.words[0] not in body_of(response), (method, url)
        assert (response.status_code == 403) is not allowed, (method, url)


@pytest.mark.parametrize("route", OF_A_WORKSPACE, ids=attrgetter("path"))
def test_the_walk_reaches_every_page_with_a_real_id_and_no_page_holds_a_word_of_another_workspace(
    route: Route, ours: Populated, theirs: Populated, emulator: Any
) -> None:
    answers = set().union(*as_owner(route, ours, theirs).values())
    assert answers - {404, 405}, "give tests.isolation.population a row that this page shows"


@pytest.mark.parametrize("route", WITH_IDS, ids=attrgetter("path"))
def test_another_workspaces_ids_are_404_as_ids_that_do_not_exist(
    route: Route, ours: Populated, theirs: Populated, emulator: Any
) -> None:
    browser = browser_of(ours.people[Role.OWNER])
    foreign = {kind: ids for kind, ids in ids_of(theirs).items() if kind in MISSING}
    for method in ("get", "post", "delete"):
        [missing, *_] = [ask(browser, method, url) for url in urls(route, ours, MISSING)]
        for url in urls(route, ours, foreign):
            response = ask(browser, method, url)
            assert (response.status_code, url) == (missing.status_code, url)
            assert theirs.words[0] not in body_of(response)
    assert emulator.state.requests() == []


@pytest.mark.parametrize("route", ELSEWHERE, ids=attrgetter("path"))
def test_pages_outside_of_workspaces_tell_nobody_of_one_and_never_break(
    route: Route, ours: Populated, theirs: Populated, emulator: Any
) -> None:
    people = {"visitor": None, "stranger": make_user(), "other owner": theirs.people[Role.OWNER]}
    for who, user in people.items():
        browser = browser_of(user)
        for method, url in asked(urls(route, ours)):
            response = ask(browser, method, url)
            assert response.status_code < 500, (who, method, url)
            if route.name not in CAPABILITIES:
                assert ours.words[0] not in body_of(response), (who, method, url)
