from __future__ import annotations

import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.config.installation import REPOSITORY, SOUND, Installation

ReadSettings = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installation"))


@pytest.fixture(autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """A `.env` file that a test reads adds to the environment, which the processes of later tests inherit."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def read_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReadSettings:
    """Reads config/settings.py as it stands, under these variables alone, as if it lay in `tmp_path`.

    A variable given as None is missing.
    """

    def read(**variables: str | None) -> dict[str, Any]:
        for name in os.environ:
            monkeypatch.delenv(name)
        for name, value in {**SOUND, **variables}.items():
            if value is not None:
                monkeypatch.setenv(name, value)
        copy = tmp_path / "config" / "settings.py"
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((REPOSITORY / "config" / "settings.py").read_bytes())
        return runpy.run_path(str(copy))

    return read
