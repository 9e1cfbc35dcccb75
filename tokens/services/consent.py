"""The way to Instagram's consent page and back: single-use states bound to session and tenant."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Tenant, User
from accounts.rights import ROLES, Right
from accounts.services.lock_living import lock_living
from tokens import needs
from tokens.fields import seal
from tokens.flavours import FLAVOURS
from tokens.flavours.interface import ConsentKeeper
from tokens.meta import Secret
from tokens.models import ConnectAttempt, Connection, Flavour, Link, MetaApp
from tokens.services import links

STATE_LIFETIME = dt.timedelta(minutes=10)
CODE_LIFETIME = dt.timedelta(minutes=30)
STATES_A_SESSION = 10
# What `still_allowed` asks of an attempt's link.
LINK = ("link__connection", "link__tenant", "link__invited_by")


def redirect_uri(flavour: str = Flavour.INSTAGRAM_LOGIN) -> str:
    """As registered at Meta: from SITE_URL, never from a request's host."""
    return settings.SITE_URL + reverse(FLAVOURS[flavour].callback)


def begin(
    *,
    keeper: ConsentKeeper,
    meta_app: MetaApp,
    tenant: Tenant,
    session_nonce: str,
    user: User | None = None,
    connection: Connection | None = None,
    link: Link | None = None,
) -> str:
    """Opens an attempt and returns the address of the consent page.

    Args:
        keeper: of `meta_app`.
        meta_app: the app that asks for consent.
        tenant: the workspace that will own the connection.
        session_nonce: the browser session's own random value; the state is bound to it.
        user: the member who started it; None when a link did.
        connection: the one to revive; None for whatever account consents.
        link: the connect or reconnect link that started it.
    """
    now = timezone.now()
    state = secrets.token_urlsafe(32)
    session_hash = _digest(session_nonce)
    ConnectAttempt.objects.create(
        tenant=tenant,
        meta_app=meta_app,
        user=user,
        connection=connection,
        link=link,
        state_hash=_digest(state),
        session_hash=session_hash,
        created_at=now,
        expires_at=now + STATE_LIFETIME,
    )
    _forget_oldest(session_hash, now)
    return keeper.authorize_url(
        redirect_uri=redirect_uri(meta_app.flavour),
        state=state,
        scopes=needs.of_workspace(tenant.pk, meta_app),
        # It is to be one certain account: whoever is logged in at Meta may be another; let them choose.
        again=connection is not None or (link is not None and bool(link.expected_handle)),
    )


def returning(state: str, *, session_nonce: str | None, user: User | None) -> tuple[ConnectAttempt, bool] | None:
    """The attempt that `state` belongs to, and whether it came back to the browser that left.

    A forged, used, expired or foreign state is None. One exception: what a link began, and a member's reconnect,
    may return without its session's cookie (the phone's mail app opened the link, another browser returns). It comes
    back as not `at_home`, and nothing happens before a person has read where it leads and confirmed it: whoever was
    lured here with somebody else's state is asked exactly what that somebody's link would have asked.
    """
    attempt = (
        ConnectAttempt.objects.waiting(timezone.now())
        .select_related("tenant", "meta_app", "user", "connection__meta_app", *LINK)
        .find(state_hash=_digest(state))
    )
    if attempt is None or not still_allowed(attempt):
        return None
    at_home = session_nonce is not None and hmac.compare_digest(attempt.session_hash, _digest(session_nonce))
    if at_home:
        return (attempt, True) if attempt.user_id is None or attempt.user == user else None
    if attempt.link_id is None and (attempt.connection_id is None or session_nonce is not None):
        return None
    return attempt, False


def spend(attempt: ConnectAttempt) -> bool:
    """Uses the state up; of two that return with it, one goes on."""
    return bool(ConnectAttempt.objects.filter(pk=attempt.pk, used_at__isnull=True).update(used_at=timezone.now()))


def keep_code(attempt: ConnectAttempt, code: Secret) -> bool:
    """Lets the code of an attempt that came back elsewhere wait for a person's confirmation, as `keep_pending`."""
    return keep_pending(attempt, ConnectAttempt.Pending.CODE, code, {}, CODE_LIFETIME)


def keep_pending(
    attempt: ConnectAttempt, kind: str, secret: Secret, facts: dict[str, Any], lifetime: dt.timedelta
) -> bool:
    """Keeps a secret of an attempt, encrypted, until it is used or its time is over.

    Returns:
        False where the workspace was deleted or the attempt erased meanwhile: nothing is kept.
    """
    if attempt.pending != kind or attempt.pending_until is None:
        # Pressing "Finish connecting" while Meta is down does not lengthen the life of what waits.
        attempt.pending_until = timezone.now() + lifetime
    attempt.pending = kind
    attempt.pending_secret = seal(secret.reveal())
    attempt.pending_facts = facts
    with transaction.atomic():
        # Whoever deletes the workspace in this moment waits, and then erases this secret as well.
        if lock_living(attempt.tenant_id) is None:
            return False
        columns = ("pending", "pending_secret", "pending_facts", "pending_until")
        kept = ConnectAttempt.objects.filter(pk=attempt.pk).update(**{name: getattr(attempt, name) for name in columns})
    return bool(kept)


def still_allowed(attempt: ConnectAttempt) -> bool:
    """What allowed the start must allow the end: a role that may write, or a link that nothing has ended since."""
    if attempt.tenant.deleted_at is not None:
        return False
    if attempt.link is not None:
        return links.may_finish(attempt.link)
    writers = Membership.objects.filter(tenant_id=attempt.tenant_id, role__in=ROLES[Right.CONNECT])
    return writers.filter(user_id=attempt.user_id or 0).exists()


def _forget_oldest(session_hash: str, now: dt.datetime) -> None:
    waiting = ConnectAttempt.objects.waiting(now).filter(session_hash=session_hash).order_by("-created_at", "-pk")
    surplus = list(waiting.values_list("pk", flat=True)[STATES_A_SESSION:])
    ConnectAttempt.objects.filter(pk__in=surplus).delete()


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
