"""What befalls a year: when Meta fails, limits, answers late or nonsense, when no worker runs.

All instants are seconds since the epoch. The same seed gives the same weather.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
DEFAULT_APP, OWN_APP = 0, 1

# What the nightly sweep meets: a spell that begins in the evening and is long enough covers it.
_TICK = 2 * HOUR


@dataclass(frozen=True, slots=True)
class Spell:
    """Something that holds from `start` until before `end`.

    Args:
        kind: what; see `Plan` for those of the sky, `people.TROUBLES` for those of one account.
        share: of the calls that it hits, 0 to 1.
        app: the one Meta app that it concerns; None: all.
    """

    kind: str
    start: float
    end: float
    share: float = 1.0
    app: int | None = None

    def holds(self, at: float) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of each kind befalls 365 days: hours of each spell, and the share of calls that it hits.

    `outage`: Meta does not answer, or with 5xx. `pause`: no worker runs. `slow`: calls time out. `garbage`: answers
    that make no sense. `lying`: 190s that `/me` contradicts. `unparsable`: such ones that say that our token can't be
    read. `limit`: the Meta app's limit is used up.
    """

    outage: tuple[float, ...] = (
        *(0.1, 0.1, 0.2, 0.2, 0.25, 0.25, 0.5, 0.5, 0.5, 0.75, 1, 1, 1, 1.5, 2, 2, 3, 4, 4, 6, 8, 12, 24, 48),
    )
    pause: tuple[float, ...] = (0.5, 1, 1, 2, 2, 4, 6, 8, 12, 24, 120)
    slow: tuple[float, ...] = (24,) * 10
    garbage: tuple[float, ...] = (2, 2, 4, 6, 8, 12)
    lying: tuple[float, ...] = (2, 4, 6, 8, 12, 24)
    unparsable: tuple[float, ...] = (1, 6)
    limit: tuple[float, ...] = (1, 1, 2, 2, 3, 3, 4, 4, 6, 6, 8, 12)

    def of(self, kind: str) -> tuple[float, ...]:
        hours: tuple[float, ...] = getattr(self, kind)
        return hours


KINDS = ("outage", "pause", "slow", "garbage", "lying", "unparsable", "limit")
SHARES = {"slow": (0.05, 0.4), "garbage": (0.1, 0.9), "lying": (0.02, 0.5), "unparsable": (0.1, 0.5)}
# On a good day too, so many calls time out, make no sense or lie.
ALWAYS = {"slow": 0.0005, "garbage": 0.0002, "lying": 0.0005, "unparsable": 0.0}


@dataclass(frozen=True, slots=True)
class Sky:
    """The weather at one instant. Shares are of calls; `limited` are the Meta apps whose limit is used up."""

    out: bool = False
    workers_run: bool = True
    slow: float = 0.0
    garbage: float = 0.0
    lying: float = 0.0
    unparsable: float = 0.0
    failing: float = 0.0
    limited: frozenset[int] = frozenset()


class Weather:
    """All spells of a run.

    Args:
        spells: in any order; they may overlap.
        always: share of the calls that fail in each way on good days too.
    """

    def __init__(self, spells: Iterable[Spell], always: dict[str, float] | None = None) -> None:
        self.spells = sorted(spells, key=lambda spell: spell.start)
        self._always = ALWAYS if always is None else always

    def at(self, now: float) -> Sky:
        """The sky at `now`; of spells of one kind the worst counts."""
        shares = dict(self._always)
        out, run, limited = False, True, set()
        for spell in self.spells:
            if not spell.holds(now):
                continue
            match spell.kind:
                case "outage":
                    out = True
                case "pause":
                    run = False
                case "limit":
                    limited |= {DEFAULT_APP, OWN_APP} if spell.app is None else {spell.app}
                case kind:
                    shares[kind] = max(shares.get(kind, 0.0), spell.share)
        return Sky(out, run, limited=frozenset(limited), **shares)

    def workers_back(self, now: float) -> float:
        """When workers run: now, or once the pauses that hold now are over."""
        for spell in self.spells:
            if spell.kind == "pause" and spell.holds(now):
                now = spell.end
        return now

    def longest_clear(self, start: float, end: float, app: int, troubles: Iterable[Spell] = ()) -> float:
        """Seconds of the longest stretch between `start` and `end` without any spell.

        Args:
            start: where to begin.
            end: where to end.
            app: spells of another Meta app do not count.
            troubles: of the account itself.
        """
        longest, clear_since = 0.0, start
        ours = [spell for spell in self.spells if spell.app in (None, app)]
        for spell in sorted([*ours, *troubles], key=lambda each: each.start):
            if spell.end <= start or spell.start >= end:
                continue
            longest = max(longest, spell.start - clear_since)
            clear_since = max(clear_since, spell.end)
        return max(longest, end - clear_since)

    def hours(self, kind: str, start: float, end: float) -> float:
        """Hours of `kind` between `start` and `end`."""
        overlaps = (min(each.end, end) - max(each.start, start) for each in self.spells if each.kind == kind)
        return sum(max(0.0, overlap) for overlap in overlaps) / HOUR


def passing_faults(share: float) -> Weather:
    """No spell at all: day and night the same share of all calls meets a fault that passes.

    A quarter of them are 190s that `/me` contradicts, a twentieth such ones that say that the token can't be parsed,
    and a quarter time out; the others are whatever else Meta may answer (`meta.any_fault`).

    Args:
        share: of the calls, 0 to 1.
    """
    parts = {"failing": 0.45, "slow": 0.25, "lying": 0.25, "unparsable": 0.05}
    return Weather([], {**dict.fromkeys(ALWAYS, 0.0), **{kind: part * share for kind, part in parts.items()}})


def make_weather(seed: int, start: float, days: int, plan: Plan | None = None) -> Weather:
    """Lays `plan` over the days.

    Each kind's spells are spread over the days, every second one so that it begins within the six hours before the
    nightly sweep. Fewer days than 365 get as many fewer spells of each kind, and of them the longest that leave half of
    the time free.

    Args:
        seed: of chance.
        start: midnight of the first day.
        days: how many.
        plan: of 365 days.
    """
    rng = random.Random(f"weather {seed}")
    plan = plan or Plan()
    spells = []
    for kind in KINDS:
        wanted = math.ceil(len(plan.of(kind)) * days / 365)
        fitting = [each for each in plan.of(kind) if each * HOUR <= days * DAY / wanted / 2]
        hours = sorted(fitting, reverse=True)[:wanted]
        rng.shuffle(hours)
        for number, each in enumerate(hours):
            begin = _begin(rng, number, days / len(hours), each)
            share = rng.uniform(*SHARES[kind]) if kind in SHARES else 1.0
            app = rng.choice((DEFAULT_APP, OWN_APP)) if kind == "limit" and number % 2 else None
            spells.append(Spell(kind, start + begin, start + begin + each * HOUR, share, app))
    return Weather(spells)


def _begin(rng: random.Random, number: int, slice_days: float, hours: float) -> float:
    """Seconds from the start at which the spell of that number begins, inside its own slice of the days."""
    room = max(0.0, slice_days * DAY - hours * HOUR)
    begin = number * slice_days * DAY + rng.uniform(0, room)
    if number % 2:
        # The evening before: short spells begin shortly before the sweep.
        begin = math.floor(begin / DAY) * DAY + _TICK - rng.uniform(0, min(6.0, hours) * HOUR)
    return max(0.0, begin)
