from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from config.start import run_command
from tests.config.installation import REPOSITORY, SOUND, Installation

ReadSettings = Callable[..., dict[str, Any]]
Command = Callable[..., int]


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
        set_alone(monkeypatch, variables)
        settings = {"__name__": "settings", "__file__": str(tmp_path / "config" / "settings.py")}
        exec(compiled_settings(), settings)  # noqa: S102 - our own
        return settings

    return read


@functools.cache
def compiled_settings() -> CodeType:
    path = REPOSITORY / "config" / "settings.py"
    return compile(path.read_text("utf-8"), str(path), "exec", dont_inherit=True)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`manage.py` in this process, under these variables alone; the exit code with which it gives up on them."""

    def run(*arguments: str, **variables: str) -> int:
        (tmp_path / "config").mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / "config" / "settings.py", tmp_path / "config" / "settings_to_refuse.py")
        monkeypatch.syspath_prepend(tmp_path / "config")
        set_alone(monkeypatch, {**variables, "DJANGO_SETTINGS_MODULE": "settings_to_refuse"})
        with pytest.raises(SystemExit) as ended:
            run_command(["manage.py", *arguments])
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


def set_alone(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str | None]) -> None:
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in {**SOUND, **variables}.items():
        if value is not None:
            monkeypatch.setenv(name, value)
