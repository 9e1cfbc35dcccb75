"""Whoever is told by a callback: a tiny HTTP server that writes down what it got and says what it is told to say."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from .client import Client

# What the control calls it, and where the product is told.
PATHS = {"deauthorize": "/meta/deauthorize/", "request-deletion": "/meta/data-deletion/"}


class Receiver:
    def __init__(self) -> None:
        self.status = 200
        self.body = b'{"ok": true}'
        self.headers: dict[str, str] = {}
        self.before_answer: Callable[[], object] = lambda: None
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.url = ""

    def answers(self, status: int, body: object = b"", **headers: str) -> None:
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()

    @property
    def signed_requests(self) -> list[str]:
        return [form["signed_request"] for _, _, form in self.requests]

    @property
    def payload(self) -> dict[str, Any]:
        """Of the last request, whoever signed it."""
        payload: dict[str, Any] = json.loads(decoded(self.signed_requests[-1].partition(".")[2]))
        return payload


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        receiver = self.receiver
        receiver.requests.append((self.path, self.headers["Content-Type"], dict(parse_qsl(body, strict_parsing=True))))
        receiver.before_answer()
        self.send_response(receiver.status)
        for name, value in {**receiver.headers, "Content-Length": str(len(receiver.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(receiver.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    bound = type("Bound", (Handler,), {"receiver": receiver})
    with ThreadingHTTPServer(("127.0.0.1", 0), bound) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_with(signed_request: str, secret: str) -> bool:
    """As Meta's page describes it, and by no code of the emulator's."""
    signature, _, payload = signed_request.partition(".")
    return decoded(signature) == hmac.digest(secret.encode(), payload.encode(), hashlib.sha256)


def tell(client: Client, verb: str = "deauthorize", **wish: Any) -> dict[str, Any]:
    reply = client.control("POST", f"persons/lea/{verb}", **wish)
    assert reply.status == 200, reply.text
    told: dict[str, Any] = reply.json
    return told
