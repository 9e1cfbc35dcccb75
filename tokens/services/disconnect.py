"""Disconnects: the credential is erased at once, the history stays."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import events
from accounts.models import User
from tokens.models import Connection, Credential, Status
from tokens.services import links


def disconnect(connection: Connection, *, by: User) -> bool:
    """Ends a connection for a member, in one transaction.

    Args:
        connection: of the member's own tenant.
        by: the member.

    Returns:
        False where it was disconnected already.
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
        events.record(
            tenant=connection.tenant_id,
            kind="disconnected",
            text=f"{connection} was disconnected and its key erased.",
            subject_id=connection.pk,
            actor=by.email,
            at=now,
        )
    return True


def erase_token(connection: Connection) -> None:
    """Erases the token for good. Version and fence rise: no answer under way can bring it back."""
    Credential.objects.filter(pk=connection.pk).update(
        token=None,
        key_id="",
        due_at=None,
        check_due_at=None,
        lease_owner="",
        lease_until=None,
        version=F("version") + 1,
        fence=F("fence") + 1,
    )
