"""Budgets of Meta apps at /admin/: what is used up, what is paused and why, and the button that ends a pause."""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from tests.factories import make_meta_app, make_tenant
from tests.markup import Page
from tests.rows import all_rows
from tokens.models import AppBudget
from tokens.services.budget import Budgets

pytestmark = pytest.mark.django_db
LIST = "/admin/tokens/appbudget/"
SEEN = frozenset({"django_session", "django_admin_log", "usersessions_usersession"})


def text_of(browser, path):
    return Page(browser.get(path).content.decode()).text


@pytest.fixture
def paused():
    now = timezone.now()
    return AppBudget.objects.create(
        meta_app=make_meta_app(), usage=97.4, usage_at=now, paused_until=now + dt.timedelta(minutes=50),
        cause="code 4", limits=3, canary_owner="h:1:a",
    )  # fmt: skip


def test_a_paused_app_is_shown_with_its_figure_and_why(staff, paused):
    for page in (text_of(staff, LIST), text_of(staff, f"{LIST}{paused.pk}/change/")):
        for words in ("The installation", "97 %", "code 4", "paused"):
            assert words.casefold() in page.casefold()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"usage": 81.0, "usage_at": dt.timedelta(seconds=1)}, ("slowed", "81 %")),
        ({"usage": 81.0, "usage_at": dt.timedelta(hours=1)}, ("full speed", "81 % (out of date)")),
        ({"usage": 40.0, "usage_at": dt.timedelta(seconds=1)}, ("full speed", "40 %")),
        ({"paused_until": dt.timedelta(seconds=1)}, ("waits for its canary", "not told")),
    ],
)
def test_its_state_is_told_in_words(columns, words, staff):
    tenant = make_tenant("North & South")
    now = timezone.now()
    at = {name: now - value if isinstance(value, dt.timedelta) else value for name, value in columns.items()}
    AppBudget.objects.create(meta_app=make_meta_app(tenant=tenant), **at)
    page = text_of(staff, LIST)
    for word in (*words, "North & South"):
        assert word.casefold() in page.casefold()


def test_the_page_of_a_meta_app_tells_its_limit(staff, paused):
    page = text_of(staff, f"/admin/tokens/metaapp/{paused.pk}/change/")
    assert "97 % used at" in page
    assert "code 4" in page
    free = make_meta_app(tenant=make_tenant())
    assert "full speed" in text_of(staff, f"/admin/tokens/metaapp/{free.pk}/change/")


def test_those_that_are_paused_are_found(staff, paused):
    AppBudget.objects.create(meta_app=make_meta_app(tenant=make_tenant("Elsewhere")), usage=80, usage_at=timezone.now())
    assert "Elsewhere" not in text_of(staff, f"{LIST}?paused=1")
    assert "Elsewhere" in text_of(staff, f"{LIST}?paused=0")


def test_resuming_asks_first(staff, paused):
    before = all_rows(apart_from=SEEN)
    for answer in (
        staff.get(f"{LIST}{paused.pk}/resume/"),
        staff.post(f"{LIST}{paused.pk}/resume/"),
        staff.post(LIST, {"action": "resume", "_selected_action": [str(paused.pk)]}),
    ):
        assert 'name="confirmed"' in answer.content.decode()
    assert all_rows(apart_from=SEEN) == before


def test_resume_now_ends_the_pause_for_everybody_and_says_who_did(press, paused, boss, caplog):
    drain = Budgets(iter([0.0, 5.0, 5.0]).__next__)
    drain.look()
    assert drain.closed() == {paused.pk}
    with caplog.at_level(logging.WARNING, "tokens.services.budget"):
        assert "Resumed." in press(paused, "resume").text
    assert caplog.messages == [f"Meta app {paused.pk}: resumed by {boss.email}"]
    row = AppBudget.objects.get()
    assert (row.paused_until, row.limits, row.canary_owner) == (None, 0, "")
    assert LogEntry.objects.get().get_change_message().startswith("Resume now: Resumed.")
    drain.look()
    assert drain.closed() == frozenset()
    # Slowly at first, the more so with a figure this high.
    assert drain.allowance(paused.pk) == 0


def test_one_that_is_not_paused_stays_as_it_is(press, paused):
    press(paused, "resume")
    before = AppBudget.objects.values().get()
    assert "not paused" in press(paused, "resume").text
    assert AppBudget.objects.values().get() == before


def test_who_may_only_view_resumes_none(clerk, paused):
    browser = clerk("view_appbudget")
    assert "Resume now" not in browser.get(f"{LIST}{paused.pk}/change/").content.decode()
    assert browser.post(f"{LIST}{paused.pk}/resume/", {"confirmed": "yes"}).status_code == 403
    assert AppBudget.objects.get().paused_until is not None
