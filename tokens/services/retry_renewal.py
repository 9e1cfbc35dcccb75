"""Renews one connection while a brake holds, to see whether what failed at renewing works again."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from tokens.flavours.interface import Keeper
from tokens.remedies import SEEN, UNPARSABLE
from tokens.services.ask import Inquiry
from tokens.services.claims import claim_one
from tokens.services.store import store
from tokens.services.verdicts import OurFault, Passing

# Staff wait for it: the second opinion comes as soon as it may be another one.
LONGEST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class StillFailing:
    """Renewing does not work yet, and why."""

    sentence: str


def retry_renewal(connection_id: uuid.UUID, keeper: Keeper) -> StillFailing | None:
    """An attempt like any other, its answer stored; None where Meta understood it, whatever it said of the token.

    Args:
        connection_id: an active connection.
        keeper: of its Meta app.
    """
    claim = claim_one(connection_id, "refresh")
    if claim is None:
        return None
    credential = claim.row().select_related("connection__meta_app", "connection__tenant").first()
    if credential is None or credential.token is None:
        return None  # disconnected since
    inquiry = Inquiry(keeper, lambda seconds: time.sleep(min(seconds, LONGEST_PAUSE)))
    verdict = inquiry.refresh(credential)
    store(claim, credential, verdict, calls=inquiry.calls, unparsable=inquiry.unparsable)
    if inquiry.unparsable:
        return StillFailing(SEEN[UNPARSABLE])
    match verdict:
        case OurFault(word=word):
            return StillFailing(SEEN[word])
        case Passing(word=word):
            return StillFailing(f"no sound answer, {word.replace('_', ' ')}")
    return None
