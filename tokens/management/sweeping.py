"""What `refresh_tokens` and `check_tokens` share: a sweep with a progress bar, and its result in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import Tenant
from notifications.management.base import ReportingCommand
from tokens.clients import instagram_client
from tokens.services.claims import Purpose
from tokens.services.store import LOST
from tokens.services.sweep import Sweep, count_due

WORDS = {
    "refreshed": "renewed",
    "alive": "working",
    "died": "ended: their people are mailed",
    "cannot_refresh": "can't be renewed, though they work",
    "permission_missing": "lack a permission",
    "refused": "refused by Instagram: staff are told",
    "too_young": "too young, tried tomorrow",
    "failed": "not this time, tried again by themselves",
    "held": "held back by the brake",
    "our_fault": "our own fault: staff are told",
    LOST: "changed by somebody else meanwhile",
    "error": "failed inside: see the log",
}


class SweepingCommand(ReportingCommand):
    """A command that sweeps for one purpose."""

    purpose: Purpose

    def sweep(self, tenant: Tenant | None) -> dict[str, Any]:
        """Works off what is due. Returns the number due, and one number for each outcome."""
        due = count_due(self.purpose, tenant)
        with self.progress("Renewing" if self.purpose == "refresh" else "Checking", total=due) as bar:
            results = Sweep(self.purpose, instagram_client, tenant=tenant, on_result=lambda word: bar.advance()).run()
        return {
            "due": due,
            **{word: results.get(word, 0) for word in WORDS},
            "left_due": count_due(self.purpose, tenant),
        }

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield f"Due: {result['due']}"
        for word, sentence in WORDS.items():
            if result.get(word):
                yield f"{result[word]} {sentence}"
