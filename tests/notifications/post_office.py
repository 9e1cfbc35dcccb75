"""A mail server that keeps what it takes and refuses what it is told to, over real SMTP on a port of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass(frozen=True)
class Delivered:
    to: str
    mail: EmailMessage
    line: Any
    raw: bytes

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])


class PostOffice:
    """Scripted by address: what is answered to its RCPT and to its DATA. `DROP` and `HANG` answer nothing."""

    DROP, HANG = "drop", "hang"

    def __init__(self) -> None:
        self.delivered: list[Delivered] = []
        self.lines: list[Any] = []
        self.mail_from_reply = "250 fine"
        self.rcpt_replies: dict[str, str] = {}
        self.data_replies: dict[str, str] = {}
        self.before_answer: Callable[[str], None] = lambda address: None
        self._lock = threading.Lock()

    @property
    def addresses(self) -> list[str]:
        return [each.to for each in self.delivered]

    @property
    def copies(self) -> Counter[str]:
        return Counter(self.addresses)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.lines.append(session.peer)
        return answers

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail_from_reply.startswith("250"):
            envelope.mail_from = address
        return self.mail_from_reply

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.rcpt_replies.get(address, "250 fine")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        address = envelope.rcpt_tos[0]
        reply = self.data_replies.get(address, "250 taken")
        if reply == self.HANG:
            await asyncio.Event().wait()
        if reply == self.DROP:
            cast(asyncio.Transport, server.transport).abort()
        if reply.startswith("250"):
            raw = cast(bytes, envelope.content)
            mail = message_from_bytes(raw, policy=policy.default)
            with self._lock:
                self.delivered.append(Delivered(address, mail, session.peer, raw))
        await asyncio.to_thread(self.before_answer, address)
        return reply


class _Server(Controller):
    """On a port that the system chooses, known once it listens."""

    def _trigger_server(self) -> None:
        self.port = cast(Any, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def open_for_business(office: PostOffice) -> Iterator[int]:
    """Runs `office` in a thread; gives its port. Whoever signs in is turned away."""
    server = _Server(
        office,
        hostname="127.0.0.1",
        port=0,
        auth_require_tls=False,
        authenticator=lambda *_: AuthResult(success=False, handled=False),
    )
    server.start()
    office.lines.clear()
    try:
        yield server.port
    finally:
        server.stop()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses connections: bound, so that nobody else takes it, but not listening."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def unfriendly_port(greeting: bytes) -> Iterator[int]:
    """A port that greets the first caller with `greeting` and hangs up."""

    def greet() -> None:
        caller, _ = listener.accept()
        with caller:
            caller.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeter = threading.Thread(target=greet, daemon=True)
        greeter.start()
        yield listener.getsockname()[1]
        greeter.join(10)
