"""Cache, queue, workers, schedules."""

from __future__ import annotations

import datetime as dt
import threading
import time
from types import SimpleNamespace

import pytest
from django.core.cache import cache, caches
from django.utils import timezone
from django_q.models import Schedule
from django_q.status import Stat
from django_q.tasks import async_task

from tests.tokens.helpers import ago
from tokens.services import heartbeat
from tokens.services.doctor import queue
from tokens.services.sync_schedules import sync_schedules

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(monkeypatch):
    """Clusters that tell that they run, by host and number of workers."""

    def run(*clusters):
        stats = [SimpleNamespace(host=host, workers=list(range(number))) for host, number in clusters]
        monkeypatch.setattr(Stat, "get_all", lambda: stats)

    run()
    return run


def test_a_cache_that_keeps_what_it_is_given_is_well_and_left_as_it_was(line, monkeypatch):
    monkeypatch.setattr("tokens.services.doctor.queue.uuid", SimpleNamespace(uuid4=lambda: SimpleNamespace(hex="0123")))
    assert line("Cache").level == "ok"
    assert cache.get("doctor:0123") is None


def test_one_that_forgets_at_once_is_wrong(line, monkeypatch):
    # The class's: each thread that looks has a cache of its own.
    monkeypatch.setattr(type(caches["default"]), "get", lambda *args, **kwargs: None)
    assert line("Cache").level == "wrong"


def test_one_that_raises_is_wrong_without_its_words(line, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError("redis://:c4n4ry@redis.internal")

    monkeypatch.setattr(type(caches["default"]), "set", fail)
    found = line("Cache")
    assert (found.level, found.sentence) == ("wrong", "It could not be looked at (ConnectionError).")


def test_a_queue_tells_how_many_wait(line, monkeypatch):
    assert line("Queue").sentence.endswith("0 tasks wait in it.")
    async_task("tokens.tasks.sweep")
    found = line("Queue")
    assert (found.level, found.sentence.endswith("1 task waits in it.")) == ("ok", True)
    monkeypatch.setattr(queue, "MANY", 0)
    assert line("Queue").level == "warning"


@pytest.mark.parametrize("trouble", ["raises", "says no", "hangs"])
def test_a_queue_that_does_not_answer_is_wrong(trouble, line, settings, monkeypatch):
    settings.BROKER_URL = "redis://:c4n4ry@127.0.0.1:9/0"

    def ping():
        if trouble == "hangs":
            threading.Event().wait(5)
        if trouble == "raises":
            raise ConnectionError("redis://:c4n4ry@127.0.0.1:9/0")
        return False

    monkeypatch.setattr(queue, "get_broker", lambda: SimpleNamespace(ping=ping, queue_size=lambda: 0))
    monkeypatch.setattr(Stat, "get_all", list)
    monkeypatch.setattr(queue, "tasks", lambda real=queue.tasks: [quick(each) for each in real()])
    found = line("Queue")
    assert found.level == "wrong"
    assert "c4n4ry" not in repr(found)


def quick(task):
    return type(task)(task.area, task.name, task.look, task.asks, seconds=0.3)


def test_workers_are_counted_by_cluster_and_machine(line, running):
    running(("one", 2), ("two", 2), ("two", 4))
    found = line("Workers")
    assert (found.level, found.sentence) == ("ok", "8 workers in 3 clusters on 2 machines tell that they run.")


def test_no_worker_is_wrong(line, running):
    assert line("Workers").level == "wrong"
    running(("one", 0))
    assert line("Workers").level == "wrong"


def test_no_worker_where_somebody_sweeps_is_a_warning(line, running):
    heartbeat.beat(heartbeat.SWEEP, timezone.now())
    assert line("Workers").level == "warning"


def test_workers_that_cannot_be_counted_are_wrong(line, monkeypatch):
    def fail():
        raise ConnectionError("redis://:c4n4ry@redis")

    monkeypatch.setattr(Stat, "get_all", fail)
    found = line("Workers")
    assert (found.level, "c4n4ry" in repr(found)) == ("wrong", False)


def test_redis_that_hangs_holds_up_no_count_of_workers(line, settings, monkeypatch):
    settings.CACHE_URL = "redis://127.0.0.1:9/0"
    monkeypatch.setattr(queue, "_cache", list)
    monkeypatch.setattr(queue, "SECONDS", 0.2)
    monkeypatch.setattr(Stat, "get_all", lambda: threading.Event().wait(3))
    started = time.monotonic()
    assert line("Workers").level == "wrong"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("part", list(heartbeat.SILENCES))
def test_the_last_run_of_each_part(part, line):
    heartbeat.beat(heartbeat.INSTALLED, ago(hours=1))
    name, limit = f"Last {part}", int(heartbeat.SILENCES[part].total_seconds() // 60)
    assert (line(name).level, line(name).sentence) == ("wrong", "None has ever run.")
    for minutes, level in ((limit - 1, "ok"), (limit + 1, "wrong")):
        heartbeat.beat(part, ago(minutes=minutes))
        assert (line(name).level, line(name).sentence) == (level, f"{minutes} minutes ago.")


def test_a_young_installation_has_not_missed_its_first_check(line):
    heartbeat.beat(heartbeat.INSTALLED, timezone.now())
    assert (line("Last check").level, line("Last delivery").level) == ("ok", "ok")


def test_schedules_are_installed_and_on_time(line):
    sync_schedules()
    assert line("Schedules").level == "ok"


def test_a_schedule_that_is_missing_or_another_one_is_told_by_name(line):
    sync_schedules()
    Schedule.objects.filter(name="sweep").delete()
    Schedule.objects.filter(name="check").update(minutes=500)
    found = line("Schedules")
    assert (found.level, found.sentence) == ("wrong", "Not installed as they should be: sweep, check.")
    assert "sync_schedules" in found.remedy


def test_a_schedule_that_is_overdue_is_told_by_name(line):
    sync_schedules()
    Schedule.objects.filter(name="deliver").update(next_run=timezone.now() - dt.timedelta(minutes=11))
    found = line("Schedules")
    assert (found.level, found.sentence) == ("wrong", "Overdue by more than ten minutes: deliver.")
