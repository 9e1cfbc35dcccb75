from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.server import EmulatorServer
from tokens.doctor_report import look_over
from tokens.services.doctor import Finding

Line = Callable[[str], Finding]


@pytest.fixture
def lines(db: None, emulator: EmulatorServer) -> Callable[[str], list[Finding]]:
    """Looks everything over, and gives the lines of that name."""

    def named(name: str, **how: Any) -> list[Finding]:
        return [each for each in look_over(**how).findings if each.name == name]

    return named


@pytest.fixture
def line(lines: Callable[[str], list[Finding]]) -> Line:
    """As `lines`, where there must be just one."""

    def named(name: str, **how: Any) -> Finding:
        [found] = lines(name, **how)
        assert found.remedy or found.level == "ok", "whatever is not well has a remedy"
        return found

    return named
