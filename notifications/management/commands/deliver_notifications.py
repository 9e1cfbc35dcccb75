from __future__ import annotations

import dataclasses
from argparse import ArgumentTypeError
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from notifications.delivery import DeliveryReport, deliver_due
from notifications.management.base import ReportingCommand
from notifications.models import OutboxMessage


class Command(ReportingCommand):
    help = "Sends what the outbox holds and is due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=_count, help="Take up at most so many mails.")

    def run(self, **options: Any) -> dict[str, Any]:
        due = OutboxMessage.objects.due(timezone.now()).count()
        with self.progress("Sending mails", min(due, options["limit"] or due)) as bar:

            def move(report: DeliveryReport) -> None:
                bar.advance()

            report = deliver_due(limit=options["limit"], on_progress=move)
        if report.stopped:
            self.say(f"The mail server fails ({report.stopped}): check EMAIL_URL. The rest stays in the outbox.")
        left = OutboxMessage.objects.filter(due_at__isnull=False).count()
        return {**dataclasses.asdict(report), "stopped": report.stopped or None, "left": left}

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        yield (
            f"{result['sent']} sent, {result['retried']} to be tried again, {result['refused']} refused, "
            f"{result['dropped']} dropped as outdated, {result['held']} held for a digest, "
            f"{result['put_off']} put off to the next hour; {result['left']} left in the outbox."
        )


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError("must be a whole number from 1.")
    return int(text)
