"""Every page of every registered model: it opens, asks a fixed number of questions, and shows no secret."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.admin.rows import APP_SECRET, BAD_NAME, live
from tests.factories import make_meta_app, make_tenant
from tests.flows.hiding_places import Searcher
from tests.markup import Page
from tokens.models import Connection, Credential, MetaApp

pytestmark = pytest.mark.django_db
# The walk is over the registry: a model that somebody registers is tested without asking.
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LABELS = {model._meta.label for model in MODELS}
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def list_of(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def pages_of(model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    yield list_of(model)
    for row in model._default_manager.all():
        for page in ("change", "history", "delete"):
            yield reverse(f"{name}_{page}", args=[row.pk])
    yield reverse(f"{name}_add")


def test_what_is_registered_and_what_never():
    assert {
        "accounts.Event", "accounts.Membership", "accounts.Tenant", "accounts.User", "auth.Group",
        "django_q.Failure", "django_q.OrmQ", "django_q.Schedule", "django_q.Success",
        "notifications.OutboxMessage", "tokens.AppBudget", "tokens.Brake", "tokens.Connection",
        "tokens.DeletionRequest", "tokens.MetaApp", "tokens.SweepRun", "tokens.UnknownAnswer",
    } == LABELS  # fmt: skip
    assert Credential not in admin.site._registry


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("accounts/tenant", ("People and workspaces", "Workspaces")),
        ("accounts/membership", ("People and workspaces", "Members")),
        ("tokens/connection", ("Instagram", "Connections")),
        ("django_q/ormq", ("Queue", "Queued tasks")),
        ("auth/group", ("Staff", "Groups")),
    ],
)
def test_breadcrumbs_are_in_the_products_words(address, words, staff):
    # The arrow between them is an icon that a font draws from its name.
    text = Page(staff.get(f"/admin/{address}/").content.decode()).text
    assert re.search(rf"{words[0]} \w+ {words[1]} \d+ results?", text)


def test_an_empty_list_says_so_and_asks_nobody_to_create_what_nobody_can(staff):
    assert "There are no brakes." in Page(staff.get("/admin/tokens/brake/").content.decode()).text
    page = Page(staff.get("/admin/accounts/user/?q=nobody-of-this-name").content.decode())
    assert "No row matches" in page.text
    assert "Show all" in page.text
    assert "Add user" not in page.text


@every_model
def test_every_page_opens_shows_no_secret_and_keeps_names_that_are_markup_text(model, staff):
    lived = live(name=BAD_NAME)
    assert model._default_manager.exists()
    opened = {}
    for path in pages_of(model):
        response = staff.get(path)
        allowed = {200, 403} if path.endswith(("/add/", "/delete/")) else {200}
        assert response.status_code in allowed, path
        assert BAD_NAME not in response.content.decode(), path
        opened[path] = response.content
    assert Searcher(lived.secrets).find(opened) == []


@every_model
def test_a_page_that_forges_a_row_or_ends_one_is_not_there(model, staff):
    live()
    if model._meta.label in {"auth.Group", "tokens.MetaApp"}:
        return
    before = model._default_manager.count()
    for path in pages_of(model):
        if path.endswith(("/add/", "/delete/")):
            assert staff.post(path, {"post": "yes"}).status_code == 403
    assert model._default_manager.count() == before


@every_model
def test_a_list_asks_as_often_for_many_rows_as_for_few(model, staff):
    live()
    staff.get(list_of(model))
    few = questions(staff, list_of(model))
    live(5, name="Another")
    assert questions(staff, list_of(model)) == few
    assert few <= 7


def questions(staff, path):
    with CaptureQueriesContext(database, ) as asked:  # fmt: skip
        assert staff.get(path).status_code == 200
    return len(asked)


def test_a_connections_page_asks_a_fixed_number_of_questions(staff):
    first, *_ = live().connections
    path = reverse("admin:tokens_connection_change", args=[first.pk])
    staff.get(path)
    assert questions(staff, path) <= 12


def test_the_home_page_asks_a_fixed_number_of_questions(staff):
    live()
    staff.get("/admin/")  # the first visit of a session is noted
    few = questions(staff, "/admin/")
    live(5, name="Another")
    assert questions(staff, "/admin/") == few
    # Brakes, sweeps, mails, the queue, and what stands still.
    assert few <= 20


def test_no_question_of_the_staffs_pages_loads_a_token(staff):
    live()
    with CaptureQueriesContext(database) as asked:
        for path in ("/admin/", *pages_of(Connection)):
            staff.get(path)
    assert not [each["sql"] for each in asked if '"tokens_credential"."token"' in each["sql"].partition(" FROM ")[0]]


def test_names_that_are_markup_stay_text_on_the_home_page(staff):
    live(name=BAD_NAME)
    assert BAD_NAME not in staff.get("/admin/").content.decode()


def test_names_that_are_markup_stay_text_in_messages_and_questions(staff, press):
    first, *_ = live(name=BAD_NAME).connections
    question = staff.get(f"/admin/tokens/connection/{first.pk}/disconnect/").content.decode()
    answer = press(first, "disconnect").html
    assert "alert(1)" in question
    assert "alert(1)" in answer
    assert BAD_NAME not in question + answer


# Meta apps


def test_a_secret_goes_in_and_never_comes_out(staff, boss):
    tenant = make_tenant()
    form = {"tenant": tenant.slug, "flavour": "instagram_login", "app_id": "123", "new_secret": APP_SECRET}
    page = staff.post("/admin/tokens/metaapp/add/", form, follow=True).content.decode()
    app = MetaApp.objects.get(tenant=tenant)
    assert app.secret is not None
    assert app.secret.reveal() == APP_SECRET
    assert app.key_id
    assert list(tenant.events.filter(kind="app_secret_set").values_list("actor", flat=True)) == [boss.email]
    path = f"/admin/tokens/metaapp/{app.pk}/"
    places = {
        "after": page,
        "change": staff.get(f"{path}change/").content,
        "history": staff.get(f"{path}history/").content,
    }
    places |= {"log": repr(list(LogEntry.objects.values())), "events": repr(list(tenant.events.values()))}
    assert Searcher([APP_SECRET, app.secret.ciphertext.decode()]).find(places) == []
    assert ">set<" in page.replace(" ", "").replace("\n", "")


@pytest.mark.parametrize("secret", ["ünprintable", "x" * 201, "a\nb"])
def test_a_secret_that_is_refused_does_not_come_back_either(secret, staff):
    tenant = make_tenant()
    form = {"tenant": tenant.slug, "flavour": "instagram_login", "app_id": "123", "new_secret": secret}
    response = staff.post("/admin/tokens/metaapp/add/", form)
    assert response.status_code == 200
    assert secret not in response.content.decode()
    assert not MetaApp.objects.filter(tenant=tenant).exists()


def test_an_empty_field_keeps_the_secret_that_is_set(staff):
    app = make_meta_app(tenant=make_tenant(), secret=APP_SECRET)
    assert staff.post(f"/admin/tokens/metaapp/{app.pk}/change/", {"new_secret": "", "app_id": "9"}).status_code == 302
    stored = MetaApp.objects.get(pk=app.pk)
    assert stored.secret is not None
    assert (stored.secret.reveal(), stored.app_id) == (APP_SECRET, app.app_id)


def test_a_new_secret_replaces_it(staff):
    app = make_meta_app(tenant=make_tenant(), secret=APP_SECRET)
    staff.post(f"/admin/tokens/metaapp/{app.pk}/change/", {"new_secret": "another"})
    stored = MetaApp.objects.get(pk=app.pk).secret
    assert stored is not None
    assert stored.reveal() == "another"


def test_the_installations_own_app_takes_no_secret(staff):
    app = make_meta_app()
    assert staff.post(f"/admin/tokens/metaapp/{app.pk}/change/", {"new_secret": "another"}).status_code == 403
    assert MetaApp.objects.get(pk=app.pk).secret is None


@pytest.mark.parametrize("app_id", ["abc", "12 34", "", "1" * 101, "<b>"])
def test_an_app_id_is_a_number(app_id, staff):
    form = {"tenant": make_tenant().slug, "flavour": "instagram_login", "app_id": app_id, "new_secret": APP_SECRET}
    assert staff.post("/admin/tokens/metaapp/add/", form).status_code == 200
    assert not MetaApp.objects.exists()


def test_the_same_app_twice_is_told(staff):
    tenant = make_tenant()
    make_meta_app(tenant=tenant, app_id="123")
    form = {"tenant": tenant.slug, "flavour": "instagram_login", "app_id": "123", "new_secret": APP_SECRET}
    assert staff.post("/admin/tokens/metaapp/add/", form).status_code == 200
    assert MetaApp.objects.count() == 1


@pytest.mark.parametrize("slug", ["", "nobody", "\0", "x" * 500])
def test_an_app_belongs_to_a_workspace_that_exists(slug, staff):
    form = {"tenant": slug, "flavour": "instagram_login", "app_id": "123", "new_secret": APP_SECRET}
    response = staff.post("/admin/tokens/metaapp/add/", form)
    assert response.status_code == 200
    assert APP_SECRET not in response.content.decode()
    assert not MetaApp.objects.exists()


def test_the_page_says_the_status_as_a_word(staff):
    first, *_ = live().connections
    page = staff.get(reverse("admin:tokens_connection_change", args=[first.pk])).content.decode()
    assert ">Active<" in page
    assert "(&#x27;" not in page
