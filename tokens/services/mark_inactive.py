"""Staff end a connection by hand: they know from elsewhere that it is dead, or that it must not be used."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import events
from accounts.models import User
from tokens.models import Connection, Credential, Status
from tokens.services import brake
from tokens.services.ends import ended
from tokens.services.mail_link import mail_reconnect_link
from tokens.services.store import lock_connection
from tokens.wording import why_it_ended

MARKED, NOT_ACTIVE, HELD = "marked", "not_active", "held"


def mark_inactive(connection: Connection, *, reason: str, by: User) -> str:
    """As a confirmed death: status, reason, event and mail in one transaction.

    It does not count towards the brake, and while the brake holds nothing happens: then nobody is mailed.

    Args:
        connection: the one to end.
        reason: one of `Reason`.
        by: the staff member, who stands in the history.

    Returns:
        `marked`, `not_active` or `held`.
    """
    now = timezone.now()
    with transaction.atomic():
        brake.lock(connection.meta_app_id)
        if not lock_connection(connection.pk):
            return NOT_ACTIVE
        if brake.holding(connection.meta_app_id) is not None:
            return HELD
        if not Connection.objects.filter(pk=connection.pk, status=Status.ACTIVE).update(**ended(reason, now)):
            return NOT_ACTIVE
        _let_go(connection)
        why = why_it_ended(reason, connection.flavour)
        events.record(
            tenant=connection.tenant_id,
            kind="became_inactive",
            text=f"Perennial's staff ended the connection: {'' if why is None else why.english_sentence}",
            subject_id=connection.pk,
            actor=by.email,
            detail={"reason": reason, "by_hand": True},
            at=now,
        )
        mail_reconnect_link(Connection.objects.get(pk=connection.pk), kind="reconnect_needed", now=now)
    return MARKED


def _let_go(connection: Connection) -> None:
    """The token stays, as after any death. Version and fence rise: no answer under way changes anything any more."""
    Credential.objects.filter(pk=connection.pk).update(
        due_at=None,
        due_by_rule=None,
        check_due_at=None,
        held_since=None,
        lease_owner="",
        lease_until=None,
        version=F("version") + 1,
        fence=F("fence") + 1,
    )
