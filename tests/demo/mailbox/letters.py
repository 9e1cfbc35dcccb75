"""The mails, one file each, as they came in."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

ID = re.compile(r"\d{13}-[0-9a-f]{8}")
RECIPIENTS = "X-Envelope-To"
ENDING = ".eml"


@dataclass(frozen=True, slots=True)
class Letter:
    id: str
    at: dt.datetime
    sender: str
    recipients: str
    subject: str
    text: str
    html: str


class Letters:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Letter] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, raw: bytes, recipients: list[str]) -> str:
        """Keeps a mail; whoever reads the folder sees it whole or not at all."""
        name = f"{time.time_ns() // 1_000_000:013d}-{secrets.token_hex(4)}"
        listed = ", ".join(" ".join(each.split()) for each in recipients)
        part = self.folder / f".{name}.part"
        part.write_bytes(f"{RECIPIENTS}: {listed}\r\n".encode() + raw)
        os.replace(part, self.folder / f"{name}{ENDING}")
        return name

    def all(self) -> list[Letter]:
        """Newest first, by the date that they bear."""
        found = [self.get(path.stem) for path in self.folder.glob(f"*{ENDING}")]
        return sorted((each for each in found if each), key=lambda each: (each.at, each.id), reverse=True)

    def get(self, name: str) -> Letter | None:
        if not ID.fullmatch(name):
            return None
        if name not in self._known:
            try:
                self._known[name] = read(name, (self.folder / f"{name}{ENDING}").read_bytes())
            except FileNotFoundError:
                return None
        return self._known[name]


def read(name: str, raw: bytes) -> Letter:
    message = message_from_bytes(raw, policy=policy.default)
    return Letter(
        id=name,
        at=_date(message, name),
        sender=_header(message, "From") or "nobody",
        recipients=_header(message, RECIPIENTS) or _header(message, "To") or "nobody",
        subject=_header(message, "Subject") or "(no subject)",
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _date(message: EmailMessage, name: str) -> dt.datetime:
    came_in = dt.datetime.fromtimestamp(int(name[:13]) / 1000, dt.UTC)
    try:
        told = parsedate_to_datetime(_header(message, "Date"))
    except ValueError:
        return came_in
    return (told if told.tzinfo else told.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, LookupError):  # the parser's own, at headers that are none
        return ""


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a character set that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
