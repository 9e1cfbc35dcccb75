"""Serves the mailbox's pages on loopback."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from . import pages
from .letters import Letter, Letters

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A mail is written by anybody: no script, no pictures from elsewhere, an origin of its own, links into new windows.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
# Another site's name may point here as well: what mails carry is for this machine alone.
OWN_NAMES = {"localhost", "127.0.0.1", "::1"}
MAIL = re.compile(r"/mail/([^/]+)/(?:(text|html)/)?")


class Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "mailbox", ""
    letters: Letters

    def do_GET(self) -> None:
        status, body, policy = self.answer()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def answer(self) -> tuple[int, bytes, str]:
        if not self.is_ours():
            return 403, pages.nowhere("This mailbox is for this machine alone.").encode(), PAGE_POLICY
        path = urlsplit(self.path).path
        if path == "/":
            return 200, pages.listing(self.letters.all()).encode(), PAGE_POLICY
        found = MAIL.fullmatch(path)
        letter = self.letters.get(found[1]) if found else None
        if found is None or letter is None:
            return 404, pages.nowhere("There is no such mail.").encode(), PAGE_POLICY
        return self.one(letter, found[2] or "")

    def one(self, letter: Letter, shape: str) -> tuple[int, bytes, str]:
        if shape == "html":
            return 200, pages.alone(letter).encode("utf-8", "replace"), MAIL_POLICY
        page = pages.letter_page(letter, as_text=shape == "text" or not letter.html)
        return 200, page.encode("utf-8", "replace"), PAGE_POLICY

    def is_ours(self) -> bool:
        try:
            return urlsplit(f"//{self.headers.get('Host', '')}").hostname in OWN_NAMES
        except ValueError:
            return False

    def log_message(self, *_: object) -> None:
        """Pages refresh themselves every few seconds: nothing worth a line."""


class Server:
    """`with Server(letters, port):` answers in threads of its own."""

    def __init__(self, letters: Letters, port: int) -> None:
        handler: Any = type("Handler", (Handler,), {"letters": letters})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
