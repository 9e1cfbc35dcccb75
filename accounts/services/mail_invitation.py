"""Mails an invitation at once, within the request."""

from __future__ import annotations

import logging
import smtplib

from django.utils import timezone
from django.utils.translation import gettext

from accounts import events
from accounts.models import Invitation
from accounts.rights import IN_WORDS, NAMES
from accounts.services import invitations
from accounts.services.invitation_limits import NOT_MAILED
from notifications.localisation import localised
from notifications.places import place_of
from notifications.sending import send_now

logger = logging.getLogger(__name__)


def mail_invitation(invitation: Invitation) -> bool:
    """Sends the mail, outside any transaction, and notes when it left.

    Returns:
        False where the mail server refused it or did not answer: the invitation stands and can be sent again.
    """
    try:
        with localised(place_of(invitation.email, invitation.tenant)):
            _send(invitation)
    except (OSError, smtplib.SMTPException) as error:
        logger.error("Invitation %s was not mailed: %s", invitation.pk, type(error).__name__)
        events.record(
            tenant=invitation.tenant_id,
            kind=NOT_MAILED,
            text=f"The invitation to {invitation.email} could not be mailed.",
            detail={"to": invitation.email, "error": type(error).__name__},
        )
        return False
    # By its token: somebody may have sent another one meanwhile.
    sent = Invitation.objects.filter(pk=invitation.pk, token_hash=invitation.token_hash)
    sent.update(sent_at=timezone.now())
    return True


def _send(invitation: Invitation) -> None:
    context = {
        "workspace": invitation.tenant.name,
        "inviter": invitation.invited_by.email if invitation.invited_by else "",
        "role": gettext(NAMES[invitation.role]),
        "can": gettext(IN_WORDS[invitation.role]),
        "expires_at": invitation.expires_at,
        "url": invitations.url_of(invitation),
    }
    send_now("invitation", invitation.email, context, workspace=invitation.tenant)
