"""The flags of a connection, as its page shows them and as the database finds them."""

from __future__ import annotations

from django.utils import timezone

from tokens.flags import ALL_FLAGS, flags_of, raised
from tokens.models import Connection


def flags(connection: Connection) -> set[str]:
    """As pages show them now."""
    row = Connection.objects.with_dates().get(pk=connection.pk)
    return {flag.word for flag in flags_of(row, timezone.now())}


def flags_by_query(connection: Connection) -> set[str]:
    """As lists, filters and counts find them now."""
    now, rows = timezone.now(), Connection.objects.filter(pk=connection.pk)
    return {flag.word for flag in ALL_FLAGS if rows.filter(raised(flag.word, now)).exists()}
