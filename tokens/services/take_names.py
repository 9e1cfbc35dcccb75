"""Handles and names change at Instagram: a connection follows, with a line of history."""

from __future__ import annotations

import datetime as dt

from accounts import events
from tokens.models import Connection

LONGEST_HANDLE, LONGEST_NAME = 100, 200


def take_names(connection: Connection, *, handle: str, name: str, now: dt.datetime) -> bool:
    """Stores what Instagram calls the account now, in the caller's transaction.

    Args:
        connection: as it was loaded; it gets the new names.
        handle: without `@`; empty where Instagram did not tell.
        name: likewise.
        now: the instant.

    Returns:
        Whether anything was another.
    """
    old_handle, old_name = connection.handle, connection.name
    connection.handle = handle[:LONGEST_HANDLE] or old_handle
    connection.name = name[:LONGEST_NAME] or old_name
    if (connection.handle, connection.name) == (old_handle, old_name):
        return False
    Connection.objects.filter(pk=connection.pk).update(handle=connection.handle, name=connection.name)
    if told := _told(connection, old_handle, old_name):
        events.record(tenant=connection.tenant_id, kind="renamed", text=told, subject_id=connection.pk, at=now)
    return True


def _told(connection: Connection, old_handle: str, old_name: str) -> str:
    """The sentence; none where nothing but a name became known that nobody had told before."""
    other_name = old_name and connection.name != old_name
    if connection.handle == old_handle:
        return f"{connection} goes by the name “{connection.name}” now." if other_name else ""
    told = f"@{old_handle} is now called {connection}." if old_handle else f"The account is {connection}."
    return f"{told} Its name is “{connection.name}” now." if other_name else told
