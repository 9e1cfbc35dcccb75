"""Connections that keep the deadline of a whole call.

Timeouts of sockets count from one byte to the next, so that a server which drips its answer, headers
included, may hold a thread for hours. Here each wait for bytes is cut to what is left of the call.
"""

import http.client
import io
import logging
import socket
import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

# Where `urlopen` would tell of it: secrets are masked there.
_log = logging.getLogger("urllib3.connectionpool")

ends_at: ContextVar[float] = ContextVar("call_ends_at", default=float("inf"))
"""When the call that this thread is making must be over, on the monotonic clock, in seconds."""


class DeadlineReader(io.RawIOBase):
    """A socket's bytes until the deadline that holds when the answer begins.

    Raises:
        TimeoutError: nothing came in time.
    """

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        super().__init__()
        self._raw = raw
        self._connection = connection
        self._patience = connection.gettimeout()
        self._ends_at = ends_at.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        if self._patience is None or left < self._patience:
            self._connection.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(DeadlineReader(self.fp.detach(), sock))


class DeadlineHTTPConnection(HTTPConnection):
    response_class = DeadlineResponse


class DeadlineHTTPSConnection(HTTPSConnection):
    response_class = DeadlineResponse


class DeadlineHTTPPool(HTTPConnectionPool):
    ConnectionCls = DeadlineHTTPConnection


class DeadlineHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = DeadlineHTTPSConnection


class DeadlineAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": DeadlineHTTPPool, "https": DeadlineHTTPSPool}

    def pool_of(self, url: str) -> HTTPConnectionPool:
        """The kept-alive connections to the host of `url`, certificates verified as `send` does."""
        pool: HTTPConnectionPool = self.poolmanager.connection_from_url(url, pool_kwargs={"cert_reqs": "CERT_REQUIRED"})
        self.cert_verify(pool, url, True, None)  # type: ignore[no-untyped-call]
        return pool


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer as it came; empty in print."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def fetch(
    pool: HTTPConnectionPool,
    method: str,
    target: str,
    headers: Mapping[str, str],
    *,
    connect: float,
    read: float,
    most: int,
) -> Fetched:
    """A request without a body over a kept-alive connection of `pool`: `urlopen` without retries, redirects, wrappers.

    Args:
        pool: of the host.
        method: GET or DELETE.
        target: path and query.
        headers: all that are sent, but for Host.
        connect: seconds to connect.
        read: seconds to wait for the next byte.
        most: bytes of a body that are read; one that is longer ends the connection.

    Raises:
        urllib3.exceptions.HTTPError, http.client.HTTPException, OSError: there is no answer.
    """
    connection: Any = pool._get_conn()  # a fresh one where the kept one was closed by the other side
    try:
        if connection.sock is None:
            connection.timeout = connect
            connection.connect()
        if connection.sock.gettimeout() != read:
            connection.sock.settimeout(read)
        http.client.HTTPConnection.request(connection, method, target, headers=headers)
        response = http.client.HTTPConnection.getresponse(connection)
        body, wanted = b"", not 300 <= response.status < 400
        if wanted:
            body = response.read(most)
        if wanted and len(body) < most and response.length:
            raise http.client.HTTPException("the answer was cut short")
        if not response.isclosed():
            connection.close()  # what was not read to its end can't be used again
        response.close()
    except BaseException:
        connection.close()
        raise
    finally:
        pool._put_conn(connection)
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug('%s "%s %s" %s', pool.host, method, target, response.status)
    return Fetched(response.status, cast(Mapping[str, str], response.headers), body)
