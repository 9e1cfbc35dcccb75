"""Lets whoever has just connected by a link, and left something unticked, go to Instagram once more."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts.services.lock_living import lock_living
from tokens.flags import missing_permissions
from tokens.models import ConnectAttempt, Connection, Link, Status
from tokens.services import links

# The page at the end of the way is read at once; later there is the mail's link, or a new one.
SOON = dt.timedelta(hours=1)
GOOD = {ConnectAttempt.Outcome.CONNECTED, ConnectAttempt.Outcome.RECONNECTED, ConnectAttempt.Outcome.RENEWED}


def once_more(attempt: ConnectAttempt) -> Link | None:
    """A reconnect link for the connection that came of the attempt; the attempt's own link is good once.

    It is mailed to nobody and shown to nobody: the way back from Instagram uses it up.

    Returns:
        None where nothing needed is missing, or the time for it is over.
    """
    now = timezone.now()
    used_at, connection = attempt.used_at, attempt.connection
    if attempt.link is None or connection is None or attempt.outcome not in GOOD:
        return None
    if used_at is None or used_at <= now - SOON or attempt.link.withdrawn_at is not None:
        return None
    with transaction.atomic():
        if lock_living(attempt.tenant_id) is None:
            return None
        row = Connection.objects.select_for_update(no_key=True).filter(pk=connection.pk).first()
        if row is None or row.status != Status.ACTIVE or not missing_permissions(row):
            return None
        return _unmailed(row, now) or links.issue(row, recipients=[], now=now)


def _unmailed(connection: Connection, now: dt.datetime) -> Link | None:
    """The one from the press before: somebody who presses again and again makes no more of them."""
    rows = Link.objects.open().filter(connection=connection, kind=Link.Kind.RECONNECT, expires_at__gt=now)
    return rows.filter(recipients=[]).order_by("-created_at").first()
