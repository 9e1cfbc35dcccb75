"""What members are told on every page of a workspace while a part of the work stands still."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tokens.services import heartbeat

# The name of each part, and what follows for members where they might not think of it.
PARTS = {
    heartbeat.SWEEP: ("Renewals", ""),
    heartbeat.CHECK: ("Checks", "An account that has ended meanwhile may still show as active."),
    heartbeat.DELIVERY: ("Mail deliveries", "Nobody is told of accounts that end, and no link is sent."),
}


@dataclass(frozen=True, slots=True)
class StandingPart:
    """One part: its name, when it last ran (None: never), and what follows."""

    what: str
    since: dt.datetime | None
    so: str


def standstill(now: dt.datetime) -> list[StandingPart]:
    """The parts that stand still; empty where all of them run. It costs one query."""
    return [StandingPart(PARTS[name][0], last, PARTS[name][1]) for name, last in heartbeat.silent(now).items()]
