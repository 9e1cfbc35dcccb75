"""Connect and reconnect links: derived tokens, of which only the SHA-256 is stored."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts import derived
from accounts.models import Tenant, User
from tokens.models import Connection, Flavour, Link, Status

SALT = "perennial.link"
# Somebody who reads a mail of today at the weekend still gets somewhere.
LASTING = dt.timedelta(days=2)
# As long as a visit takes, with a talk in between.
VISIT = dt.timedelta(hours=1)


def token_of(link: Link) -> str:
    """The token that opens `link`, derived anew: it is written down nowhere but in the mail."""
    return derived.derive(SALT, link.pk, link.nonce)


def url_of(link: Link) -> str:
    """The address that a mail carries."""
    return f"{settings.SITE_URL}/link/{token_of(link)}/"


def issue(connection: Connection, *, recipients: list[str], now: dt.datetime | None = None) -> Link:
    """A fresh link that revives `connection`; it replaces those that were open, in the caller's transaction."""
    now = now or timezone.now()
    Link.objects.open().filter(connection=connection).update(replaced_at=now)
    return _create(
        now,
        tenant_id=connection.tenant_id,
        connection=connection,
        flavour=connection.flavour,
        recipients=recipients,
    )


def lasting(connection: Connection, *, recipients: list[str], now: dt.datetime) -> Link | None:
    """The open link that went to the same people and is good for more than two days; None where there is none."""
    rows = Link.objects.open().filter(connection=connection, expires_at__gt=now + LASTING)
    return next((row for row in rows.order_by("-created_at") if row.recipients == recipients), None)


def issue_connect(
    tenant: Tenant,
    *,
    email: str,
    handle: str,
    invited_by: User | None,
    flavour: str = Flavour.INSTAGRAM_LOGIN,
    now: dt.datetime | None = None,
) -> Link:
    """A fresh link by which a creator connects to `tenant`, in the caller's transaction.

    Args:
        tenant: the workspace that will own the connection.
        email: whom the link is mailed to, in lower case. An open link to the same address, for the same account and
            flavour, is replaced.
        handle: the one account that may be connected by it, in lower case; empty for any.
        invited_by: the member who asks for it.
        flavour: one that consents: through which login the account is connected.
        now: the time of writing.
    """
    now = now or timezone.now()
    Link.objects.open().for_tenant(tenant).inviting(email, handle, flavour).update(replaced_at=now)
    return _create(
        now,
        tenant=tenant,
        kind=Link.Kind.CONNECT,
        flavour=flavour,
        expected_handle=handle,
        contact_email=email,
        invited_by=invited_by,
        recipients=[email],
    )


def freshen(link: Link, now: dt.datetime) -> None:
    """Lets a link that is about to be mailed open for its whole time again where little of that is left.

    A mail may have waited: for workers, for its workspace's next hour, for the digest. Of its token nothing changes.
    """
    lifetime = dt.timedelta(days=settings.LINK_LIFETIME_DAYS)
    if link.expires_at - now < min(LASTING, lifetime / 2):
        link.expires_at = now + lifetime
        Link.objects.filter(pk=link.pk).update(expires_at=link.expires_at)


def _create(now: dt.datetime, **columns: Any) -> Link:
    link_id, nonce = uuid.uuid4(), derived.new_nonce()
    return Link.objects.create(
        id=link_id,
        nonce=nonce,
        token_hash=derived.digest(derived.derive(SALT, link_id, nonce)),
        created_at=now,
        expires_at=now + dt.timedelta(days=settings.LINK_LIFETIME_DAYS),
        **columns,
    )


def find(token: str) -> Link | None:
    """The link that `token` opens, in whatever state it is; None for a garbled one."""
    return (
        Link.objects.select_related("connection__meta_app", "connection__tenant", "tenant", "invited_by")
        .defer("connection__meta_app__secret")
        .find(token_hash=derived.digest(token))
    )


def trouble(link: Link | None) -> str:
    """Why a link does not open, one stable word; empty where it does."""
    if link is None:
        return "garbled"
    if word := _ended(link):
        return word
    if link.replaced_at is not None:
        return "replaced"
    return "expired" if link.expires_at <= timezone.now() else ""


def is_open(link: Link) -> bool:
    return not trouble(link)


def may_finish(link: Link) -> bool:
    """Whether somebody whom the link sent to Instagram may still come back by it.

    One that expires, or is sent anew, while they are there does no harm to them.
    """
    return not _ended(link)


def may_go_again(link: Link, now: dt.datetime) -> bool:
    """As `may_finish`, for somebody who is back by it and wants to leave once more: for an hour at most."""
    closed_at = min(each for each in (link.replaced_at, link.expires_at) if each is not None)
    return may_finish(link) and closed_at > now - VISIT


def _ended(link: Link) -> str:
    """What ends a link for good, also under the feet of somebody who is at Instagram just now."""
    if link.tenant.deleted_at is not None:
        return "workspace_deleted"
    if link.used_at is not None:
        return "used"
    if link.withdrawn_at is not None:
        return "withdrawn"
    revived = link.revives
    return "disconnected" if revived is not None and revived.status == Status.DISCONNECTED else ""


def use_up(link: Link, now: dt.datetime, *, made: Connection | None = None) -> bool:
    """Marks the link as used; every other open one for the same purpose has lost its point with it.

    Args:
        link: the one that was used.
        now: when.
        made: what came of a connect link.

    Returns:
        False where it was used or withdrawn already: of two at the same moment, one goes on.
    """
    usable = Link.objects.filter(pk=link.pk, used_at__isnull=True, withdrawn_at__isnull=True)
    if not usable.update(used_at=now, connection=link.connection or made):
        return False
    if link.revives is not None:
        retire(link.revives, now)
    else:
        alike = Link.objects.open().for_tenant(link.tenant)
        alike.inviting(link.contact_email, link.expected_handle, link.flavour).update(replaced_at=now)
    return True


def retire(connection: Connection, now: dt.datetime) -> None:
    """Ends all open links of a connection that works again or is gone."""
    Link.objects.open().filter(connection=connection).update(replaced_at=now)


def withdraw_all(tenant: Tenant, now: dt.datetime) -> None:
    """Ends all open links of a workspace that is deleted, in the caller's transaction."""
    Link.objects.open().for_tenant(tenant).update(withdrawn_at=now)
