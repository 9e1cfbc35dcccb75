"""Reconnect links: derived tokens, of which only the SHA-256 is stored."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import secrets
import uuid

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tokens.models import Connection, Link, Status

SALT = "perennial.link"


def token_of(link: Link) -> str:
    """The token that opens `link`, derived anew: it is written down nowhere but in the mail."""
    return _derive(link.pk, link.nonce)


def url_of(link: Link) -> str:
    """The address that a mail carries."""
    return f"{settings.SITE_URL}/link/{token_of(link)}/"


def issue(connection: Connection, *, recipients: list[str], now: dt.datetime | None = None) -> Link:
    """A fresh link for `connection`; it replaces those that were open, in the caller's transaction."""
    now = now or timezone.now()
    Link.objects.open().filter(connection=connection).update(replaced_at=now)
    link_id, nonce = uuid.uuid4(), secrets.token_urlsafe(32)
    return Link.objects.create(
        id=link_id,
        tenant_id=connection.tenant_id,
        connection=connection,
        nonce=nonce,
        token_hash=_hash(_derive(link_id, nonce)),
        recipients=recipients,
        created_at=now,
        expires_at=now + dt.timedelta(days=settings.LINK_LIFETIME_DAYS),
    )


def find(token: str) -> Link | None:
    """The link that `token` opens, in whatever state it is; None for a garbled one."""
    return (
        Link.objects.select_related("connection__meta_app", "connection__tenant", "tenant")
        .defer("connection__meta_app__secret")
        .filter(token_hash=_hash(token))
        .first()
    )


def trouble(link: Link | None) -> str:
    """Why a link does not open, one stable word; empty where it does."""
    if link is None:
        return "garbled"
    if link.used_at is not None:
        return "used"
    if link.connection.status == Status.DISCONNECTED:
        return "disconnected"
    if link.replaced_at is not None:
        return "replaced"
    return "expired" if link.expires_at <= timezone.now() else ""


def is_open(link: Link) -> bool:
    return not trouble(link)


def use_up(link: Link, now: dt.datetime) -> None:
    """Marks the link as used; every other open one of the connection has lost its point with it."""
    Link.objects.filter(pk=link.pk).update(used_at=now)
    retire(link.connection, now)


def retire(connection: Connection, now: dt.datetime) -> None:
    """Ends all open links of a connection that works again or is gone."""
    Link.objects.open().filter(connection=connection).update(replaced_at=now)


def _derive(link_id: uuid.UUID, nonce: str) -> str:
    digest = salted_hmac(SALT, f"{link_id}:{nonce}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
