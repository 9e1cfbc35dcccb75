"""Which faults of our own were seen: read off the connections that struck, whose last failure tells it."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from tokens.models import Brake, Credential, Status, Strike
from tokens.remedies import OUR_WORDS, UNPARSABLE
from tokens.services.brake import WINDOW

# How the row says that `/me` contradicted a death.
_CONTRADICTED = "cannot_refresh"


def words_seen(brake: Brake) -> Counter[str]:
    """The words of `remedies.SEEN` behind the fall of a brake, and of how many connections each is true.

    Args:
        brake: one whose cause is `ours`; for any other there is nothing to tell.
    """
    if brake.cause != Brake.Cause.OURS:
        return Counter()
    strikes = Strike.objects.filter(meta_app_id=brake.meta_app_id, cause=brake.cause, at__gt=brake.fallen_at - WINDOW)
    if brake.lifted_at is not None:
        strikes = strikes.filter(at__lte=brake.lifted_at + dt.timedelta(seconds=1))
    rows = Credential.objects.filter(pk__in=strikes.values("connection")).order_by()
    facts = rows.values_list("last_failure", "held_since", "connection__status")
    return Counter(filter(None, (_word(*row) for row in facts)))


def _word(last_failure: str, held_since: dt.datetime | None, status: str) -> str:
    if last_failure in OUR_WORDS:
        return last_failure
    # What Meta can't parse is a death: held back, contradicted, or acted on while there are fewer than three.
    unparsable = held_since is not None or last_failure == _CONTRADICTED or status == Status.INACTIVE
    return UNPARSABLE if unparsable else ""
