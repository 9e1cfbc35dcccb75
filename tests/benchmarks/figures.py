"""What the measurements come to: medians, ratios computed inside one round, and whether a target is met."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

RATIO = "x"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a figure's ratio, or on its value.

    Args:
        bound: the figure itself must reach it, or not pass it.
        at_least: which of the two.
        aim: what would be better still.
        unit: of the value; `x` is the ratio's.
    """

    bound: float
    at_least: bool
    aim: float | None = None
    unit: str = RATIO

    def __str__(self) -> str:
        aim = "" if self.aim is None else f", aim {self.aim:g}"
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{aim} {self.unit}"

    def met(self, measured: float) -> bool:
        return measured >= self.bound if self.at_least else measured <= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Args:
        name: what was measured.
        engine: the engine's own figure, in words.
        beside: what it is compared with.
        ratio: of the two; None where there is nothing to compare.
        target: what the ratio or the value should be.
        value: the engine's own figure, where the target is on that.
    """

    name: str
    engine: str
    beside: str = ""
    ratio: float | None = None
    target: Target | None = None
    value: float | None = None

    @property
    def verdict(self) -> str:
        """`met`, `not met`, `not measured`; empty where nothing is aimed at."""
        if self.target is None:
            return ""
        measured = self.ratio if self.target.unit == RATIO else self.value
        if measured is None:
            return "not measured"
        return "met" if self.target.met(measured) else "not met"


WORKERS_CPU = Target(1.0, at_least=False, aim=0.6, unit="ms")
DATABASE_CPU = Target(0.06, at_least=False, unit="ms")
STUB_SHARE = Target(0.2, at_least=False)
GROWTH = Target(1.5, at_least=False)
REVOKED = Target(2, at_least=False)
MEMORY = Target(1.1, at_least=False)
MEMORY_MB = Target(200, at_least=False, unit="MB")
TOLD = Target(2, at_least=False, unit="s")
SLOW_DISK = Target(0.7, at_least=True)
IN_TURN = Target(0.99, at_least=True)


def end_to_end(place: str, seen: dict[str, Any], target: Target | None) -> list[Figure]:
    """Rate and CPU of the engine beside the naive loop's; `place` says where and with which latency."""
    rounds = seen["rounds"]
    rates = {who: median(one[who]["rate"] for one in rounds) for who in ("engine", "naive")}
    faster = median(one["engine"]["rate"] / one["naive"]["rate"] for one in rounds)
    share = median(one["engine"]["stub_ms"] / (one["engine"]["stub_ms"] + _cpu(one["engine"])) for one in rounds)
    rate = Figure(
        f"{place}: {seen['tokens']:,} tokens, tokens/s",
        f"{rates['engine']:,.0f}",
        f"naive {rates['naive']:,.1f}",
        faster,
        target,
    )
    return [rate, *_cpus(place, rounds), Figure(f"{place}: the stub's share of the CPU", "", "", share, STUB_SHARE)]


def _cpus(place: str, rounds: list[dict[str, Any]]) -> list[Figure]:
    """CPU a token of the workers, and of the database where it can be seen."""
    found = []
    for key, who, target in (("worker_ms", "the workers", WORKERS_CPU), ("database_ms", "the database", DATABASE_CPU)):
        if any(one[each][key] is None for one in rounds for each in ("engine", "naive")):
            continue
        engine, naive = (median(one[each][key] for one in rounds) for each in ("engine", "naive"))
        name = f"{place}: CPU of {who} a token, ms"
        found.append(Figure(name, f"{engine:.2f}", f"naive {naive:.2f}", engine / naive, target, engine))
    return found


def parts(place: str, seen: dict[str, Any]) -> list[Figure]:
    """What of the CPU goes where, in one process."""
    found = []
    for part in seen["rounds"][0]:
        spent = median(one[part] for one in seen["rounds"])
        share = median(one[part] / one["total"] for one in seen["rounds"])
        name, beside = (f"{place}: CPU a token, ms", "") if part == "total" else (f"… {part}", f"{share:.0%} of it")
        found.append(Figure(name, f"{spent:.3f}", beside))
    return found


def doors(seen: dict[str, Any]) -> list[Figure]:
    """CPU of one question to Meta by each door, beside the door that the engine takes."""
    *others, own = seen["doors"].items()
    found = [Figure(f"one question by {own[0]}, µs CPU", f"{median(own[1]):,.0f}")]
    for name, spent in others:
        more = median(one / ours for one, ours in zip(spent, own[1], strict=True))
        found.append(Figure(f"… by {name}", "", f"{median(spent):,.0f}", more))
    return found


def defaults(place: str, seen: dict[str, Any]) -> list[Figure]:
    """Rate and CPU with one setting changed, beside those with the defaults."""
    own = seen["variants"]["defaults"]
    told = ", ".join(f"{name} {value}" for name, value in seen["defaults"].items())
    found = [Figure(f"{place}, defaults ({told}): tokens/s", _rate_and_cpu(own))]
    for name, spent in seen["variants"].items():
        if name != "defaults":
            ratio = median(one / ours for one, ours in zip(spent["rate"], own["rate"], strict=True))
            found.append(Figure(f"… {name}", "", _rate_and_cpu(spent), ratio))
    return found


def _rate_and_cpu(seen: dict[str, list[float]]) -> str:
    return f"{median(seen['rate']):,.0f}, {median(seen['cpu_ms']):.2f} ms CPU"


def slow_disk(seen: list[dict[str, Any]], commit_ms: dict[str, float]) -> list[Figure]:
    """What of the rate is left on the slow disk.

    Args:
        seen: a round each: the `engine` and the `naive` rate on the `fast` and on the `slow` server.
        commit_ms: of one commit on either.
    """
    slow, fast = commit_ms["slow"], commit_ms["fast"]
    found = [Figure("one commit on the slow disk, ms", f"{slow:.2f}", f"fast {fast:.2f}")]
    for who, target in (("engine", SLOW_DISK), ("naive", None)):
        left = median(one["slow"][who] / one["fast"][who] for one in seen)
        rates = [median(one[disk][who] for one in seen) for disk in ("slow", "fast")]
        name = f"slow disk, 0 ms: {'' if who == 'engine' else 'naive, '}tokens/s"
        found.append(Figure(name, f"{rates[0]:,.0f}", f"fast {rates[1]:,.0f}", left, target))
    return found


def catching_up(place: str, seen: dict[str, Any]) -> list[Figure]:
    """How long it took, and how many came no later than what the workers held at once explains."""
    rounds = seen["rounds"]
    seconds, rate, in_turn, latest = (
        median(one[key] for one in rounds) for key in ("seconds", "rate", "in_turn", "latest")
    )
    name = f"{place}: {seen['tokens']:,} overdue for up to ten days"
    return [
        Figure(f"{name}, seconds", f"{seconds:,.0f}", f"{rate:,.0f} tokens/s"),
        Figure(
            f"… in turn, at most {seen['held']:,} places late",
            f"{in_turn:.1%}",
            f"latest {latest:,.0f} places",
            in_turn,
            IN_TURN,
        ),
    ]


def claiming(seen: dict[str, Any]) -> list[Figure]:
    """Milliseconds of 500 claims a size of the table, beside those in the smallest one, and with a fifth revoked."""
    found = []
    smallest = median(seen["sizes"][0]["all_active"])
    for size in seen["sizes"]:
        name = f"claiming 500 of {size['rows'] // 100:,} due among {size['rows']:,}, ms"
        plain, revoked = median(size["all_active"]), median(size["fifth_revoked"])
        index, index_revoked = (_sizes(size[key]) for key in ("index_bytes", "index_bytes_revoked"))
        grown = None if size is seen["sizes"][0] else plain / smallest
        beside = "" if grown is None else f"smallest {smallest:,.1f}"
        target = None if grown is None else GROWTH
        found.append(Figure(name, f"{plain:,.1f} (indexes {index})", beside, grown, target))
        told = f"{revoked:,.1f} (indexes {index_revoked})"
        found.append(Figure(f"{name}, a fifth revoked", told, f"none {plain:,.1f}", revoked / plain, REVOKED))
    return found


def _sizes(bytes_of: dict[str, int]) -> str:
    return " + ".join(f"{size / 2**20:,.1f}" for size in bytes_of.values()) + " MB"


def memory(seen: dict[str, Any]) -> list[Figure]:
    """Peak memory with many due, beside that with 1,000."""
    idle, few, many = (median(seen[name]) / 1024 for name in ("idle_kib", "few_kib", "many_kib"))
    ratio = median(b / a for a, b in zip(seen["few_kib"], seen["many_kib"], strict=True))
    name = f"peak memory of the largest worker process, {seen['many']:,} due, MB"
    beside = f"1,000 due {few:,.0f}, idle {idle:,.0f}"
    return [
        Figure(name, f"{many:,.0f}", beside, ratio, MEMORY),
        Figure("… of all that it may", f"{many:,.0f}", "", None, MEMORY_MB, many),
    ]


def mails(place: str, seen: dict[str, Any]) -> list[Figure]:
    """Mails a second, and how soon somebody is told of an end."""
    told = median(seen["seconds"])
    worst = f"the slowest of {len(seen['seconds'])}: {max(seen['seconds']):.2f}"
    return [
        Figure(f"{place}: {seen['mails']:,} mails, mails/s", f"{median(seen['rates']):,.0f}"),
        Figure(
            f"{place}, 1 worker: from Meta's callback to an accepted mail, s", f"{told:.2f}", worst, None, TOLD, told
        ),
    ]


def stub_alone(seen: dict[str, Any]) -> list[Figure]:
    """What the stub can do by itself."""
    told = f"{median(seen['rate']):,.0f}/s, {median(seen['stub_us']):.0f} µs CPU each"
    return [Figure("the stub alone, 0 ms: requests", told)]


def _cpu(one: dict[str, Any]) -> float:
    return float(one["worker_ms"] + (one["database_ms"] or 0))
