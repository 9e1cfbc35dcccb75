"""Real sockets that misbehave on order."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

Handler = Callable[[socket.socket, threading.Event], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


class ScriptedServer:
    """Accepts connections on loopback, counts them, and gives each to `handler` in a thread of its own."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._open: list[socket.socket] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        # From here on nobody comes in any more.
        self._acceptor.join(5)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.settle()

    def settle(self) -> None:
        """Wait until all conversations have ended."""
        with self._starting:
            started = list(self._threads)
        for thread in started:
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
                with self._starting:
                    thread.start()
                    self._threads.append(thread)

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            self._handler(connection, self._over)


def read_request(connection: socket.socket) -> bytes:
    """The head of one request and its body; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    missing = _content_length(head) - len(body)
    while missing > 0:
        chunk = connection.recv(missing)
        body, missing = body + chunk, missing - len(chunk)
    return head + b"\r\n\r\n" + body


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def saying(answer: bytes) -> Handler:
    """Answers one request with these bytes and closes."""

    def handler(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(answer)

    return handler


def keeping_alive(body: bytes, requests: list[bytes]) -> Handler:
    """Answers every request that comes on a connection with `body`, and notes the requests."""

    def handler(connection: socket.socket, over: threading.Event) -> None:
        while request := read_request(connection):
            requests.append(request)
            connection.sendall(OK % (len(body), body))

    return handler


def dripping(start: bytes, drop: bytes, pause: float) -> Handler:
    """Sends `start`, then a drop every `pause` seconds for as long as somebody listens."""

    def handler(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(start)
        while not over.wait(pause):
            connection.sendall(drop)

    return handler


def hanging(connection: socket.socket, over: threading.Event) -> None:
    """Takes the request and never answers."""
    read_request(connection)
    over.wait(30)


def resetting(connection: socket.socket, over: threading.Event) -> None:
    """Takes the request and resets the connection."""
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
