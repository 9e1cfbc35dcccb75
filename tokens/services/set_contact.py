"""Sets who is mailed about a connection, and tells them where it has ended."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import User
from notifications.silence import try_again
from tokens.models import Connection, Status
from tokens.services import brake
from tokens.services.mail_link import mail_reconnect_link


def set_contact(connection: Connection, *, email: str, by: User) -> None:
    """Stores the contact address (empty: the member who connected it, else the owners) and an event.

    An address that is there already changes nothing. Of a connection that has ended the new contact gets the link, and
    the former one's opens no more; who names their own address reads it on the page.
    """
    if connection.contact_email == email.lower():
        return
    with transaction.atomic():
        if not Connection.objects.filter(pk=connection.pk).update(contact_email=email.lower()):
            return  # erased meanwhile: nothing may be written about it any more
        # Whoever enters an address answers for it, also where it once took no mail.
        try_again([email], tenant_id=connection.tenant_id)
        text = (
            f"Mails about {connection} go to {email.lower()}." if email else f"{connection} has no contact address now."
        )
        events.record(
            tenant=connection.tenant_id,
            kind="contact_changed",
            text=text,
            subject_id=connection.pk,
            actor=by.email,
        )
        ended = Connection.objects.filter(pk=connection.pk, status=Status.INACTIVE).first()
        if ended is not None and email and email.lower() != by.email.lower() and not brake.holding(ended.meta_app_id):
            mail_reconnect_link(ended, kind="reconnect_needed", now=timezone.now())
