"""What the short forms share: a scene on the suite's own database, broker and emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django_q.models import Schedule

from tests.crashes.plan import NO_BRAKE
from tests.crashes.scene import Scene, scene
from tests.emulator.server import EmulatorServer

THREADS = 8


@pytest.fixture
def stage(emulator: EmulatorServer, tmp_path: Path) -> Iterator[Scene]:
    """A scene on which nobody rings by schedule, and where a lost token is seen to its end."""
    Schedule.objects.all().delete()
    with scene(emulator, tmp_path, seed=4, threads=THREADS, changes=NO_BRAKE) as made:
        yield made
