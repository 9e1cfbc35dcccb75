"""Counts answers of Meta's that no rule knows, so that staff see them and somebody writes the rule."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable

from django.db.models import F

from tokens.meta import MetaError, is_unknown
from tokens.models import UnknownAnswer

# So many kinds are kept: a text that is another one each time must not fill the table.
MOST_KINDS = 1000


def note_unknown(errors: Iterable[MetaError | None], now: dt.datetime) -> None:
    """Counts those of `errors` that no rule knows, in the caller's transaction if there is one.

    Args:
        errors: what calls came to; None for those that succeeded.
        now: the instant.
    """
    unknown = [error for error in errors if error is not None and is_unknown(error)]
    counts = Counter(_fingerprint(error) for error in unknown)
    for fingerprint, error in {_fingerprint(error): error for error in unknown}.items():
        _count(fingerprint, error, counts[fingerprint], now)


def _count(fingerprint: str, error: MetaError, number: int, now: dt.datetime) -> None:
    known = UnknownAnswer.objects.filter(fingerprint=fingerprint)
    news = {"count": F("count") + number, "last_at": now, "trace_id": error.trace_id or ""}
    if known.update(**news) or UnknownAnswer.objects.count() >= MOST_KINDS:
        return
    row = UnknownAnswer(
        fingerprint=fingerprint,
        call=error.call,
        status=error.status,
        code=error.code,
        subcode=error.subcode,
        text=error.said,
        first_at=now,
        last_at=now,
    )
    # Two who meet a new one at once make one row of it.
    UnknownAnswer.objects.bulk_create([row], ignore_conflicts=True)
    known.update(**news)


def _fingerprint(error: MetaError) -> str:
    told = f"{type(error).__name__}\n{error.call}\n{error.status}\n{error.code}\n{error.subcode}\n{error.said}"
    return hashlib.sha256(told.encode()).hexdigest()
