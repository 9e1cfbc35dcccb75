"""`sync_schedules`: installs the queue's schedules and recomputes due dates."""

from __future__ import annotations

from typing import Any

from notifications.management.base import ReportingCommand
from tokens.services.sync_schedules import sync_schedules


class Command(ReportingCommand):
    help = "Installs the schedules and moves due dates to where the settings put them now."

    def run(self, **options: Any) -> dict[str, Any]:
        return dict(sync_schedules())
