"""`sync_schedules`: the queue's schedules are there, and due dates follow the settings."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models.signals import post_migrate
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule

from tests.factories import make_connection, make_connections
from tests.tokens.fake_meta import FakeMeta, transient
from tests.tokens.helpers import attempt, credential_of, row
from tokens.models import Credential
from tokens.services import sync_schedules as syncing
from tokens.services.claims import LEASE, claim_one
from tokens.services.sync_schedules import SCHEDULES, sync_schedules

pytestmark = pytest.mark.django_db

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
NOW = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def then(travel):
    travel(NOW)


def fresh(**details):
    return make_connection(issued_at=NOW, **details)


def due_at(connection):
    return credential_of(connection).due_at


def test_a_changed_age_and_a_changed_cron_move_the_dates(settings):
    connection = fresh()
    assert due_at(connection) == dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
    settings.REFRESH_AGE_DAYS = 30
    assert sync_schedules()["dates_changed"] == 1
    assert due_at(connection) == dt.datetime(2026, 3, 30, 2, tzinfo=dt.UTC)
    settings.REFRESH_CRON = "30 4 * * *"
    assert sync_schedules()["dates_changed"] == 1
    assert due_at(connection) == dt.datetime(2026, 3, 30, 4, 30, tzinfo=dt.UTC)


def test_it_is_idempotent(settings):
    make_connections(3, issued_at=NOW)
    settings.REFRESH_AGE_DAYS = 30
    sync_schedules()
    before = list(Credential.objects.order_by("pk").values_list("pk", "due_at", "check_due_at", "version", "fence"))
    assert sync_schedules() == {"schedules_changed": 0, "dates_changed": 0}
    after = list(Credential.objects.order_by("pk").values_list("pk", "due_at", "check_due_at", "version", "fence"))
    assert before == after


def test_those_that_fail_keep_their_own_retry_date(settings):
    connection = fresh(due_at=NOW)
    attempt(connection, FakeMeta(on_refresh=transient()))
    before = row(connection)
    settings.REFRESH_AGE_DAYS = 30
    assert sync_schedules()["dates_changed"] == 0
    assert row(connection) == before


@pytest.mark.parametrize("status", ["inactive", "disconnected"])
def test_those_that_are_not_active_get_no_date(settings, status):
    connection = fresh(status=status)
    settings.REFRESH_AGE_DAYS = 30
    assert sync_schedules()["dates_changed"] == 0
    assert due_at(connection) is None


def test_those_at_work_are_left_alone_and_abandoned_ones_are_not(settings, travel):
    abandoned, at_work = fresh(), fresh()
    claim_one(abandoned.pk, "refresh")
    travel(NOW + LEASE)
    claim_one(at_work.pk, "refresh")
    before = due_at(at_work)
    settings.REFRESH_AGE_DAYS = 30
    assert sync_schedules()["dates_changed"] == 1
    assert due_at(at_work) == before
    assert due_at(abandoned) == dt.datetime(2026, 3, 30, 2, tzinfo=dt.UTC)


def test_a_shorter_check_interval_brings_checks_forward_and_a_longer_one_leaves_them(settings):
    connections = make_connections(10, issued_at=NOW)
    settings.CHECK_EVERY_HOURS = 1
    sync_schedules()
    assert all(NOW < credential_of(each).check_due_at <= NOW + HOUR for each in connections)
    before = [credential_of(each).check_due_at for each in connections]
    settings.CHECK_EVERY_HOURS = 48
    sync_schedules()
    assert [credential_of(each).check_due_at for each in connections] == before


def test_more_than_one_batch_is_gone_through(settings, monkeypatch):
    monkeypatch.setattr(syncing, "BATCH", 2)
    make_connections(5, issued_at=NOW)
    settings.REFRESH_AGE_DAYS = 30
    assert sync_schedules()["dates_changed"] == 5


def test_no_token_is_changed(settings):
    connection = fresh()
    before = credential_of(connection).token.ciphertext
    settings.REFRESH_AGE_DAYS = 30
    sync_schedules()
    credential = credential_of(connection)
    assert (credential.token.ciphertext, credential.version, credential.fence) == (before, 1, 0)


# Schedules


def test_the_schedules_are_installed_by_post_migrate():
    Schedule.objects.all().delete()
    config = apps.get_app_config("tokens")
    post_migrate.send(sender=config, app_config=config, using="default", verbosity=0, interactive=False)
    assert set(Schedule.objects.values_list("name", flat=True)) >= {planned.name for planned in SCHEDULES}


def test_every_schedule_names_a_function_and_runs_for_ever():
    Schedule.objects.all().delete()
    assert sync_schedules()["schedules_changed"] == len(SCHEDULES)
    for schedule in Schedule.objects.all():
        assert callable(import_string(schedule.func))
        assert schedule.repeats == -1
        assert schedule.schedule_type == Schedule.MINUTES
        assert schedule.next_run == timezone.now()
    assert Schedule.objects.get(name="sweep").minutes == 1


def test_a_schedule_that_somebody_changed_is_put_right_with_its_next_run():
    sync_schedules()
    Schedule.objects.filter(name="sweep").update(minutes=600, next_run=NOW + 600 * DAY)
    assert sync_schedules()["schedules_changed"] == 1
    schedule = Schedule.objects.get(name="sweep")
    assert (schedule.minutes, schedule.next_run) == (1, NOW)


def test_an_unchanged_schedule_keeps_its_place_and_foreign_ones_stay():
    sync_schedules()
    mine = Schedule.objects.create(name=f"mine {uuid.uuid4()}", func="math.sqrt", schedule_type=Schedule.HOURLY)
    next_run = NOW + dt.timedelta(seconds=40)
    Schedule.objects.filter(name="sweep").update(next_run=next_run)
    call_command("sync_schedules")
    assert Schedule.objects.get(name="sweep").next_run == next_run
    assert Schedule.objects.filter(pk=mine.pk).exists()
