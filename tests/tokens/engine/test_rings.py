"""A drain whose time is over rings anew, once; one that found nothing more to do does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests import queue
from tests.factories import make_connection, make_connections, make_tenant
from tests.tokens.fake_meta import FakeMeta, renewed
from tests.tokens.helpers import ago
from tokens import tasks
from tokens.models import Credential

pytestmark = pytest.mark.django_db(transaction=True)
TASKS = {"tokens.tasks.drain": tasks.drain, "tokens.tasks.check": tasks.check}


@pytest.fixture
def meta(monkeypatch, settings):
    fake = FakeMeta(on_refresh=lambda token: renewed(f"{token}+"))
    monkeypatch.setattr(tasks, "keeper_of", fake.make_client)
    settings.SWEEP_THREADS = 1
    return fake


@pytest.fixture
def out_of_time(settings):
    settings.DRAIN_SECONDS = 0.0


def rung() -> list[tuple[str, Any]]:
    return [(task["func"], task["args"]) for task in queue.waiting()]


@pytest.mark.parametrize("name", TASKS)
def test_out_of_time_it_rings_anew_once(meta, out_of_time, name):
    make_connections(3, due_at=ago(minutes=1), check_due_at=ago(minutes=1))
    TASKS[name]()
    assert rung() == [(name, ())]
    assert not Credential.objects.exclude(lease_until=None).exists()


def test_a_tenants_drain_rings_for_that_tenant(meta, out_of_time):
    tenant = make_tenant()
    make_connection(tenant=tenant, due_at=ago(minutes=1))
    tasks.drain(str(tenant.pk))
    assert rung() == [("tokens.tasks.drain", (str(tenant.pk),))]


@pytest.mark.parametrize("name", TASKS)
def test_with_everything_done_it_rings_nobody(meta, name):
    make_connections(3, due_at=ago(minutes=1), check_due_at=ago(minutes=1))
    assert sum(TASKS[name]().values()) == 3
    assert rung() == []


def test_told_to_stop_it_rings_nobody(meta, out_of_time, monkeypatch):
    """Whoever stops the workers wants them to end; the next minute rings again."""
    monkeypatch.setattr("tokens.services.sweep.worker.asked_to_stop", lambda: True)
    make_connection(due_at=ago(minutes=1))
    assert tasks.drain() == {}
    assert rung() == []
