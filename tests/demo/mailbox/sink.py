"""The mail server: takes every mail."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from .letters import Letters


class Handler:
    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        try:
            self.letters.add(raw, envelope.rcpt_tos)
        except OSError as problem:
            return f"451 The mail can't be kept: {problem.strerror}"
        return "250 OK"


class _Listening(Controller):
    """On a socket that listens already: the library itself notices a port that is taken only after five seconds."""

    def __init__(self, handler: Handler, taken: socket.socket) -> None:
        host, port = taken.getsockname()
        super().__init__(handler, hostname=host, port=port, enable_SMTPUTF8=True)
        self._taken = taken

    def _create_server(self) -> Coroutine[Any, Any, asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._taken)


class Sink:
    """`with Sink(letters, port):` listens in a thread of its own.

    Raises OSError where somebody else does.
    """

    def __init__(self, letters: Letters, port: int) -> None:
        taken = socket.create_server(("127.0.0.1", port), reuse_port=False)
        self._controller: Any = _Listening(Handler(letters), taken)

    @property
    def port(self) -> int:
        return int(self._controller.server.sockets[0].getsockname()[1])

    def __enter__(self) -> Sink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
