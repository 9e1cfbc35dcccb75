"""Databases of a run's own: made at its start, gone at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

# By this comment a run knows a database that an earlier one left behind; any other is never touched.
MARK = "made by make bench"


class NotOurs(Exception):
    """A database of that name exists, and no run has made it."""


@contextlib.contextmanager
def own_postgresql(url: str) -> Iterator[str]:
    """Makes the database that `url` names, for the length of the block.

    Yields:
        The version of the server.

    Raises:
        NotOurs: there is one already.
        psycopg.Error: the server can't be reached, or lets nobody make one.
    """
    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    elsewhere = urlunsplit(parts._replace(scheme="postgresql", path="/postgres"))
    with psycopg.connect(elsewhere, autocommit=True, connect_timeout=5) as server:
        _drop(server, name)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(name), MARK))
        try:
            yield str(server.info.parameter_status("server_version"))
        finally:
            _drop(server, name)


def _drop(server: psycopg.Connection[Any], name: str) -> None:
    asked = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    found = server.execute(asked, [name]).fetchone()
    if found is None:
        return
    if found[0] != MARK:
        raise NotOurs(f"the database {name} exists and is not the benchmark's: name another by BENCH_DATABASE_URL")
    server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
