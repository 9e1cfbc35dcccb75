"""Whether the database is on the level of the code."""

from __future__ import annotations

import functools

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def is_migrated() -> bool:
    """Whether the newest migration of each app is applied.

    Raises:
        django.db.Error: the database does not answer.
    """
    return _newest_migrations() <= MigrationRecorder(connection).applied_migrations().keys()


@functools.cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last one of each app. Code does not change while it runs: to read all files once a process is enough."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
