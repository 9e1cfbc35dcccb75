from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import Error
from django.utils import timezone

from notifications.bounces import mails_in, read_mail, take_bounce
from notifications.management.base import ReportingCommand, WrongCall

STANDARD_INPUT = "-"
OUTCOMES = ("silenced", "soft", "not_ours", "no_report", "unreadable")

logger = logging.getLogger(__name__)


class Command(ReportingCommand):
    help = "Reads mail that came back, and silences the addresses that take none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="A mail, an mbox or the folder of a Maildir; - is standard input."
        )

    def run(self, **options: Any) -> dict[str, Any]:
        counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        for name in options["files"]:
            for content in _contents(name):
                counts.update(taken(content))
        return {"read": counts.total(), **counts}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield (
            f"{result['read']} read: {result['silenced']} of addresses that take no mail, "
            f"{result['soft']} of some that may later; {result['not_ours']} about no mail of ours, "
            f"{result['no_report']} no report, {result['unreadable']} unreadable."
        )


def _contents(name: str) -> Iterable[bytes]:
    if name == STANDARD_INPUT:
        return [sys.stdin.buffer.read()]
    path = Path(name)
    try:
        if path.is_dir():
            found = [each for folder in ("new", "cur") for each in sorted((path / folder).iterdir()) if each.is_file()]
            return [each.read_bytes() for each in found]
        return [path.read_bytes()]
    except OSError as error:
        raise WrongCall(f"{name} can't be read: {error.strerror}.") from None


def taken(content: bytes) -> Iterable[str]:
    """What became of each mail in it, one word of OUTCOMES each."""
    for each in mails_in(content):
        try:
            yield take_bounce(read_mail(each), now=timezone.now())
        except Error:
            raise
        except Exception as error:  # strangers write these: whatever Python's parser makes of one stops no other
            logger.warning("A mail that came back can't be read: %s", type(error).__name__)
            yield "unreadable"
