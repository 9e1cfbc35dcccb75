"""State machines of hypothesis as tests: quick and the same each time, or as many other games as somebody asks for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def play(machine: type[RuleBasedStateMachine], *, variable: str, games: int) -> None:
    """Plays a machine against its model.

    Args:
        machine: the rules.
        variable: of the environment; where it is set, so many games are played, other ones each time.
        games: how many otherwise, always the same.
    """
    asked = os.environ.get(variable, "")
    profile = settings(
        max_examples=int(asked or games),
        stateful_step_count=30,
        derandomize=not asked,
        deadline=None,
        database=None,
        # To explain a failure hypothesis traces every line, which takes minutes here.
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=profile)
