"""`doctor`: looks the installation over, and says what to do about what is not well."""

from __future__ import annotations

import dataclasses
import io
import json
from argparse import ArgumentTypeError
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from notifications.management.base import COULD_NOT_RUN, ReportingCommand
from tokens.doctor_report import by_area, look_over
from tokens.services.doctor import LEVELS, Finding

COLOURS = {"ok": "green", "warning": "yellow", "wrong": "bold red"}
WIDTH = 120
NO_DATABASE = "The database does not answer or is not migrated, so that not everything could be looked at."


class Command(ReportingCommand):
    help = "Looks the installation over: each thing is ok, a warning or wrong, with what to do. Changes nothing."
    # It tells of them itself, and of all the rest as well.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--mail", metavar="ADDRESS", type=_address, help="send a test mail there")

    def handle(self, *args: Any, **options: Any) -> None:
        """As any command's, but a database that is of no use is a line among others."""
        self.say("Looking at everything; this takes twenty seconds at most.")
        report = look_over(mail_to=options["mail"] or "")
        if options["json"]:
            lines = [dataclasses.asdict(each) for each in report.findings]
            self.emit(json.dumps({**report.counts, "findings": lines}))
        else:
            for line in _drawn(report.findings, in_colour=self.stdout.isatty() and not options["no_color"]):
                self.emit(line)
            self.emit(", ".join(f"{report.counts[level]} {level}" for level in LEVELS))
        if not report.usable:
            raise CommandError(NO_DATABASE, returncode=COULD_NOT_RUN)


def _drawn(findings: list[Finding], *, in_colour: bool) -> list[str]:
    """The lines under their headings: as wide as the terminal, or for a file as wide as one may be read."""
    paper = io.StringIO()
    console = Console(file=paper, force_terminal=in_colour, width=None if in_colour else WIDTH, highlight=False)
    for area, lines in by_area(findings).items():
        console.print(Text(area, style="bold"))
        console.print(Padding(_table(lines), (0, 0, 1, 2)))
    return [line.rstrip() for line in paper.getvalue().splitlines()]


def _table(lines: Iterable[Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    for width in (7, 28):
        table.add_column(width=width)
    table.add_column(ratio=1, overflow="fold")
    for each in lines:
        said = Text(each.sentence)
        if each.remedy:
            said.append(f"\n→ {each.remedy}", style="" if each.level != "ok" else "dim")
        table.add_row(Text(each.level, style=COLOURS[each.level]), Text(each.name), said)
    return table


def _address(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ArgumentTypeError("must be a mail address.") from None
    return text
