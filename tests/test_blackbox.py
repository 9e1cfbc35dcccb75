"""The product from outside, as programs and people see it: see `blackbox.py`."""

from __future__ import annotations

import ast
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests import blackbox


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database of its own, of the kind that the suite runs on; empty for a new SQLite file."""
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        yield ""
        return
    name = f"blackbox_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(url._replace(path=f"/{name}"))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_whole_life_of_a_connection_seen_from_outside(database_url: str) -> None:
    blackbox.the_whole_life(database_url)


@pytest.mark.parametrize("module", ["blackbox.py", "markup.py"])
def test_the_black_box_knows_nothing_of_the_product(module: str) -> None:
    tree = ast.parse((Path(blackbox.__file__).parent / module).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in imported}
    assert not roots & {"config", "accounts", "tokens", "notifications", "django"}
    assert {name for name in imported if name.startswith("tests")} <= {"tests.markup"}
