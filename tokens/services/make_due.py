"""Makes checks due now."""

from __future__ import annotations

import datetime as dt

from tokens.models import Credential


def make_all_checks_due(now: dt.datetime) -> int:
    """Every active connection is to be asked now; those under way are asked by whoever holds them. Returns how many."""
    return Credential.objects.free(now).filter(check_due_at__gt=now).update(check_due_at=now)
