"""Disconnects: the credential is erased at once, the history stays."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import events
from accounts.models import User
from tokens.models import Connection, Credential, Status
from tokens.services import links
from tokens.services.reconnect_requests import close_request

# The columns of a credential whose token is erased.
ERASED: dict[str, Any] = {
    "token": None,
    "renewal": None,
    "key_id": "",
    "due_at": None,
    "due_by_rule": None,
    "check_due_at": None,
    "held_since": None,
    "lease_owner": "",
    "lease_until": None,
    "version": F("version") + 1,
    "fence": F("fence") + 1,
}


def disconnect(connection: Connection, *, by: User) -> bool:
    """Ends a connection for a member, in one transaction.

    Args:
        connection: of the member's own tenant.
        by: the member.

    Returns:
        False where it was disconnected already.
    """
    text = f"{connection} was disconnected and its key erased."
    return end(connection, kind="disconnected", text=text, actor=by.email)


def end(connection: Connection, *, kind: str, text: str, actor: str) -> bool:
    """Ends a connection and erases its token, in one transaction. False where it was disconnected already.

    Args:
        connection: any.
        kind: of the event.
        text: of the event.
        actor: of the event.
    """
    now = timezone.now()
    with transaction.atomic():
        ended = (
            Connection.objects.filter(pk=connection.pk)
            .exclude(status=Status.DISCONNECTED)
            .update(status=Status.DISCONNECTED, reason="", status_changed_at=now)
        )
        if not ended:
            return False
        erase_token(connection)
        links.retire(connection, now)
        close_request(connection, now)
        events.record(tenant=connection.tenant_id, kind=kind, text=text, subject_id=connection.pk, actor=actor, at=now)
    return True


def erase_token(connection: Connection) -> None:
    """Erases the token for good. Version and fence rise: no answer under way can bring it back."""
    Credential.objects.filter(pk=connection.pk).update(**ERASED)
