"""Opens the choice among several accounts that a token opens, where nobody was sent to a dialog for it."""

from __future__ import annotations

import secrets
from typing import Any

from django.utils import timezone

from accounts.models import Tenant, User
from tokens.flavours.interface import Offer
from tokens.meta import Secret
from tokens.models import ConnectAttempt, MetaApp
from tokens.services import choice, consent
from tokens.services.connect import TOKEN_WAITS, conclude


def open_choice(
    token: Secret, offer: Offer, facts: dict[str, Any], *, tenant: Tenant, meta_app: MetaApp, user: User
) -> ConnectAttempt | None:
    """An attempt that waits for its member's choice, as if that member had come back from the dialog.

    Args:
        token: the person's, of sixty days; kept sealed for an hour.
        offer: what it opens.
        facts: `issued_at` and `expires_in` of the token, as `connect.account_of` reads them.
        tenant: the workspace that will own the connections.
        meta_app: the app that the token was made for.
        user: the member who will choose.

    Returns:
        None where the workspace was deleted meanwhile.
    """
    now = timezone.now()
    attempt = ConnectAttempt.objects.create(
        tenant=tenant,
        meta_app=meta_app,
        user=user,
        # Nobody comes back with this state: it is used up.
        state_hash=secrets.token_hex(32),
        session_hash=secrets.token_hex(32),
        created_at=now,
        expires_at=now,
        used_at=now,
    )
    kept = {**facts, **choice.facts_of(offer)}
    if not consent.keep_pending(attempt, ConnectAttempt.Pending.LONG_TOKEN, token, kept, TOKEN_WAITS):
        return None
    conclude(attempt, ConnectAttempt.Outcome.CHOOSE)
    return attempt
