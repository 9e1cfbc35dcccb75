"""Cache, queue and workers: whether what is rung for is done."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import Schedule
from django_q.status import Stat

from tokens.services import heartbeat
from tokens.services.doctor.bounded import within
from tokens.services.doctor.finding import Said, Task, count, ok, warning, wrong
from tokens.services.sync_schedules import SCHEDULES

AREA = "Queue and workers"
SECONDS = 5.0
# A worker takes what waits within a second or two; drains are bounded by the number of workers.
MANY = 200
START = (
    "Start `python manage.py qcluster`, under something that starts it again. Without any worker run refresh_tokens, "
    "check_tokens and deliver_notifications from cron."
)
CACHE = "Check CACHE_URL, and that Redis runs and has memory left."
BROKER = "Check BROKER_URL and CACHE_URL, and that Redis runs."
T = TypeVar("T")


def tasks() -> list[Task]:
    return [
        Task(AREA, "Cache", _cache, asks="network" if settings.CACHE_URL else "database", if_broken=CACHE),
        Task(AREA, "Queue", _broker, asks="network" if settings.BROKER_URL else "database", if_broken=BROKER),
        Task(AREA, "Workers", _workers, if_broken=BROKER),
        Task(AREA, "Last runs", _last_runs),
        Task(AREA, "Schedules", _schedules),
    ]


def _cache() -> Said:
    key, value = f"doctor:{uuid.uuid4().hex}", "well"
    cache.set(key, value, 30)
    found = cache.get(key)
    cache.delete(key)
    if found == value:
        return ok(f"It keeps what it is given, in {'Redis' if settings.CACHE_URL else 'the database'}.")
    return wrong(
        "It does not keep what it is given: rate limits do not hold, and workers do not find each other.",
        CACHE,
    )


def _broker() -> Said:
    broker = get_broker()
    if not broker.ping():
        return wrong("It does not answer.", BROKER)
    waiting: int = broker.queue_size()
    where = "Redis" if settings.BROKER_URL else "the database"
    if waiting > MANY:
        return warning(f"It answers, but {count(waiting, 'task')} wait in it.", "Do workers run, and are they enough?")
    return ok(f"It answers, in {where}; {count(waiting, 'task')} {'waits' if waiting == 1 else 'wait'} in it.")


def _workers() -> Said:
    clusters = _bounded(Stat.get_all)
    number = sum(len(each.workers) for each in clusters)
    if number:
        machines = len({each.host for each in clusters})
        running = f"{count(number, 'worker')} in {count(len(clusters), 'cluster')} on {count(machines, 'machine')}"
        return ok(f"{running} tell that they run.")
    if heartbeat.SWEEP not in heartbeat.silent(timezone.now()):
        return warning("None tells that it runs, though somebody sweeps: from cron, or it ended just now.", START)
    return wrong("None runs: nothing is renewed, checked or mailed.", START)


def _bounded(ask: Callable[[], T]) -> T:
    """Redis may hang; the database is asked from this thread alone."""
    return within(SECONDS, ask) if settings.BROKER_URL or settings.CACHE_URL else ask()


def _last_runs() -> Iterator[Said]:
    """A line for each part of the work: what cron runs in the place of workers may leave one of them out."""
    now = timezone.now()
    silent, beats = heartbeat.silent(now), heartbeat.last_beats()
    for part in heartbeat.SILENCES:
        name = f"Last {part}"
        if part in beats:
            ago = f"{count(max(0, int((now - beats[part]).total_seconds() // 60)), 'minute')} ago."
            yield wrong(ago, START, name=name) if part in silent else ok(ago, name=name)
        elif part in silent:
            yield wrong("None has ever run.", START, name=name)
        else:
            yield ok("None yet: the installation is young.", name=name)


def _schedules() -> Iterator[Said]:
    installed: dict[Any, Any] = {row.name: row for row in Schedule.objects.all()}
    missing = [each.name for each in SCHEDULES if not _is_as_planned(installed.get(each.name), each)]
    if missing:
        yield wrong(f"Not installed as they should be: {', '.join(missing)}.", "Run `python manage.py sync_schedules`.")
    late = [each.name for each in SCHEDULES if _is_late(installed.get(each.name))]
    if late:
        yield wrong(f"Overdue by more than ten minutes: {', '.join(late)}.", START)
    if not missing and not late:
        yield ok(f"All {len(SCHEDULES)} are installed, and none is overdue.")


def _is_as_planned(row: Any, planned: Any) -> bool:
    return row is not None and (row.func, row.minutes) == (planned.func, planned.minutes) and row.repeats != 0


def _is_late(row: Any) -> bool:
    return row is not None and row.next_run is not None and row.next_run < timezone.now() - heartbeat.SILENCE
