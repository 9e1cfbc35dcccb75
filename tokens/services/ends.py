"""What an end does to a connection's row, whoever found it out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F

from tokens.models import Status


def ended(reason: str, now: dt.datetime) -> dict[str, Any]:
    """The columns of a connection that ends: inactive, and one end more of those that flapping is seen by.

    Args:
        reason: one of `Reason`.
        now: the instant.
    """
    return {
        "status": Status.INACTIVE,
        "reason": reason,
        "status_changed_at": now,
        "third_last_end_at": F("second_last_end_at"),
        "second_last_end_at": F("last_end_at"),
        "last_end_at": now,
        "reminded": 0,
    }
