"""Invitations into a team: derived tokens, of which only the SHA-256 is stored."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from accounts import derived
from accounts.models import Invitation
from accounts.querysets import TenantOwnedQuerySet

SALT = "perennial.invitation"


def token_of(invitation: Invitation) -> str:
    """The token that opens `invitation`, derived anew: it is written down nowhere but in the mail."""
    return derived.derive(SALT, invitation.pk, invitation.nonce)


def url_of(invitation: Invitation) -> str:
    """The address that the mail carries."""
    return f"{settings.SITE_URL}/invitation/{token_of(invitation)}/"


def find(token: str) -> Invitation | None:
    """The invitation that `token` opens, in whatever state it is; None for a garbled one."""
    return find_by_hash(derived.digest(token))


def find_by_hash(token_hash: str) -> Invitation | None:
    """The same by what is stored of the token, which opens nothing by itself."""
    return Invitation.objects.select_related("tenant", "invited_by").find(token_hash=token_hash)


def waiting() -> TenantOwnedQuerySet[Invitation]:
    """Those that were neither accepted nor withdrawn; their time may be over."""
    return Invitation.objects.filter(accepted_at=None, withdrawn_at=None)


def trouble(invitation: Invitation | None) -> str:
    """Why an invitation does not open, one stable word; empty where it does."""
    if invitation is None:
        return "garbled"
    if invitation.tenant.deleted_at is not None:
        return "deleted"
    if invitation.accepted_at is not None:
        return "used"
    if invitation.withdrawn_at is not None:
        return "withdrawn"
    return "expired" if invitation.expires_at <= timezone.now() else ""


def renew(invitation: Invitation, now: dt.datetime) -> None:
    """Sets the row's time anew, unsaved. One whose time was over, or that is new, gets another token.

    Who still has the mail of one that opens can use it: a repeated mail carries the same link.
    """
    if not invitation.nonce or invitation.expires_at <= now:
        invitation.nonce = derived.new_nonce()
        invitation.token_hash = derived.digest(token_of(invitation))
    invitation.expires_at = now + dt.timedelta(days=settings.LINK_LIFETIME_DAYS)
    invitation.sent_at = None
