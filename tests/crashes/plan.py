"""What a run plays, on what, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

SCENARIOS = ("kills", "postgres", "redis", "full", "network", "clock", "workers")
DATABASES = ("sqlite", "postgres")
# The brake stops dying from its fiftieth death on: here each lost token shall be seen to its end.
NO_BRAKE = {"BRAKE_MIN_DEATHS": "1000000"}


@dataclass(frozen=True, slots=True)
class Size:
    """How much: kills and their tokens, tokens of the other scenarios, and seconds for everything.

    `away`: seconds that Redis is away; over a minute, a schedule comes due meanwhile.
    `real_leases`: where the old string lives three minutes, wait for the leases of the dead to end by themselves.
    """

    kills: int
    tokens: int
    others: int
    limit: float
    away: float
    real_leases: bool


SIZES = {"quick": Size(10, 400, 200, 1500, 2, False), "full": Size(50, 2000, 1000, 5400, 75, True)}


@dataclass(frozen=True, slots=True)
class Job:
    """One scenario on one database with one broker."""

    scenario: str
    database: str
    broker: str = "orm"
    arguments: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        names = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
        return names[self.database] + (", Redis" if self.broker == "redis" else "")


def jobs(scenarios: Sequence[str], databases: Sequence[str], size: Size) -> Iterator[Job]:
    """What is to be played, in order."""
    for scenario in scenarios:
        yield from _JOBS[scenario](databases, size)


def _kills(databases: Sequence[str], size: Size) -> Iterator[Job]:
    for database in databases:
        for old_string in ("dies_at_once", "dies_later"):
            arguments = {"tokens": size.tokens, "kills": size.kills, "old_string": old_string}
            real = size.real_leases and old_string == "dies_later"
            yield Job("kills", database, arguments={**arguments, "real_leases": real}, changes=NO_BRAKE)


def _postgres(databases: Sequence[str], size: Size) -> Iterator[Job]:
    if "postgres" in databases:
        yield Job("postgres", "postgres", arguments={"tokens": size.others, "times": 4})


def _redis(databases: Sequence[str], size: Size) -> Iterator[Job]:
    for database in databases:
        yield Job("redis", database, "redis", {"tokens": size.others, "away": size.away})
        yield Job("doorbell", database, arguments={"tokens": size.others, "times": 3})


def _full(databases: Sequence[str], size: Size) -> Iterator[Job]:
    for database in databases:
        yield Job("full", database, arguments={"tokens": size.others, "seconds": 10})


def _network(databases: Sequence[str], size: Size) -> Iterator[Job]:
    for database in databases:
        yield Job("network", database, arguments={"tokens": size.others, "cuts": ("refused", "reset", "silent")})


def _clock(databases: Sequence[str], size: Size) -> Iterator[Job]:
    for database in databases:
        yield Job("clock", database, arguments={"tokens": size.others})


def _workers(databases: Sequence[str], size: Size) -> Iterator[Job]:
    for database in databases:
        for broker in ("orm", "redis"):
            for machines in (1, 2):
                arguments = {"tokens": size.others, "machines": machines, "workers": 2}
                yield Job("workers", database, broker, arguments)


_JOBS = {
    "kills": _kills,
    "postgres": _postgres,
    "redis": _redis,
    "full": _full,
    "network": _network,
    "clock": _clock,
    "workers": _workers,
}
