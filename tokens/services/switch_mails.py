"""Ends, or takes up again, the mails that somebody gets: by the link in one of them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import events
from notifications.models import OutboxMessage
from notifications.unsubscribing import switch


@transaction.atomic
def switch_mails(message: OutboxMessage, *, on: bool) -> bool:
    """What the mail is about is mailed to its reader no more, or again; its workspace sees so in the history.

    Returns:
        False where the mail was erased meanwhile, with what it is about: nothing may be written of it any more.
    """
    row = OutboxMessage.objects.select_for_update().filter(pk=message.pk, tenant__isnull=False).first()
    if row is None or row.tenant_id is None:
        return False
    now = timezone.now()
    for topic in switch(row, on=on, now=now):
        about = "invitations" if topic == row.tenant_id else "mails about the connection"
        text = f"{row.recipient} {'gets' if on else 'unsubscribed from'} {about}{' again' if on else ''}."
        events.record(
            tenant=row.tenant_id,
            kind="resubscribed" if on else "unsubscribed",
            text=text,
            subject_id=None if topic == row.tenant_id else topic,
            at=now,
        )
    return True
