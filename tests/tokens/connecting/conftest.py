from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tokens import journeys


@pytest.fixture
def creator(emulator: Any) -> str:
    emulator.state.add_person("creator")
    return "creator"


@pytest.fixture
def go(signed_in: Any, tenant: Any, creator: str) -> Callable[..., str]:
    """Leaves for consent, presses Allow, and stops in front of our callback: its path with state and code."""

    def go(person: str = "creator", **details: Any) -> str:
        return journeys.allow(journeys.leave(signed_in, tenant.slug), person, **details)

    return go


@pytest.fixture
def calls(emulator: Any) -> Callable[[], list[str]]:
    """What Meta was asked by us, consent pages left out."""

    def calls() -> list[str]:
        paths = [request["path"] for request in emulator.state.requests()]
        return [path for path in paths if path != "/oauth/authorize"]

    return calls
