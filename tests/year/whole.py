"""A run from populating to the verdicts."""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from tests.year.judge import Verdict
from tests.year.play import Year
from tests.year.report import render, write
from tests.year.weather import passing_faults

MONTH = 30


def whole(
    *,
    connections: int,
    days: int,
    checked: int,
    seed: int,
    seconds: float,
    result: str,
    began: float,
    patience: float,
    faults: float | None,
) -> int:
    """Plays, prints and writes.

    Args:
        connections: how many.
        days: how many.
        checked: of the connections.
        seed: of chance.
        seconds: that it may take from `began` on.
        result: path of the JSON.
        began: when the command began, in seconds since the epoch.
        patience: after so many times `seconds` it ends where it stands.
        faults: the share of calls that meet a fault that passes, instead of a year's weather.

    Returns:
        0 where every promise was kept, else 1.
    """
    console = Console(width=None if sys.stdout.isatty() else 200)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Days", total=days)
        year = Year(
            connections,
            days,
            checked,
            seed,
            weather=None if faults is None else passing_faults(faults),
            limit=patience * seconds - (time.time() - began),
            on_day=lambda day: progress.update(bar, completed=day),
        )
        year.populate()
        # As a worker does before it sweeps: whatever is loaded by now stays.
        gc.collect()
        gc.freeze()
        year.play()
    taken = time.time() - began
    verdicts = [
        *year.judge.verdicts(days, year.now),
        *(_cost_of_checks(year) if faults is None else []),
        Verdict("days that were not played", days - year.days_played, 0),
        Verdict("seconds that it took", round(taken, 1), seconds),
    ]
    render(year, verdicts, console)
    facts = {"seconds": round(taken, 1), "cpu_seconds": round(time.process_time(), 1), "faults": faults}
    write(Path(result), year, verdicts, **facts)
    return int(not all(verdict.kept for verdict in verdicts))


def _cost_of_checks(year: Year) -> list[Verdict]:
    """Of a few days chance alone would judge: a check that failed is made again on the same day.

    For the same reason a run in which one call in twenty fails costs a little more; the JSON tells how much.
    """
    if year.days_played < MONTH or not year.checked:
        return []
    return [Verdict("calls of checks for a connection and day", round(year.checks_a_day, 4), 1)]
