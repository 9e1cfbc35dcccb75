"""The two caches that Perennial counts in: both count atomically, and neither takes a page down with it."""

from __future__ import annotations

import base64
import datetime as dt
import logging
import pickle
import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.cache.backends import db, redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.db import connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from redis.exceptions import RedisError

# How long a Redis that does not answer is left alone, so that not every request waits for it.
REST = 5.0

logger = logging.getLogger(__name__)


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


class RedisCache(redis.RedisCache):
    """Behaves as an empty cache while Redis does not answer: limits are off, pages go on, and the log says so."""

    # For all threads of the process: each has a cache object of its own.
    _rests_until: ClassVar[float] = 0.0

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._asked(lambda: super(RedisCache, self).add(key, value, timeout, version), True))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._asked(lambda: super(RedisCache, self).get(key, default, version), default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._asked(lambda: super(RedisCache, self).set(key, value, timeout, version), None)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._asked(lambda: super(RedisCache, self).delete(key, version), False))

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        found: dict[Any, Any] = self._asked(lambda: super(RedisCache, self).get_many(keys, version), {})
        return found

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._asked(lambda: super(RedisCache, self).incr(key, delta, version), delta))

    def forget_expired(self, now: dt.datetime) -> None:
        """Redis does that by itself."""

    def _asked(self, ask: Callable[[], Any], otherwise: Any) -> Any:
        if time.monotonic() < RedisCache._rests_until:
            return otherwise
        try:
            return ask()
        except RedisError as error:
            RedisCache._rests_until = time.monotonic() + REST
            logger.warning("The cache does not answer, rate limits are off for now: %s", type(error).__name__)
            return otherwise
