"""The cache in the database: what an installation without Redis counts in."""

from __future__ import annotations

import base64
import datetime as dt
import pickle

from django.core.cache.backends import db
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


class DatabaseCache(db.DatabaseCache):
    """Django's own reads a number and writes it back: two processes that count at once would count one."""

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Adds `delta` to a number that is there, and keeps when it ends.

        Raises:
            ValueError: there is none.
        """
        name = self.make_and_validate_key(key, version=version)
        alias = router.db_for_write(self.cache_model_class)
        connection = connections[alias]
        table, lock = self._quoted(connection), connection.ops.for_update_sql()
        if not connection.features.has_select_for_update:
            # SQLite: the transaction holds the whole database from its beginning (`transaction_mode` IMMEDIATE).
            lock = ""
        with transaction.atomic(using=alias), connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {table} WHERE cache_key = %s {lock}", [name])  # noqa: S608 - our own table
            found = self.get(key, version=version) if cursor.fetchone() else None
            if found is None:
                raise ValueError(f"there is no number under {key!r}")
            value = base64.b64encode(pickle.dumps(found + delta, self.pickle_protocol)).decode("latin1")
            cursor.execute(f"UPDATE {table} SET value = %s WHERE cache_key = %s", [value, name])  # noqa: S608
        return int(found + delta)

    def forget_expired(self, now: dt.datetime) -> None:
        """Erases what has had its time, network addresses among it; the library waits until the table is full."""
        connection = connections[router.db_for_write(self.cache_model_class)]
        before = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._quoted(connection)} WHERE expires < %s", [before])  # noqa: S608 - as above

    def _quoted(self, connection: BaseDatabaseWrapper) -> str:
        # Django's own, which its stubs leave out.
        return connection.ops.quote_name(self._table)  # type: ignore[attr-defined]
