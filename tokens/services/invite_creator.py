"""Mails a creator a connect link: invited anew, or the invitation sent again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from accounts import events
from accounts.models import Tenant, User
from accounts.services.lock_living import lock_living
from notifications.services import notify
from notifications.silence import try_again
from tokens.models import Connection, Flavour, Link
from tokens.services import links
from tokens.services.send_link import LINKS_AN_HOUR

# What a workspace may mail in an hour, lists included: enough for an agency's whole roster, too little for spam.
INVITATIONS_AN_HOUR = 1000
HOUR = dt.timedelta(hours=1)

# What became of an invitation.
SENT, AGAIN, JUST_SENT, CONNECTED = "sent", "again", "just_sent", "connected"
ADDRESS_FULL, WORKSPACE_FULL, CLOSED = "address_full", "workspace_full", "closed"


@dataclass(frozen=True, slots=True)
class _Invited:
    """Whom an invitation is for: sent anew, it replaces the one before to the same address for the same thing."""

    email: str
    handle: str
    flavour: str


def invite_creator(tenant: Tenant, *, email: str, handle: str, by: User, flavour: str = Flavour.INSTAGRAM_LOGIN) -> str:
    """Puts a mail with a connect link into the outbox.

    Args:
        tenant: the workspace that will own the connection.
        email: the creator's address.
        handle: the account that is expected, as `clean_handle` gives it; empty for any.
        by: the member who invites.
        flavour: through which login the account shall be connected; one that consents.

    Returns:
        One of SENT, AGAIN (an open invitation was sent anew), JUST_SENT (within this hour already, nothing was sent),
        CONNECTED (the account works here already, through that login), ADDRESS_FULL and WORKSPACE_FULL (the hour's
        mails are used up), CLOSED (the workspace is deleted).
    """
    now, invited = timezone.now(), _Invited(email.lower(), handle, flavour)
    with transaction.atomic():
        # Of two that press at once, the second finds what the first has sent.
        if lock_living(tenant.pk) is None:
            return CLOSED
        if handle and _works_here(tenant, invited):
            return CONNECTED
        latest = _latest(tenant, invited)
        was_open = latest is not None and links.is_open(latest)
        if latest is not None and was_open and latest.created_at > now - HOUR:
            return JUST_SENT
        # Whoever enters an address answers for it, also where it once took no mail.
        try_again([invited.email], tenant_id=tenant.pk)
        return _send(tenant, invited, invited_by=by, actor=by.email, again=was_open, now=now)


def _works_here(tenant: Tenant, invited: _Invited) -> bool:
    active = Connection.objects.active().for_tenant(tenant).filter(handle__iexact=invited.handle)
    return active.filter(meta_app__flavour=invited.flavour).exists()


def send_again(link: Link, *, actor: str, by: User | None = None) -> str:
    """Sends an invitation anew, also one that expired; the older link stops working.

    Args:
        link: a connect link, whatever has become of it.
        actor: a member's address, or who asked for it.
        by: the member who asks, if it is one; else whoever invited first still counts as the inviter.

    Returns:
        AGAIN, ADDRESS_FULL, WORKSPACE_FULL, or CLOSED: it was used or withdrawn, or its workspace deleted.
    """
    now = timezone.now()
    with transaction.atomic():
        tenant = lock_living(link.tenant_id)
        # The word of whoever acted last counts: a link that was replaced does not undo a later withdrawal.
        invited = _Invited(link.contact_email, link.expected_handle, link.flavour)
        latest = _latest(tenant, invited) if tenant else None
        if tenant is None or latest is None or not links.may_finish(latest):
            return CLOSED
        return _send(tenant, invited, invited_by=by or latest.invited_by, actor=actor, again=True, now=now)


def _latest(tenant: Tenant, invited: _Invited) -> Link | None:
    rows = Link.objects.for_tenant(tenant).invitations().inviting(invited.email, invited.handle, invited.flavour)
    return rows.select_related("tenant", "connection", "invited_by").order_by("-created_at").first()


def _send(
    tenant: Tenant, invited: _Invited, *, invited_by: User | None, actor: str, again: bool, now: dt.datetime
) -> str:
    recent = Link.objects.for_tenant(tenant).filter(kind=Link.Kind.CONNECT, created_at__gt=now - HOUR)
    sent = recent.aggregate(there=Count("pk", filter=Q(contact_email=invited.email)), in_all=Count("pk"))
    if sent["there"] >= LINKS_AN_HOUR:
        return ADDRESS_FULL
    if sent["in_all"] >= INVITATIONS_AN_HOUR:
        return WORKSPACE_FULL
    link = links.issue_connect(
        tenant, email=invited.email, handle=invited.handle, flavour=invited.flavour, invited_by=invited_by, now=now
    )
    notify(
        kind="connect_invitation",
        recipients=[invited.email],
        tenant_id=tenant.pk,
        subject_id=link.pk,
        topic_id=tenant.pk,
        dedupe_key=f"link:{link.pk}",
        now=now,
    )
    through = " through Facebook" if link.flavour == Flavour.FACEBOOK_LOGIN else ""
    text = f"{link.invites} was invited to connect{through}{' once more' if again else ''}."
    events.record(tenant=tenant, kind="creator_invited", text=text, actor=actor, at=now)
    return AGAIN if again else SENT
