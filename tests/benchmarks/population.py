"""Fills the run's own database with credentials that are due, by SQL: copies of one that the product's rules made."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator

from django.core.management import call_command
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule

from tests.crowds import copy_row
from tests.factories import make_connection, make_tenant
from tokens.models import Connection, Credential, Reason, Status

# As long as those that are seen; one ciphertext is every row's.
TOKEN = "IGAAbenchmark".ljust(249, "x")
_DUE = "mod(n.i, 100) = 1"
# A hundredth is due, and 250 of these have less than ten days left; the others are due in ten days and later. Each
# token but those has its ten days and a half after its due date, as the rules of the product leave it.
A_HUNDREDTH_DUE = {
    "due_at": f"CASE WHEN {_DUE} THEN t.due_at - n.i * interval '1 millisecond' "
    "ELSE t.due_at + interval '10 days' + n.i * interval '1 second' END",
    "expires_at": f"CASE WHEN {_DUE} AND n.i < 25000 THEN t.expires_at - interval '2 days' "
    f"WHEN {_DUE} THEN t.expires_at ELSE t.expires_at + interval '10 days' + n.i * interval '1 second' END",
}


def refill(number: int, **columns: str) -> None:
    """Empties the database and makes `number` active connections, by default all due for refresh since an hour.

    No schedule is left: workers do what the run rings for, and nothing else.

    Args:
        number: how many, at least 1.
        **columns: what differs between credentials, as SQL; see `copy_row`.
    """
    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
    Schedule.objects.all().delete()
    fill(number, **columns)
    settle()


def fill(number: int, **columns: str) -> None:
    """Makes `number` connections of one tenant; arguments as of `refill`."""
    now = timezone.now()
    # Due since an hour with ten days and a half left: an ordinary night.
    issued_at = now - dt.timedelta(days=49, hours=12)
    with transaction.atomic(), _quickly():
        first = make_connection(
            tenant=make_tenant(),
            token=TOKEN,
            issued_at=issued_at,
            due_at=now - dt.timedelta(hours=1),
            check_due_at=now + dt.timedelta(days=1),
        )
        if number > 1:
            copy_row(first, number - 1, instagram_id="n.i", handle="'creator' || n.i")
            copy_row(first.credential, number - 1, offset=0, connection_id="n.i", **columns)


@contextlib.contextmanager
def _quickly() -> Iterator[None]:
    """PostgreSQL would look up every foreign key of a million rows that are right by construction."""
    if database.vendor != "postgresql":
        yield
        return
    with database.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        may_skip = cursor.fetchone()[0]
        if may_skip:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        if may_skip:
            cursor.execute("SET LOCAL session_replication_role = origin")


def revoke_a_fifth() -> None:
    """A fifth of all connections, of the overdue as well, becomes inactive as the product has it: without due dates."""
    fifth = Connection.objects.filter(instagram_id__regex="[05]..$")
    fifth.update(status=Status.INACTIVE, reason=Reason.PASSWORD_CHANGED)
    Credential.objects.filter(connection__status=Status.INACTIVE).update(due_at=None, check_due_at=None)
    settle()


def settle() -> None:
    """Lets the database count its rows and forget dead ones, as it would by itself in time."""
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if database.vendor == "postgresql" else "ANALYZE")
