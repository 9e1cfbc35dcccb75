"""An HTTP/1.1 server for one WSGI application: threads, kept-alive connections, and wires that break.

The standard library's WSGI server speaks HTTP/1.0 and parses headers as mail; this one does neither. How
an answer is to be sent (whole, cut off, dripping) it finds where the application left it, in the environ.
"""

import contextlib
import io
import socket
import socketserver
import struct
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any
from urllib.parse import unquote_to_bytes

from .app import Emulator
from .state import State
from .wire import FACEBOOK_DIALOG, FACEBOOK_GRAPH, Answer

LONGEST_LINE = 65_536
MOST_HEADERS = 100
LONGEST_BODY = 10_000_000
NO_LINGER = struct.pack("ii", 1, 0)
Environ = dict[str, Any]


class BadRequest(Exception):
    """Not HTTP, or more of it than this server takes."""


class Connection(socketserver.StreamRequestHandler):
    """One client's connection, for as many requests as it brings."""

    disable_nagle_algorithm = True
    server: "Server"

    def handle(self) -> None:
        self.server.entered(self.connection)
        try:
            while self._serve_one():
                pass
        except OSError:
            pass  # the client has gone, or this server closes
        finally:
            self.server.left(self.connection)

    def _serve_one(self) -> bool:
        try:
            environ = read_environ(self.rfile, self.wfile.write)
        except (BadRequest, ValueError) as problem:
            self._send(f"400 {problem}", [("Content-Length", "0")], b"", stay=False)
            return False
        if environ is None:
            return False
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = self.client_address[0], str(self.client_address[1])
        environ["emulator.client_gone"] = self._client_gone
        return self._respond(environ)

    def _respond(self, environ: Environ) -> bool:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = b"".join(self._run(environ, lambda status, headers: started.append((status, headers))))
        status, headers = started[-1]
        answer: Answer = environ.get("emulator.answer", Answer())
        stay = keeps_alive(environ)
        if answer.manner == "plain":
            self._send(status, headers, b"" if environ["REQUEST_METHOD"] == "HEAD" else body, stay)
            return stay
        BROKEN[answer.manner](self, status, headers, body, answer.pace)
        return False

    def _run(self, environ: Environ, start_response: Callable[..., object]) -> Iterable[bytes]:
        try:
            return self.server.application(environ, start_response)
        except Exception:
            traceback.print_exc()
            start_response("500 Internal Server Error", [("Content-Length", "0")])
            return []

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes, stay: bool) -> None:
        self.connection.sendall(head(status, headers, stay) + body)

    def _client_gone(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def reset(self, *_: object) -> None:
        """Closes so that the client gets a reset instead of an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.rfile.close()
        self.connection.close()

    def truncate(self, status: str, headers: list[tuple[str, str]], body: bytes, pace: float) -> None:
        kept = [(name, value) for name, value in headers if name != "Content-Length"]
        promised = [*kept, ("Content-Length", str(len(body) + 100))]
        self._send(status, promised, body[: len(body) // 2], stay=False)

    def drip(self, status: str, headers: list[tuple[str, str]], body: bytes, pace: float) -> None:
        for byte in head(status, headers, stay=False) + body:
            self.connection.sendall(bytes((byte,)))
            if self.server.closing.wait(pace):
                return


Breaking = Callable[[Connection, str, list[tuple[str, str]], bytes, float], None]
BROKEN: dict[str, Breaking] = {
    "reset": Connection.reset,
    "truncated": Connection.truncate,
    "drip": Connection.drip,
}


def head(status: str, headers: Iterable[tuple[str, str]], stay: bool) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    lines.append(f"Connection: {'keep-alive' if stay else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def keeps_alive(environ: Environ) -> bool:
    wish = environ.get("HTTP_CONNECTION", "").lower()
    if environ["REQUEST_METHOD"] == "HEAD" or "close" in wish:
        return False
    return environ["SERVER_PROTOCOL"] == "HTTP/1.1" or "keep-alive" in wish


def read_line(stream: io.BufferedIOBase) -> str:
    line = stream.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise BadRequest("Line too long")
    return line.decode("latin-1").rstrip("\r\n")


def read_environ(stream: io.BufferedIOBase, write: Callable[[bytes], object]) -> Environ | None:
    """The next request as a WSGI environ; None when the client brings no more."""
    first = read_line(stream)
    if not first:
        return None
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("Not HTTP/1")
    environ = basic_environ(*words)
    read_headers(stream, environ)
    if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
        write(b"HTTP/1.1 100 Continue\r\n\r\n")
    environ["wsgi.input"] = io.BytesIO(read_body(stream, environ))
    return environ


def basic_environ(method: str, target: str, protocol: str) -> Environ:
    path, _, query = target.partition("?")
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": protocol,
        "SERVER_NAME": "emulator",
        "SERVER_PORT": "0",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def read_headers(stream: io.BufferedIOBase, environ: Environ) -> None:
    for _ in range(MOST_HEADERS):
        line = read_line(stream)
        if not line:
            return
        name, _, value = line.partition(":")
        key = name.strip().upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value.strip()
    raise BadRequest("Too many headers")


def read_body(stream: io.BufferedIOBase, environ: Environ) -> bytes:
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise BadRequest("Send a Content-Length")
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 <= length <= LONGEST_BODY:
        raise BadRequest("Body too long")
    return stream.read(length) if length else b""


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, Connection)

    def entered(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.add(connection)
        if self.closing.is_set():
            cut(connection)

    def left(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()

    def cut_all(self, patience: float = 2.0) -> None:
        """Ends every open connection and waits, shortly, for their threads to notice."""
        self.closing.set()
        with self._changed:
            for connection in self._connections:
                cut(connection)
            self._changed.wait_for(lambda: not self._connections, patience)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken wire is daily bread here; anything else is a mistake of ours."""
        if not isinstance(sys.exception(), OSError):
            traceback.print_exc()


def cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class EmulatorServer:
    """The emulator in a background thread: `with EmulatorServer() as meta: … meta.url, meta.state`."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1", state: State | None = None) -> None:
        self.state = state or State()
        self._server = Server((host, port), Emulator(self.state))
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"
        self.facebook_dialog_url = self.url + FACEBOOK_DIALOG
        self.facebook_graph_url = self.url + FACEBOOK_GRAPH
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Quick, even while requests hang; a second call does nothing."""
        self.state.gate.close()
        self._server.shutdown()
        self._server.server_close()
        self._server.cut_all()
        self._thread.join(5)

    def __enter__(self) -> "EmulatorServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
