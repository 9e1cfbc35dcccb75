"""The accounts as Meta knows them: which string is honoured until when, what ends it, what troubles it.

How often things happen to an account is of public sources where there are any, else an assumption:
docs/simulated-year.md names both.
"""

from __future__ import annotations

import math
import random
import uuid
from dataclasses import dataclass, field

from tests.year.weather import DAY, DEFAULT_APP, HOUR, OWN_APP, Spell

SIXTY_DAYS = 60 * DAY
NEVER = math.inf

# Buffer, January 2020, about 360,000 profiles: about 14 % of those at Instagram Business had a disconnection
# (data.buffer.com/2020/01/16/exploring-channel-disconnections). Taken as the share of a year, at an even rate.
ENDED_A_YEAR = 0.14
_ENDS_A_DAY = -math.log(1 - ENDED_A_YEAR) / 365
# Assumptions: nobody publishes these.
REASONS = {"password_changed": 45, "app_removed": 30, "logged_out": 10, "checkpoint": 10, "ended_by_meta": 5}
LIMITED_A_YEAR, LONGEST_LIMIT = 0.2, 72 * HOUR
REFUSED_A_YEAR, LONGEST_REFUSAL = 0.005, 90 * DAY
ROTATING = 0.5
OF_THE_OWN_APP = 0.1
COME_BACK = 0.5
LONGEST_AWAY = 14 * DAY

# For the account alone: its own limit, and what keeps Meta from renewing while `/me` answers.
LIMITED = "limited"
REFUSALS = ("contradicted", "unsupported", "permission")
TROUBLES = (LIMITED, *REFUSALS)


@dataclass(slots=True)
class Account:
    """One account and its one grant.

    Args:
        number: of the account; part of its strings.
        key: the product's id of its connection.
        app: through which Meta app it is connected.
        rotates: a refresh gives a new string and the old one dies at once; else the string stays.
        issued: of the string that is honoured.
        expires: of the same.
        ended: from when on Meta honours nothing of it, whatever the dates say.
        reason: why.
        troubles: spells of this account alone.
    """

    number: int
    key: uuid.UUID
    app: int = DEFAULT_APP
    rotates: bool = False
    issued: float = 0.0
    expires: float = 0.0
    ended: float = NEVER
    reason: str = "password_changed"
    troubles: tuple[Spell, ...] = ()
    generation: int = 0
    string: str = field(init=False)
    calls: int = 0
    """How often it was asked about, whatever came of it: chance is drawn by it."""
    lied: bool = False
    """The last answer was a 190 that is not so; the next one of `/me` is true."""
    renewed: int = 0
    """Answers with a renewed token."""
    lost_at: float | None = None
    """When a new string was made whose answer never arrived: the stored one is dead from then on."""
    away: bool = False
    """The product has it as inactive, and the judge has judged that."""
    lapsed: bool = False
    """The judge has judged the end of this grant."""

    def __post_init__(self) -> None:
        self.string = string_of(self.number, self.generation)

    def honours(self, string: str, at: float) -> bool:
        """The truth: whether Meta takes `string` at that instant."""
        return string == self.string and at < self.expires and at < self.ended

    def renew(self, now: float, lifetime: float) -> None:
        """A new grant of `lifetime` seconds, in a new string where the account's strings rotate."""
        if self.rotates:
            self.generation += 1
            self.string = string_of(self.number, self.generation)
        self.issued, self.expires = now, now + lifetime

    def consent(self, now: float, rng: random.Random) -> None:
        """The creator comes back: a new grant, and another end to come."""
        self.generation += 1
        self.string = string_of(self.number, self.generation)
        self.issued, self.expires = now, now + SIXTY_DAYS
        self.lost_at, self.away, self.lapsed = None, False, False
        self.ended, self.reason = end_of(now, rng)

    def trouble(self, now: float) -> Spell | None:
        """The spell that holds for it now; its own limit before a refusal."""
        return next((spell for spell in self.troubles if spell.start <= now < spell.end), None)


def string_of(number: int, generation: int) -> str:
    """As long as those that are seen. The number in it tells whose it is."""
    return f"IGAA{number:08d}{generation:05d}".ljust(180, "x")


def number_in(string: str) -> int:
    return int(string[4:12])


def end_of(now: float, rng: random.Random) -> tuple[float, str]:
    """When a grant that begins now ends before its time, and why."""
    return now + rng.expovariate(_ENDS_A_DAY) * DAY, rng.choices([*REASONS], [*REASONS.values()])[0]


def make_accounts(seed: int, count: int, start: float, days: int) -> list[Account]:
    """`count` accounts that were connected before `start`, evenly over the days after which tokens are renewed.

    Args:
        seed: of chance.
        count: how many.
        start: midnight of the first day.
        days: how long the run is.
    """
    rng = random.Random(f"accounts {seed}")
    return [_account(rng, number, start, days) for number in range(count)]


def _account(rng: random.Random, number: int, start: float, days: int) -> Account:
    issued = start - rng.uniform(DAY, 49 * DAY)
    ended, reason = end_of(start, rng)
    return Account(
        number=number,
        key=uuid.UUID(int=rng.getrandbits(128), version=4),
        app=OWN_APP if rng.random() < OF_THE_OWN_APP else DEFAULT_APP,
        rotates=rng.random() < ROTATING,
        issued=issued,
        expires=issued + SIXTY_DAYS,
        ended=ended,
        reason=reason,
        troubles=tuple(sorted(_troubles(rng, start, days), key=lambda spell: (spell.kind != LIMITED, spell.start))),
    )


def _troubles(rng: random.Random, start: float, days: int) -> list[Spell]:
    found = []
    for kinds, a_year, longest in (
        ((LIMITED,), LIMITED_A_YEAR, LONGEST_LIMIT),
        (REFUSALS, REFUSED_A_YEAR, LONGEST_REFUSAL),
    ):
        if rng.random() < a_year * days / 365:
            begin = start + rng.uniform(0, days) * DAY
            found.append(Spell(rng.choice(kinds), begin, begin + rng.uniform(HOUR, longest)))
    return found
