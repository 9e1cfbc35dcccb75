"""The table on standard output, and the same with the machine's facts as JSON."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Figure

COLOURS = {"met": "green", "not met": "red", "not measured": "yellow"}


def render(figures: list[Figure], console: Console) -> None:
    """Prints one line a figure; a target that is missed says so."""
    table = Table("Measured", "Engine", "Beside it", "Ratio", "Target", "", title="make bench: medians")
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.3g} x"
        target = "" if figure.target is None else str(figure.target)
        colour = COLOURS.get(figure.verdict, "")
        table.add_row(figure.name, figure.engine, figure.beside, ratio, target, figure.verdict, style=colour)
    console.print(table)


def write(path: Path, facts: dict[str, Any], figures: list[Figure], stages: dict[str, Any]) -> None:
    """Keeps the figures, and every round that they were computed from."""
    lines = [
        {
            "name": figure.name,
            "engine": figure.engine,
            "beside": figure.beside,
            "ratio": figure.ratio,
            "value": figure.value,
            "target": None if figure.target is None else str(figure.target),
            "verdict": figure.verdict,
        }
        for figure in figures
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"facts": facts, "figures": lines, "stages": stages}, indent=1) + "\n", "utf-8")


def machine(postgresql: str | None) -> dict[str, Any]:
    """What the figures depend on; `postgresql` is the server's version, None where there was none."""
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _line_of("/proc/cpuinfo", "model name"),
        "memory": _line_of("/proc/meminfo", "MemTotal"),
        "load_at_start": os.getloadavg()[0],
        "python": platform.python_version(),
        "django": version("django"),
        "postgresql": postgresql,
    }


def _line_of(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return "unknown"
