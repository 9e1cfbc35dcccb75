"""The pace of the budgets, for a clock that stands still."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from tokens.services.budget import Budgets


@dataclass(slots=True)
class Paced(Budgets):
    """Where a pace lets nothing begin, the next second comes at once.

    So many attempts a second as the rules allow begin together then, and no more, as if it had been waited for.
    """

    _skipped: float = 0.0
    _waits: bool = False

    def __post_init__(self) -> None:
        self.clock = lambda: time.monotonic() + self._skipped

    def look(self) -> None:
        if self._waits:
            self._waits = False
            self._skipped += 1.0
        Budgets.look(self)

    def allowance(self, app_id: uuid.UUID) -> int | None:
        found = Budgets.allowance(self, app_id)
        self._waits = self._waits or found == 0
        return found
