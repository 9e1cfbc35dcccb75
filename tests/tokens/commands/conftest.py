from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator.server import EmulatorServer
from tests.factories import make_tenant
from tests.tokens.commands.csv_files import Importer


@pytest.fixture
def importer(db: None, emulator: EmulatorServer, tmp_path: Path) -> Importer:
    return Importer(make_tenant("Importers"), emulator, tmp_path / "tokens.csv")
