"""`sync_schedules`: installs schedules and recomputes due dates, any number of times."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.conf import Conf
from django_q.models import Schedule

from tests.factories import credential_of, make_connection
from tests.tokens.commands.shell import run
from tokens.due_dates import refresh_due_at

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def rows() -> list[tuple[Any, ...]]:
    return list(Schedule.objects.order_by("name").values_list("name", "func", "schedule_type", "minutes", "repeats"))


def test_migrating_has_installed_the_schedules() -> None:
    every_minute = [name for name, _, kind, minutes, repeats in rows() if (kind, minutes, repeats) == ("I", 1, -1)]
    assert {"sweep", "deliver"} <= set(every_minute)
    assert "check" in {row[0] for row in rows()}


def test_every_schedule_names_a_function_that_exists_and_a_next_run() -> None:
    for schedule in Schedule.objects.all():
        assert callable(import_string(schedule.func))
        assert schedule.next_run is not None
        assert schedule.next_run <= timezone.now() + dt.timedelta(minutes=schedule.minutes or 0)


def test_missed_minutes_are_not_caught_up() -> None:
    assert Conf.CATCH_UP is False


def test_a_second_time_changes_nothing() -> None:
    before = list(Schedule.objects.order_by("pk").values())
    make_connection()
    ran = run("sync_schedules", "--json")
    assert (ran.code, ran.json) == (0, {"schedules_changed": 0, "dates_changed": 0})
    assert list(Schedule.objects.order_by("pk").values()) == before


def test_a_schedule_that_was_changed_or_removed_is_put_right() -> None:
    before = rows()
    Schedule.objects.filter(name="sweep").update(minutes=60, next_run=timezone.now() + 30 * DAY)
    Schedule.objects.filter(name="deliver").delete()
    assert run("sync_schedules", "--json").json["schedules_changed"] == 2
    assert rows() == before
    next_run = Schedule.objects.get(name="sweep").next_run
    assert next_run is not None
    assert next_run <= timezone.now()


def test_a_schedule_of_somebody_else_stays() -> None:
    Schedule.objects.create(name="theirs", func="math.floor", schedule_type=Schedule.DAILY)
    run("sync_schedules")
    assert Schedule.objects.filter(name="theirs").exists()


def test_new_settings_move_the_dates(settings: Any) -> None:
    connection = make_connection()
    before = credential_of(connection)
    settings.REFRESH_AGE_DAYS, settings.REFRESH_CRON = 40, "30 4 * * *"
    assert run("sync_schedules", "--json").json["dates_changed"] == 1
    after = credential_of(connection)
    expected = refresh_due_at(obtained_at=before.obtained_at, issued_at=before.issued_at, expires_at=before.expires_at)
    assert after.due_at == expected != before.due_at
    assert after.due_at is not None
    assert (after.due_at.hour, after.due_at.minute) == (4, 30)
    assert after.version == before.version
