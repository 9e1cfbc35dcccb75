"""Connections that keep the deadline of a whole call.

Timeouts of sockets count from one byte to the next, so that a server which drips its answer, headers
included, may hold a thread for hours. Here each wait for bytes is cut to what is left of the call.
"""

import http.client
import io
import socket
import time
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

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
        self._connection.settimeout(left if self._patience is None else min(left, self._patience))
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
