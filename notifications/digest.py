"""Several news for one address in one mail: whatever was held for it, while each still has a point."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from notifications.gate import why_not
from notifications.mails import Pointless, line_of
from notifications.models import OutboxMessage, State
from notifications.registry import DigestItem, UnknownKind

# A line is a kilobyte; mail programs cut off what is longer than a hundred.
MOST_LINES = 60

logger = logging.getLogger(__name__)


def digest_values(items: Sequence[DigestItem]) -> dict[str, Any]:
    """The templates' values of a digest: what somebody should act on first, then what is only good to know.

    Args:
        items: the lines, oldest news first; one at least. What is too much for a mail is counted alone.
    """
    workspaces = list(dict.fromkeys(item.workspace for item in items))
    shown = sorted(items, key=lambda item: not item.to_do)[:MOST_LINES]
    values: dict[str, Any] = {
        "to_do": [item for item in shown if item.to_do],
        "news": [item for item in shown if not item.to_do],
        "more": len(items) - len(shown),
        "several": len(workspaces) > 1,
    }
    return values if values["several"] else {**values, "workspace": workspaces[0]}


def of_held(message: OutboxMessage) -> dict[str, Any] | None:
    """The context of a digest: a line for each mail held for it; None where none has a point any more.

    Those without a point end here, whatever becomes of the digest; the others end with it (`settle`).
    """
    items = [item for held in _held(message).order_by("created_at", "pk") if (item := _line(held)) is not None]
    # Two occasions for the same words are told once.
    return digest_values(list(dict.fromkeys(items))) if items else None


def settle(digest: OutboxMessage, state: State, word: str) -> None:
    """What was told by a digest ends as it did, in the caller's transaction."""
    sent_at = timezone.now() if state == State.SENT else None
    _held(digest).update(state=state, last_error=word, sent_at=sent_at)


def told_by(digest: OutboxMessage) -> list[OutboxMessage]:
    """The mails that a digest which has left told in their place."""
    return list(OutboxMessage.objects.filter(digest_id=digest.pk, state=State.SENT))


def _held(digest: OutboxMessage) -> Any:
    rows = OutboxMessage.objects.select_related("tenant")
    return rows.filter(digest_id=digest.pk, state=State.HELD)


def _line(held: OutboxMessage) -> DigestItem | None:
    if word := why_not(held):
        _end(held, State.DROPPED, word)
        return None
    try:
        return line_of(held)
    except Pointless as reason:
        _end(held, State.DROPPED, reason.word)
    except UnknownKind:
        raise
    except Exception as error:  # whatever a producing app's function raises must not cost the others theirs
        logger.error("The mail %s of %s can't be told in a digest: %s", held.pk, held.kind, type(error).__name__)
        _end(held, State.REFUSED, "render")
    return None


def _end(held: OutboxMessage, state: State, word: str) -> None:
    OutboxMessage.objects.filter(pk=held.pk, state=State.HELD).update(state=state, last_error=word)
