"""The cache in Redis, for installations that have one: it takes no page down with it."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.core.cache.backends import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.exceptions import RedisError

# How long a Redis that does not answer is left alone, so that not every request waits for it.
REST = 5.0

logger = logging.getLogger(__name__)


class OneClient(redis.RedisCacheClient):
    """Django makes a client anew for each command, which takes longer than the command."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        self._by_pool: dict[Any, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
        if pool not in self._by_pool:
            self._by_pool[pool] = self._client(connection_pool=pool)  # type: ignore[attr-defined]
        return self._by_pool[pool]


class RedisCache(redis.RedisCache):
    """Behaves as an empty cache while Redis does not answer: limits are off, pages go on, and the log says so."""

    # For all threads of the process: each has a cache object of its own.
    _rests_until: ClassVar[float] = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = OneClient

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
