"""Asks creators by mail for permissions that their workspace needs and that they have not granted.

Who is to be asked is marked on the connection (`asking_since`). Mail, event and the end of the mark are one
transaction under the connection's lock, so that any number of workers ask each of them once.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from accounts import events
from tokens.flags import missing_permissions
from tokens.models import Brake, Connection, Status
from tokens.querysets import ConnectionQuerySet
from tokens.services import brake
from tokens.services.mail_link import mail_reconnect_link, what_became_of_it

BATCH = 100
LONGEST_TEXT = 500
ASKED, DROPPED, HELD, DONE = "asked", "dropped", "held", "done"


def waiting() -> ConnectionQuerySet[Connection]:
    """Those that are to be asked, apart from those whose Meta app is braked: nobody is mailed then."""
    braked = Brake.objects.filter(lifted_at__isnull=True).values("meta_app")
    return Connection.objects.filter(asking_since__isnull=False).exclude(meta_app__in=braked)


def ask_waiting(*, go_on: Callable[[], bool]) -> Counter[str]:
    """Asks some of those that wait, the longest first. Returns how many ended with which word.

    Args:
        go_on: asked before each; False ends it.
    """
    results: Counter[str] = Counter()
    for pk in list(waiting().order_by("asking_since", "pk").values_list("pk", flat=True)[:BATCH]):
        if not go_on():
            break
        results[ask(pk, timezone.now())] += 1
    return results


def ask(connection_id: uuid.UUID, now: dt.datetime) -> str:
    """Asks one, unless that has lost its point meanwhile. Returns what became of it, one word."""
    with transaction.atomic():
        rows = Connection.objects.select_for_update(no_key=True).filter(asking_since__isnull=False)
        connection = rows.filter(pk=connection_id).first()
        if connection is None:
            return DONE  # by another worker, or by the creator
        if brake.holding(connection.meta_app_id) is not None:
            return HELD
        Connection.objects.filter(pk=connection.pk).update(asking_since=None)
        missing = _still_missing(connection)
        if not missing:
            return DROPPED
        _ask(connection, missing, now)
    return ASKED


def _still_missing(connection: Connection) -> list[str]:
    """What it lacks; nothing of one that has ended, or whose workspace was deleted."""
    if connection.status != Status.ACTIVE or connection.tenant.deleted_at is not None:
        return []
    return missing_permissions(connection)


def _ask(connection: Connection, missing: list[str], now: dt.datetime) -> None:
    addresses = mail_reconnect_link(connection, kind="permission_missing", now=now)
    mailed = what_became_of_it(connection, addresses, asked_for=False)
    events.record(
        tenant=connection.tenant_id,
        kind="permission_asked",
        text=f"Asked for {', '.join(missing)}: {mailed}."[:LONGEST_TEXT],
        subject_id=connection.pk,
        at=now,
    )
