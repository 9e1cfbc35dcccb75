"""What `refresh_tokens` and `check_tokens` share: a sweep with a progress bar, and its result in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from accounts.models import Tenant
from notifications.management.base import ReportingCommand
from tokens.clients import keeper_of
from tokens.models import SweepRun
from tokens.services.claims import Purpose
from tokens.services.store import LOST
from tokens.services.sweep import Sweep, count_due

WORDS = {
    "refreshed": "renewed",
    "not_prolonged": "renewed, but for no longer: a person must reconnect them",
    "unrenewable": "renewable by a person alone: they work until their own end",
    "alive": "working",
    "died": "ended: their people are mailed",
    "cannot_refresh": "can't be renewed, though they work",
    "permission_missing": "lack a permission",
    "refused": "refused by Meta: staff are told",
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
    record: dict[str, Any] | None = None
    """Of the sweep that ran; for people alone, `--json` has had its own shape before there were records."""

    def sweep(self, tenant: Tenant | None) -> dict[str, Any]:
        """Works off what is due. Returns the number due, and one number for each outcome."""
        due = count_due(self.purpose, tenant)
        with self.progress("Renewing" if self.purpose == "refresh" else "Checking", total=due) as bar:
            sweep = Sweep(self.purpose, keeper_of, tenant=tenant, on_result=lambda word: bar.advance())
            results = sweep.run()
        self.record = record_of(sweep.record.row)
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
        # What nobody was claimed for leaves no record either.
        if self.record is not None and self.record["claimed"]:
            yield from table(self.record)


def record_of(row: SweepRun) -> dict[str, Any]:
    """The numbers of a sweep's record."""
    return {
        "claimed": row.claimed,
        "refreshed": row.refreshed,
        "alive": row.alive,
        "failed": row.failed,
        "lost": row.lost,
        "leases_recovered": row.leases_recovered,
        "seconds": round(row.seconds, 3),
        "rate": round(row.rate, 3),
    }


def table(record: dict[str, Any]) -> Iterable[str]:
    """The record for people: a head, and a line a number."""
    classes = ", ".join(f"{word} {count}" for word, count in record["failed"].items())
    yield "Sweep"
    for name, value, more in [
        ("Claimed", record["claimed"], ""),
        ("Renewed", record["refreshed"], ""),
        ("Working", record["alive"], ""),
        ("Failed", sum(record["failed"].values()), classes),
        ("Lost", record["lost"], ""),
        ("Leases recovered", record["leases_recovered"], ""),
        ("Seconds", f"{record['seconds']:.1f}", ""),
        ("Tokens a second", f"{record['rate']:.1f}", ""),
    ]:
        yield f"{name:<18}{value:>10}  {more}".rstrip()
