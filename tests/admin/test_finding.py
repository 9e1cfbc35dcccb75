"""Searching and filtering, with sense and without."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from tests.admin.rows import live
from tests.factories import make_connection, make_tenant, make_user
from tokens.flags import ALL_FLAGS, SOON, flagged, flags_of, raised
from tokens.models import Connection

pytestmark = pytest.mark.django_db
LIST = "/admin/tokens/connection/"
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def found(browser, **query):
    response = browser.get(LIST, query)
    assert response.status_code == 200
    return {row.handle for row in response.context["cl"].result_list}


@pytest.fixture
def rows(db):
    now = timezone.now()
    make_connection(
        handle="anna", tenant=make_tenant("First"), instagram_id="111", app_scoped_id="222",
        contact_email="anna@creator.example", connected_by=make_user("agent@agency.example"),
    )  # fmt: skip
    make_connection(handle="bert", tenant=make_tenant("Second"), status="inactive", reason="expired")
    make_connection(handle="carl", expires_at=now + dt.timedelta(days=3), credential={"refresh_failures": 2})
    make_connection(handle="dora", expires_at=None, permissions=["something_else"])
    make_connection(handle="emil", status="disconnected")


WORDS = ["anna", "@anna", " ANNA ", "111", "222", "anna@creator.example", "agent@agency.example", "agent anna"]
FILTERS = [
    ({"status": "inactive"}, {"bert"}),
    ({"reason": "expired"}, {"bert"}),
    ({"flag": "expiring_soon"}, {"carl"}),
    ({"flag": "retrying"}, {"carl"}),
    ({"flag": "permission_missing"}, {"dora"}),
    ({"days": "under_10"}, {"carl"}),
    ({"days": "10_to_30"}, {"anna"}),
    ({"days": "unknown"}, {"dora"}),
    ({"tenant": "first"}, {"anna"}),
    ({"status": "active", "flag": "expiring_soon", "q": "ar"}, {"carl"}),
]


def test_a_connection_is_found_by_what_staff_know_of_it(staff, rows):
    for words in WORDS:
        assert found(staff, q=words) == {"anna"}, words


def test_filters_find_what_they_say(staff, rows):
    for query, handles in FILTERS:
        assert found(staff, **query) == handles, query


def test_the_meta_apps_filter(staff, rows):
    app = Connection.objects.get(handle="anna").meta_app
    assert len(found(staff, meta_app=str(app.pk))) == 5


@pytest.mark.parametrize("name", ["status", "reason", "flag", "days", "meta_app"])
def test_a_word_that_is_none_filters_nothing(name, staff, rows):
    for word in ["nonsense", "\0", "' OR 1=1 --", "9" * 400, "<script>"]:
        assert len(found(staff, **{name: word})) == 5, word


NONSENSE = [
    {"q": "\0"}, {"q": "'\"\\%_<script>" * 30}, {"q": "(" * 500}, {"q": '"'}, {"q": "ü😀"},
    {"o": "99.-99.x"}, {"o": "-"}, {"p": "-1"}, {"p": "9" * 40}, {"p": "x"}, {"all": "1"}, {"e": "1"},
    {"tenant": "\0"}, {"tenant": "x" * 5000}, {"_facets": "1"}, {"_popup": "x"}, {"_to_field": "password"},
    {"credential__token__startswith": "g"}, {"connected_by__password__startswith": "a"}, {"password__startswith": "a"},
    {"user__password__regex": "("}, {"meta_app__secret": "x"}, {"secret__isnull": "0"}, {"result__contains": "x"},
    {"id__in": "x,y"}, {"pk": "\0"}, {"handle": "\0"}, {"is_staff": "maybe"}, {"state": "\0"}, {"cause": "x"},
    {"\0": "\0"}, {"role__exact": "x"}, {"at__year": "x"},
]  # fmt: skip


@every_model
def test_nonsense_in_an_address_is_never_our_error(model, staff):
    live()
    for query in NONSENSE:
        response = staff.get(list_of(model), query)
        assert response.status_code in {200, 302, 400}, query
        if any("__" in name for name in query):
            # Columns can't be guessed letter by letter.
            assert response.status_code == 400, query


@every_model
def test_a_page_of_nothing_is_never_our_error(model, staff):
    for key in ["nonsense", "_00", "9" * 40, "-1", "%00", "a" * 3000, "_", "🙂"]:
        for page in ("change", "history", "delete"):
            assert staff.get(f"{list_of(model)}{key}/{page}/").status_code in {302, 403, 404}, (key, page)


@every_model
def test_an_action_on_nonsense_is_never_our_error(model, staff):
    keys, actions = ["nonsense", "\0", "", "9" * 40], ["refresh_now", "lift", "delete_selected", "nonsense", ""]
    # Each key with one action that there is, each action with the first key.
    for key, action in [*zip(keys, actions, strict=False), *((keys[0], action) for action in actions[1:])]:
        form = {"action": action, ACTION_CHECKBOX_NAME: key, "index": "x", "confirmed": "yes"}
        assert staff.post(list_of(model), form).status_code in {200, 302, 400, 403}, (key, action)


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("query", [{}, {"s": ""}, {"s": "conn"}, {"s": "conn", "page": "x"}, {"s": "\0", "page": "9"}])
def test_the_search_for_pages_stands_nonsense(query, staff):
    assert staff.get("/admin/search/", query).status_code in {200, 404}


@pytest.mark.parametrize(
    "query", [{}, {"app_label": "tokens"}, {"app_label": "\0", "model_name": "x", "field_name": "y"}]
)
def test_the_site_completes_nothing(query, staff):
    assert staff.get("/admin/autocomplete/", query).status_code in {403, 404}


instants = st.one_of(st.none(), st.integers(-30, 60))


@effort(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    status=st.sampled_from(["active", "inactive", "disconnected"]),
    expires=instants,
    due=instants,
    failures=st.integers(0, 2),
    since=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    permissions=st.sampled_from(
        [None, [], ["instagram_business_basic"], ["instagram_business_basic_2"], ["a", "instagram_business_basic"]]
    ),
)
def test_the_databases_flags_are_those_of_the_pages(db, status, expires, due, failures, since, permissions):
    now = timezone.now()

    def at(days):
        return None if days is None else now + dt.timedelta(days=days)

    names = ("cannot_refresh_since", "permission_missing_since", "refused_since")
    dates = {name: now if is_set else None for name, is_set in zip(names, since, strict=True)}
    row = make_connection(
        status=status, expires_at=at(expires), due_at=at(due), permissions=permissions,
        credential={"refresh_failures": failures, **dates},
    )  # fmt: skip
    shown = {flag.word for flag in flags_of(row, now)}
    rows = Connection.objects.filter(pk=row.pk)
    assert {flag.word for flag in ALL_FLAGS if rows.filter(raised(flag.word, now)).exists()} == shown
    assert rows.filter(flagged(now)).exists() == bool(shown)
    assert rows.exclude(flagged(now)).exists() != bool(shown)


def test_the_boundary_of_soon_is_the_same_for_both(db):
    now = timezone.now()
    make_connection(expires_at=now + SOON)
    assert Connection.objects.filter(raised("expiring_soon", now)).exists()
