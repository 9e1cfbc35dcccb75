from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.factories import make_connection
from tests.markup import Page
from tokens.models import Connection

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def creator(tenant: Any, alice: Any, emulator: Any) -> Connection:
    """@creator, connected 20 days ago with a token that the emulator knows."""
    emulator.state.add_person("creator")
    token = emulator.state.issue_token("creator", age_days=20)
    return make_connection(tenant=tenant, token=token, connected_by=alice)


@pytest.fixture
def path(creator: Connection) -> str:
    return f"/w/{creator.tenant.slug}/connections/{creator.pk}/"


@pytest.fixture
def press(signed_in: Any, path: str) -> Callable[..., Page]:
    """Presses a button on the connection's page; the page that follows."""

    def press(words: str, page: Page | None = None, **typed: str) -> Page:
        page = page or Page(signed_in.get(path).content.decode())
        form = page.form_of(words)
        response = signed_in.post(form.action, {**form.fields, **typed}, follow=True)
        return Page(response.content.decode())

    return press


@pytest.fixture
def run_python(tmp_path: Path) -> Callable[..., str]:
    """Runs lines of Python in a process of its own, with Django set up in another environment; what they print."""

    def run(code: str, **environment: str) -> str:
        setup = "from config.start import settings_or_exit; settings_or_exit(); import django; django.setup()\n"
        base = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        base |= {"DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3", "ALLOWED_HOSTS": ""}
        done = subprocess.run(
            [sys.executable, "-c", setup + code],
            cwd=ROOT, env={**base, **environment}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
