"""What happened each month and which promises were kept: as tables, and as JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from notifications.models import OutboxMessage
from tests.benchmarks.report import machine
from tests.year.judge import Verdict
from tests.year.play import FIRST_DAY, Year
from tests.year.weather import DAY
from tokens.models import Brake

# Of the attempts' words, those that are told together; the judge's stand for themselves.
PUT_OFF = ("failed", "held", "too_young", "our_fault", "lost")
NOT_RENEWABLE = ("cannot_refresh", "refused", "permission_missing")
FROM_THE_JUDGE = (
    *("ends noticed", "ended by a lost answer", "came back", "unavoidable lapses"),
    *("avoidable lapses", "false disconnects"),
)


def months(year: Year) -> dict[str, dict[str, float]]:
    """What happened, a row a month such as `2027-01`."""
    told = _told()
    found = {}
    begin, end = FIRST_DAY, FIRST_DAY + dt.timedelta(days=year.days)
    while begin < end:
        after = min(end, (begin + dt.timedelta(days=31)).replace(day=1))
        name = f"{begin:%Y-%m}"
        words = year.months[name]
        hours = {kind: year.sky.hours(kind, begin.timestamp(), after.timestamp()) for kind in ("outage", "pause")}
        found[name] = {
            "Meta out, h": round(hours["outage"], 1),
            "no worker, h": round(hours["pause"], 1),
            "refreshed": words["refreshed"],
            "checked": words["alive"],
            "put off": sum(words[word] for word in PUT_OFF),
            "not renewable": sum(words[word] for word in NOT_RENEWABLE),
            "brakes fell": told["brakes", name],
            "mails to creators": told["creators", name],
            "alerts to staff": told["staff", name],
            **{word: words[word] for word in FROM_THE_JUDGE},
        }
        begin = after
    return found


def _told() -> Counter[tuple[str, str]]:
    """Mails and falls of the brake, by kind and month."""
    told: Counter[tuple[str, str]] = Counter()
    for at, tenant in OutboxMessage.objects.values_list("created_at", "tenant"):
        told["staff" if tenant is None else "creators", f"{at:%Y-%m}"] += 1
    told.update(("brakes", f"{at:%Y-%m}") for at in Brake.objects.values_list("fallen_at", flat=True))
    return told


def render(year: Year, verdicts: list[Verdict], console: Console) -> None:
    """Prints both tables; a promise that is broken says so."""
    found = months(year)
    title = f"{year.connections:,} connections, {year.days} days, seed {year.seed}"
    table = Table("", *found, "all", title=title)
    for column in next(iter(found.values())):
        values = [row[column] for row in found.values()]
        table.add_row(column, *(f"{value:,g}" for value in (*values, round(sum(values), 1))))
    console.print(table)
    promises = Table("Promise", "Found", "At most", "")
    for verdict in verdicts:
        word, colour = ("kept", "green") if verdict.kept else ("broken", "red")
        promises.add_row(verdict.promise, f"{verdict.found:,g}", f"{verdict.most:,g}", word, style=colour)
    console.print(promises)


def write(path: Path, year: Year, verdicts: list[Verdict], **facts: Any) -> None:
    """Keeps all of it, with what befell the year and what the machine is."""
    hours = sorted(year.judge.notice_hours)
    told = {
        "facts": {
            **machine(None),
            **{name: getattr(year, name) for name in ("connections", "days", "checked", "seed", "sweeps")},
            "calls_of_checks_for_a_connection_and_day": round(year.checks_a_day, 4),
            **facts,
        },
        "verdicts": [
            {"promise": each.promise, "found": each.found, "most": each.most, "kept": each.kept} for each in verdicts
        ],
        "months": months(year),
        "meta": dict(year.meta.counts),
        "hours_until_an_end_was_noticed_where_checked": {
            "median": round(median(hours), 1) if hours else None,
            "longest": round(hours[-1], 1) if hours else None,
        },
        "weather": [
            {
                "kind": spell.kind,
                "day": round((spell.start - FIRST_DAY.timestamp()) / DAY, 3),
                "hours": round((spell.end - spell.start) / 3600, 2),
                "share": round(spell.share, 3),
            }
            for spell in year.sky.spells
        ],
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
