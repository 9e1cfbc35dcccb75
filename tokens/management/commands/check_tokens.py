"""`check_tokens`: asks for each connection whose check is due whether it still works."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from tokens.management.sweeping import SweepingCommand
from tokens.services.make_due import make_all_checks_due


class Command(SweepingCommand):
    help = "Asks Instagram for each connection whose check is due whether it still works."
    purpose = "check"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="every active connection, due or not")

    def run(self, **options: Any) -> dict[str, Any]:
        if options["all"]:
            make_all_checks_due(timezone.now())
        return self.sweep(None)
