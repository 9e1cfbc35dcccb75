"""`export_tenant SLUG`: a workspace as JSON lines. Never a token."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from notifications.management.base import ReportingCommand, WrongCall
from tokens.management.tenants import tenant_or_wrong_call
from tokens.services.export_tenant import export_tenant


class Command(ReportingCommand):
    help = "Writes a workspace, its connections and its events as JSON lines."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--output", metavar="FILE", type=Path, help="instead of standard output")

    def run(self, **options: Any) -> dict[str, Any]:
        rows = export_tenant(tenant_or_wrong_call(options["slug"]))
        counts: Counter[str] = Counter()
        lines = _counted(rows, counts)
        if options["output"] is None:
            for line in lines:
                self.emit(line)
        else:
            _write(options["output"], lines)
        return {"connections": counts["connection"], "events": counts["event"]}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        # Standard output holds the export alone.
        self.say(f"{result['connections']} connections and {result['events']} events exported.")
        return ()


def _counted(rows: Iterator[dict[str, Any]], counts: Counter[str]) -> Iterator[str]:
    for row in rows:
        counts[row["type"]] += 1
        yield json.dumps(row, ensure_ascii=False)


def _write(path: Path, lines: Iterator[str]) -> None:
    """Whole or not at all: a reader never finds half an export. Only its owner may read it."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        raise WrongCall("The export can be written to a file only.")
    problem = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as target:
                target.writelines(f"{line}\n" for line in lines)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        problem = f"The file can't be written: {error.strerror}."
    if problem:
        raise WrongCall(problem)
