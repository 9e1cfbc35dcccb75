"""Lines of routine leave the history once they are old; what tells of a change stays as long as the workspace."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import Schedule

from accounts import events, routine, tasks
from accounts.models import Event, Tenant
from accounts.services import prune_history as pruning
from accounts.services.prune_history import prune_history
from tests import queue
from tests.crowds import copy_row
from tests.factories import make_connection, make_tenant
from tests.races import together
from tests.tokens.fake_meta import FakeMeta, dead, transient
from tests.tokens.helpers import ago, attempt
from tokens.services.sync_schedules import sync_schedules

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def old(tenant) -> Any:
    """Makes so many lines that are `days` old."""

    def make(number: int = 1, *, kind: str = "refreshed", days: float = 401) -> Event:
        line = events.record(tenant=tenant, kind=kind, text="Renewed.", at=timezone.now() - days * DAY)
        if number > 1:
            copy_row(line, number - 1)
        return line

    return make


def kinds() -> list[str]:
    return sorted(Event.objects.values_list("kind", flat=True))


@pytest.mark.parametrize("kind", ["refreshed", "refresh_failed", "check_failed"])
def test_what_a_working_connection_writes_again_and_again_goes_after_the_time_that_was_set(kind, old, settings):
    settings.EVENT_RETENTION_DAYS = 100
    gone, kept = old(kind=kind, days=100.01), old(kind=kind, days=99.99)
    assert prune_history(timezone.now()) == (1, True)
    assert not Event.objects.filter(pk=gone.pk).exists()
    assert Event.objects.filter(pk=kept.pk).exists()


@pytest.mark.parametrize(
    "kind",
    [
        *("connected", "reconnected", "renewed", "became_inactive", "disconnected", "replaced", "imported"),
        *("cannot_refresh", "permission_missing", "refused", "renamed", "link_sent", "contact_changed"),
        *("workspace_created", "member_joined", "member_removed", "role_changed", "something_new"),
    ],
)
def test_what_tells_of_a_change_stays(kind, old):
    line = old(kind=kind, days=4000)
    assert prune_history(timezone.now()) == (0, True)
    assert Event.objects.filter(pk=line.pk).exists()


def test_the_attempts_of_a_worker_write_these_very_kinds(settings):
    connection = make_connection(due_at=ago(minutes=1))
    attempt(connection, FakeMeta(on_refresh=transient()))
    attempt(connection, FakeMeta(on_me=transient()), "check")
    attempt(connection, FakeMeta())
    attempt(connection, FakeMeta(on_refresh=dead(), on_me=dead()))
    Event.objects.filter(subject_id=connection.pk).update(at=timezone.now() - 401 * DAY)
    prune_history(timezone.now())
    assert list(Event.objects.filter(subject_id=connection.pk).values_list("kind", flat=True)) == ["became_inactive"]


def test_a_workspace_whose_lines_are_young_keeps_them_all(old):
    old(20, days=399)
    before = kinds()
    assert prune_history(timezone.now()) == (0, True)
    assert kinds() == before


def test_an_app_may_register_kinds_of_its_own(old, monkeypatch):
    monkeypatch.setattr(routine, "_registered", set())
    old()
    old(kind="looked_at")
    routine.register("looked_at")
    assert prune_history(timezone.now()) == (1, True)
    assert "refreshed" in kinds()
    assert "looked_at" not in kinds()


# Many


def test_many_go_in_bounded_batches(old):
    old(2500)
    with CaptureQueriesContext(database) as queries:
        assert prune_history(timezone.now()) == (2500, True)
    deletes = [query["sql"] for query in queries.captured_queries if query["sql"].startswith("DELETE")]
    assert len(deletes) == 3


def test_told_to_end_it_goes_on_with_the_next_run(old, monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 10)
    old(25)
    old(7, kind="check_failed")
    # Kind after kind; the second has nothing.
    asked = iter([True, True, True, False])
    assert prune_history(timezone.now(), go_on=lambda: next(asked)) == (17, False)
    assert prune_history(timezone.now()) == (15, True)


def test_the_oldest_go_first(old, monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 1)
    for days in (402, 404, 403):
        old(days=days)
    asked = iter([True, True, True, True, False])
    assert prune_history(timezone.now(), go_on=lambda: next(asked)) == (2, False)
    [left] = Event.objects.filter(kind="refreshed")
    assert timezone.now() - left.at < 402.5 * DAY


def test_the_index_leads_to_the_oldest_whatever_else_is_kept(old):
    old(3000, days=2)
    old(3000, kind="connected", days=4000)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE accounts_event")
    lines = Event.objects.filter(kind="refreshed", at__lt=timezone.now() - 400 * DAY).order_by("at")
    plan = lines.values_list("pk")[:1000].explain()
    assert "event_kinds" in plan
    assert "SCAN accounts_event" not in plan
    assert "Seq Scan" not in plan


@pytest.mark.django_db(transaction=True)
def test_two_at_once_delete_each_line_once(old, monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 10)
    old(205)
    results = together(*[lambda: prune_history(timezone.now())] * 2)
    assert sum(deleted for deleted, _ in results) == 205
    assert "refreshed" not in kinds()


# The task


def test_the_task_rings_for_itself_while_something_is_left(old, monkeypatch):
    old(3)
    monkeypatch.setattr(tasks, "SECONDS", 0.0)
    assert tasks.prune() == 0
    assert [task["func"] for task in queue.waiting()] == ["accounts.tasks.prune"]
    queue.lose()
    monkeypatch.setattr(tasks, "SECONDS", 45.0)
    assert tasks.prune() == 3
    assert queue.waiting() == []


def test_it_is_scheduled_each_hour():
    sync_schedules()
    assert Schedule.objects.get(name="prune").minutes == 60
