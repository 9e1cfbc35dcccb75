"""Erases the rows of workspaces whose grace is over: everything that carries their key, then themselves.

It goes in small transactions, so that nobody waits for a large workspace, and may be killed at any moment: what is
gone is gone, the rest is found again, and the workspace's own row goes last.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction

from accounts.erasure import GRACE
from accounts.models import Tenant
from notifications.services import forget

BATCH = 500
# Clocks of several machines differ: nobody may undo on one what another erases already.
MARGIN = dt.timedelta(minutes=10)

logger = logging.getLogger(__name__)


def purge_workspaces(now: dt.datetime, *, go_on: Callable[[], bool] = lambda: True) -> tuple[int, bool]:
    """Erases what is due.

    Args:
        now: the instant.
        go_on: asked before each batch; where it says no, the rest waits for the next run.

    Returns:
        How many rows were erased, and whether nothing that is due is left.
    """
    erased = 0
    due = Tenant.objects.filter(deleted_at__lte=now - GRACE - MARGIN).order_by("deleted_at", "pk")
    for tenant in due:
        for rows in _batches(tenant):
            if not go_on():
                return erased, False
            erased += _erase(rows)
        if not go_on():
            return erased, False
        tenant.delete()  # with it what came in between; nobody brings much into a deleted workspace
        logger.info("The workspace %s and all its rows are erased.", tenant.pk)
    return erased, True


def owned_models() -> list[type[models.Model]]:
    """Every kind of row that carries a tenant's key, those first that no other one points to."""
    owned = {model for model in apps.get_models() if _points_to(model, Tenant)}
    behind = {model: {other for other in owned if other is not model and _points_to(other, model)} for model in owned}
    return list(TopologicalSorter(behind).static_order())


def _points_to(model: type[models.Model], target: type[models.Model]) -> bool:
    return any(
        isinstance(each, models.ForeignKey) and each.related_model is target for each in model._meta.get_fields()
    )


def _batches(tenant: Tenant) -> Iterator[list[models.Model]]:
    for model in owned_models():
        rows = model._default_manager.filter(tenant=tenant).only("pk").order_by()
        while batch := list(rows[:BATCH]):
            yield batch


def _erase(rows: list[models.Model]) -> int:
    """Erases rows of one kind, and what names them elsewhere: mail to staff, the staff's own log."""
    model, keys = type(rows[0]), [row.pk for row in rows]
    with transaction.atomic():
        forget(subject_ids=[key for key in keys if isinstance(key, uuid.UUID)])
        kind = ContentType.objects.get_for_model(model)
        LogEntry.objects.filter(content_type=kind, object_id__in=[str(key) for key in keys]).delete()
        erased, _ = model._default_manager.filter(pk__in=keys).delete()
    return erased
