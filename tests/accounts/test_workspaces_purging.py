"""After the grace everything of the workspace is erased, and nothing of anybody else's."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from accounts.erasure import GRACE
from accounts.models import Role, Tenant
from accounts.services import purge_workspaces as purging
from accounts.services.delete_workspace import delete_workspace
from accounts.services.purge_workspaces import MARGIN, owned_models, purge_workspaces
from accounts.services.undo_delete import undo_delete
from accounts.tasks import purge
from notifications.models import OutboxMessage
from notifications.services import notify_staff
from tests.factories import make_connections, make_member, make_tenant, make_user
from tests.isolation.population import OWNED, populate
from tests.rows import all_rows
from tokens.models import Connection, MetaApp
from tokens.services import brake
from tokens.services.verdicts import Call

pytestmark = pytest.mark.django_db
OVER = GRACE + MARGIN


@pytest.fixture
def later():
    return timezone.now() + OVER + dt.timedelta(minutes=1)


def left_of(tenant: Tenant) -> list[str]:
    """The kinds of rows of which the workspace has some still."""
    return [model._meta.label for model in OWNED if model._default_manager.filter(tenant=tenant).exists()]


def doomed(word: str = "zebrafish"):
    made = populate(word)
    own = MetaApp.objects.get(tenant=made.tenant)
    brake.tally(own.pk, [Call(transient=False)], timezone.now())
    delete_workspace(made.tenant, by=made.people[Role.OWNER])
    return made


def test_everything_of_it_goes_and_nothing_of_others(later):
    people = [make_user() for _ in range(3)]
    theirs = populate("quicksilver")
    kept = all_rows()
    made = doomed()
    for user in people:
        make_member(made.tenant, Role.VIEWER, user=user)
    connection = Connection.objects.for_tenant(made.tenant).first()
    assert connection is not None
    notify_staff(kind="our_fault", subject_id=connection.pk, dedupe_key="x")
    LogEntry.objects.create(
        user=people[0], content_type=ContentType.objects.get_for_model(Connection), object_id=str(connection.pk),
        object_repr="@handle_zebrafish", action_flag=CHANGE,
    )  # fmt: skip
    erased, done = purge_workspaces(later)
    assert done
    assert erased > 15
    assert not Tenant.objects.filter(pk=made.tenant.pk).exists()
    assert left_of(made.tenant) == []
    left = all_rows()
    # Its people have accounts of their own, which stay.
    aside = {"accounts_user", "account_emailaddress"}
    # The doorbell of the outbox, and its ring in the queue, are nobody's.
    aside |= {"notifications_doorbell", "django_q_ormq", "perennial_cache", "django_content_type"}
    assert {name for name in kept if kept[name] != left[name]} <= aside
    assert "zebrafish" not in str({name: rows for name, rows in left.items() if name not in aside})
    assert theirs.tenant.connections.count() == 2


def test_what_is_younger_than_the_grace_stays(later):
    made = doomed()
    before = all_rows()
    assert purge_workspaces(timezone.now() + GRACE) == (0, True)
    assert all_rows() == before
    assert undo_delete(made.tenant, by=made.people[Role.OWNER])
    assert purge_workspaces(later) == (0, True)
    assert Connection.objects.for_tenant(made.tenant).count() == 2


def test_a_workspace_that_nobody_deleted_is_never_touched(later):
    populate("zebrafish")
    before = all_rows()
    assert purge_workspaces(later + dt.timedelta(days=9999)) == (0, True)
    assert all_rows() == before


def test_it_may_be_stopped_anywhere_and_goes_on(later, monkeypatch):
    monkeypatch.setattr(purging, "BATCH", 1)
    made, theirs = doomed(), populate("quicksilver")
    kept = {model: model._default_manager.filter(tenant=theirs.tenant).count() for model in OWNED}
    for _ in range(200):
        _, done = purge_workspaces(later, go_on=iter([True, False]).__next__)
        if done:
            break
        # Until the very last step the workspace is there, so that the next run finds it again.
        assert Tenant.objects.filter(pk=made.tenant.pk).exists()
    assert done
    assert left_of(made.tenant) == []
    assert {model: model._default_manager.filter(tenant=theirs.tenant).count() for model in OWNED} == kept


def test_a_large_workspace_goes_in_small_transactions(later, monkeypatch, alice):
    monkeypatch.setattr(purging, "BATCH", 5)
    tenant = make_tenant(owner=alice)
    make_connections(17, tenant=tenant)
    delete_workspace(tenant, by=alice)
    sizes: list[int] = []
    real = purging._erase

    def erase(rows: list[models.Model]) -> int:
        assert not transaction.get_connection().savepoint_ids[1:]
        erased = real(rows)
        sizes.append(erased)
        return erased

    monkeypatch.setattr(purging, "_erase", erase)
    purge_workspaces(later)
    assert max(sizes) <= 5
    assert sum(size for size in sizes) >= 34
    assert not Tenant.objects.filter(pk=tenant.pk).exists()


def test_whatever_belongs_to_a_tenant_is_erased_before_what_it_points_to():
    order = owned_models()
    assert set(order) == set(OWNED)
    for place, model in enumerate(order):
        targets = {field.related_model for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)}
        assert not targets & set(order[:place]), model


def test_the_hourly_task_erases_and_rings_again_where_time_was_too_short(travel, monkeypatch, later):
    made, rung = doomed(), []
    monkeypatch.setattr("accounts.tasks.async_task", lambda name: rung.append(name))
    travel(later)
    monkeypatch.setattr("accounts.tasks.SECONDS", 0)
    assert purge() == 0
    assert rung == ["accounts.tasks.purge"]
    monkeypatch.setattr("accounts.tasks.SECONDS", 45)
    assert purge() > 15
    assert rung == ["accounts.tasks.purge"]
    assert not Tenant.objects.filter(pk=made.tenant.pk).exists()
    assert not OutboxMessage.objects.filter(tenant_id=made.tenant.pk).exists()
