"""What the measurements come to: medians, ratios computed inside one round, and whether a target is met."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a figure's ratio."""

    bound: float
    at_least: bool

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} x"

    def met(self, ratio: float) -> bool:
        return ratio >= self.bound if self.at_least else ratio <= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Args:
        name: what was measured.
        engine: the engine's own figure, in words.
        beside: what it is compared with.
        ratio: of the two; None where there is nothing to compare.
        target: what the ratio should be.
    """

    name: str
    engine: str
    beside: str = ""
    ratio: float | None = None
    target: Target | None = None

    @property
    def verdict(self) -> str:
        """`met`, `not met`, `not measured`; empty where nothing is aimed at."""
        if self.target is None:
            return ""
        if self.ratio is None:
            return "not measured"
        return "met" if self.target.met(self.ratio) else "not met"


CPU = Target(0.25, at_least=False)
STUB_SHARE = Target(0.2, at_least=False)
GROWTH = Target(1.5, at_least=False)
REVOKED = Target(2, at_least=False)
MEMORY = Target(1.1, at_least=False)


def end_to_end(place: str, seen: dict[str, Any], target: Target) -> list[Figure]:
    """Rate and CPU of the engine beside the naive loop's; `place` says where and with which latency."""
    rounds = seen["rounds"]
    rates = {who: median(one[who]["rate"] for one in rounds) for who in ("engine", "naive")}
    faster = median(one["engine"]["rate"] / one["naive"]["rate"] for one in rounds)
    cheaper = median(_cpu(one["engine"]) / _cpu(one["naive"]) for one in rounds)
    share = median(one["engine"]["stub_ms"] / (one["engine"]["stub_ms"] + _cpu(one["engine"])) for one in rounds)
    rate = Figure(
        f"{place}: {seen['tokens']:,} tokens, tokens/s",
        f"{rates['engine']:,.0f}",
        f"naive {rates['naive']:,.1f}",
        faster,
        target,
    )
    words = {who: _cpu_words([one[who] for one in rounds]) for who in ("engine", "naive")}
    cpu = Figure(f"{place}: CPU ms a token", words["engine"], f"naive {words['naive']}", cheaper, CPU)
    return [rate, cpu, Figure(f"{place}: the stub's share of the CPU", "", "", share, STUB_SHARE)]


def claiming(seen: dict[str, Any]) -> list[Figure]:
    """Milliseconds of 500 claims a size of the table, beside those in the smallest one, and with a fifth revoked."""
    found = []
    smallest = median(seen["sizes"][0]["all_active"])
    for size in seen["sizes"]:
        name = f"claiming 500 of {size['rows'] // 100:,} due among {size['rows']:,}, ms"
        plain, revoked = median(size["all_active"]), median(size["fifth_revoked"])
        index, index_revoked = (size[key] / 2**20 for key in ("index_bytes", "index_bytes_revoked"))
        grown = None if size is seen["sizes"][0] else plain / smallest
        beside = "" if grown is None else f"smallest {smallest:,.0f}"
        target = None if grown is None else GROWTH
        found.append(Figure(name, f"{plain:,.0f} (index {index:,.1f} MB)", beside, grown, target))
        told = f"{revoked:,.0f} (index {index_revoked:,.1f} MB)"
        found.append(Figure(f"{name}, a fifth revoked", told, f"none {plain:,.0f}", revoked / plain, REVOKED))
    return found


def memory(seen: dict[str, Any]) -> list[Figure]:
    """Peak memory with many due, beside that with 1,000."""
    few, many = (median(seen[name]) / 1024 for name in ("few_kib", "many_kib"))
    ratio = median(b / a for a, b in zip(seen["few_kib"], seen["many_kib"], strict=True))
    name = f"peak memory of the largest worker process, {seen['many']:,} due, MB"
    return [Figure(name, f"{many:,.0f}", f"1,000 due {few:,.0f}", ratio, MEMORY)]


def stub_alone(seen: dict[str, Any]) -> list[Figure]:
    """What the stub can do by itself."""
    told = f"{median(seen['rate']):,.0f}/s, {median(seen['stub_us']):.0f} µs CPU each"
    return [Figure("the stub alone, 0 ms: requests", told)]


def _cpu(one: dict[str, Any]) -> float:
    return float(one["worker_ms"] + (one["database_ms"] or 0))


def _cpu_words(runs: list[dict[str, Any]]) -> str:
    words = f"{median(one['worker_ms'] for one in runs):.2f}"
    if all(one["database_ms"] is not None for one in runs):
        words += f" + {median(one['database_ms'] for one in runs):.2f} db"
    return words
