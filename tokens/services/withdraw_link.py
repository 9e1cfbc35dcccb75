"""Withdraws an invitation of a creator."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import User
from tokens.models import Link


def withdraw_link(link: Link, *, by: User) -> bool:
    """Ends a connect link, also under the feet of somebody who is at Instagram by it.

    Args:
        link: of the member's own tenant.
        by: the member.

    Returns:
        False where there was nothing left to withdraw: it was used, withdrawn or sent anew already.
    """
    now = timezone.now()
    with transaction.atomic():
        if not Link.objects.open().invitations().filter(pk=link.pk).update(withdrawn_at=now):
            return False
        text = f"The invitation of {link.invites} was withdrawn."
        events.record(tenant=link.tenant_id, kind="invitation_withdrawn", text=text, actor=by.email, at=now)
    return True
