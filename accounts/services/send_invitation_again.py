"""Sends an open invitation once more; its time begins anew."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Invitation, User
from accounts.services import invitations
from accounts.services.invitation_limits import SENT_AGAIN, check_mails
from accounts.services.last_owner import lock_memberships
from accounts.services.lock_living import lock_living
from accounts.services.mail_invitation import mail_invitation
from accounts.services.managers import check_manager


class NotWaiting(Exception):
    """It was accepted or withdrawn meanwhile."""


def send_invitation_again(invitation: Invitation, *, by: User) -> bool:
    """Whoever sends it again is the one who invites.

    Returns:
        Whether the mail left.

    Raises:
        NotAllowed, OwnersOnly: the member's role does not reach that far.
        NotWaiting: there is nothing to send any more.
        TooMany: a limit is reached.
    """
    now = timezone.now()
    with transaction.atomic():
        if lock_living(invitation.tenant_id) is None:
            raise NotWaiting
        memberships = lock_memberships(invitation.tenant_id)
        row = invitations.waiting().select_related("tenant").filter(pk=invitation.pk).first()
        if row is None:
            raise NotWaiting
        check_manager(memberships, by, row.role)
        check_mails(row.tenant, row.email, now)
        row.invited_by = by
        invitations.renew(row, now)
        row.save()
        events.record(
            tenant=row.tenant_id,
            kind=SENT_AGAIN,
            text=f"{row.email} was sent the invitation again.",
            actor=by.email,
            detail={"to": row.email, "role": row.role},
            at=now,
        )
    return mail_invitation(row)
