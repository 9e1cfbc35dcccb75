from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from tests.factories import make_meta_app
from tests.tokens.budget.drains import Clock
from tests.tokens.meta.mock import mocked


@pytest.fixture
def clock(travel: Callable[..., Any]) -> Clock:
    return Clock(travel)


@pytest.fixture
def app() -> uuid.UUID:
    """The id of the installation's Meta app."""
    return make_meta_app().pk


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with mocked() as wire:
        yield wire
