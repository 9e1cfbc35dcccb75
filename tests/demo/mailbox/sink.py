"""The mail server: takes every mail."""

from __future__ import annotations

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


class Sink:
    """`with Sink(letters, port):` listens in a thread of its own."""

    def __init__(self, letters: Letters, port: int) -> None:
        self._controller: Any = Controller(Handler(letters), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)

    @property
    def port(self) -> int:
        return int(self._controller.server.sockets[0].getsockname()[1])

    def __enter__(self) -> Sink:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
