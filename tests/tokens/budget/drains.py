"""What a drain does with its budgets, in small: one attempt after the other, and clocks that a test moves."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from tests.tokens.fake_meta import transient
from tokens.meta import MetaError, MetaRateLimited
from tokens.models import AppBudget
from tokens.services.budget import Budgets
from tokens.services.verdicts import Call

DAY = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)


class Clock:
    """The wall's clock and the one that never goes back, moved together and by nothing else."""

    def __init__(self, travel: Callable[[dt.datetime], Any]) -> None:
        self._travel = travel
        self.seconds = 1000.0
        travel(DAY)

    def __call__(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.seconds += seconds
        self._travel(timezone.now() + dt.timedelta(seconds=seconds))


class Drain:
    """One process' drain. `answers` are what its attempts find, in turn; the last one for ever."""

    def __init__(self, clock: Callable[[], float], *answers: Sequence[Call]) -> None:
        self.budgets = Budgets(clock)
        self.answers = list(answers) or [went_well()]
        self.sent = 0

    def turn(self, app_id: uuid.UUID, wanted: int = 100) -> int:
        """Looks, sends what it may of `wanted`, hears the answers, stores. How many were sent."""
        self.budgets.look()
        begun = 0
        while begun < wanted and app_id not in self.budgets.closed() and self.budgets.allowance(app_id) != 0:
            self.send(app_id)
            begun += 1
        self.budgets.store()
        return begun

    def send(self, app_id: uuid.UUID) -> None:
        self.budgets.asked(app_id)
        self.hear(app_id)

    def hear(self, app_id: uuid.UUID) -> None:
        self.sent += 1
        self.budgets.note(app_id, self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


def went_well(usage: float | None = None) -> list[Call]:
    return [Call(False, 0.2, usage)]


def refused(error: MetaError, usage: float | None = None) -> list[Call]:
    return [Call(True, 0.2, usage, error)]


def unreachable() -> list[Call]:
    return refused(transient("timeout"))


def over_limit(
    wait: float | None = None, *, scope: Any = "app", code: int | None = 4, status: int = 400
) -> MetaRateLimited:
    return MetaRateLimited(wait, scope, call="refresh", status=status, code=code)


def row_of(app_id: uuid.UUID) -> Any:
    """Its budget's row; untyped, so that tests need not rule out empty columns."""
    return AppBudget.objects.get(pk=app_id)


def pause_of(app_id: uuid.UUID) -> float:
    """Seconds from now."""
    return float((row_of(app_id).paused_until - timezone.now()).total_seconds())
