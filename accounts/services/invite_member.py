"""Invites somebody into the team by mail."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Invitation, Tenant, User
from accounts.services import invitations
from accounts.services.invitation_limits import INVITED, SENT_AGAIN, check_mails, check_waiting
from accounts.services.last_owner import lock_memberships
from accounts.services.lock_living import lock_living
from accounts.services.mail_invitation import mail_invitation
from accounts.services.managers import NotAllowed, check_manager


class InTeam(Exception):
    """Whoever has that address is a member already."""


def invite_member(tenant: Tenant, *, email: str, role: str, by: User) -> bool:
    """One open invitation an address: inviting it again sends the open one again, with the new role.

    Args:
        tenant: the workspace.
        email: in lower case.
        role: which they get when they accept.
        by: the member who invites.

    Returns:
        Whether the mail left; where it did not, the invitation stands all the same.

    Raises:
        NotAllowed, OwnersOnly: the member's role does not reach that far.
        InTeam: the address is a member's.
        TooMany: a limit is reached.
    """
    now = timezone.now()
    with transaction.atomic():
        if lock_living(tenant.pk) is None:
            raise NotAllowed
        memberships = lock_memberships(tenant)
        open_one = invitations.waiting().for_tenant(tenant).filter(email=email).first()
        check_manager(memberships, by, role, *([open_one.role] if open_one else []))
        if User.objects.filter(pk__in=[row.user_id for row in memberships.values()], email=email).exists():
            raise InTeam
        if open_one is None:
            check_waiting(tenant)
        check_mails(tenant, email, now)
        invitation = _written(tenant, open_one or Invitation(tenant=tenant, email=email), role, by, now)
    return mail_invitation(invitation)


def _written(tenant: Tenant, invitation: Invitation, role: str, by: User, now: dt.datetime) -> Invitation:
    is_new = invitation._state.adding
    invitation.role, invitation.invited_by = role, by
    invitations.renew(invitation, now)
    invitation.save()
    how = "was invited as" if is_new else "was sent the invitation again, as"
    events.record(
        tenant=tenant,
        kind=INVITED if is_new else SENT_AGAIN,
        text=f"{invitation.email} {how} {invitation.get_role_display().lower()}.",
        actor=by.email,
        detail={"to": invitation.email, "role": role},
        at=now,
    )
    return invitation
