"""One attempt on one claimed credential: load, ask, store. Refreshing and checking differ in the question alone."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from tokens.flavours.interface import Keeper
from tokens.models import MetaApp
from tokens.services.ask import Inquiry
from tokens.services.claims import Claim, claim_one
from tokens.services.store import LOST, store

KeeperFor = Callable[[MetaApp], Keeper]
BUSY = "busy"
LONGEST_PAUSE_OF_A_PERSON = 5.0


def work(
    claim: Claim, keeper_for: KeeperFor, *, pause: Callable[[float], None] = time.sleep, detailed: bool = False
) -> str:
    """Does what `claim` gives the right to.

    Args:
        claim: a fresh claim.
        keeper_for: the keeper of a Meta app.
        pause: waits the given seconds before a second opinion.
        detailed: whether a check asks for the account's name as well.

    Returns:
        What became of it, one word for reports.
    """
    credential = (
        claim.row()
        .select_related("connection__meta_app", "connection__tenant")
        .filter(token__isnull=False, connection__status="active")
        .first()
    )
    if credential is None or credential.token is None:
        # Only an active connection with a token has due dates; else every sweep would find it again for ever.
        claim.row().update(due_at=None, due_by_rule=None, check_due_at=None, lease_owner="", lease_until=None)
        return LOST
    inquiry = Inquiry(keeper_for(credential.connection.meta_app), pause, detailed)
    question = inquiry.refresh if claim.purpose == "refresh" else inquiry.check
    verdict = question(credential)
    return store(claim, credential, verdict, calls=inquiry.calls, unparsable=inquiry.unparsable)


def now(connection_id: uuid.UUID, purpose: str, keeper_for: KeeperFor) -> str:
    """One attempt inside a request, due or not; `busy` where a worker is at it already."""
    claim = claim_one(connection_id, "refresh" if purpose == "refresh" else "check")
    if claim is None:
        return BUSY
    return work(claim, keeper_for, pause=_short_pause, detailed=True)


def _short_pause(seconds: float) -> None:
    """Two calls and the pause between must fit into the twenty seconds that a person waits at most."""
    time.sleep(min(seconds, LONGEST_PAUSE_OF_A_PERSON))
