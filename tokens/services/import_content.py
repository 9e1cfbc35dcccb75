"""What an import keeps of a line until it is worked off: sealed, no better to read than a stored token."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from tokens.fields import Sealed, seal
from tokens.meta import Secret
from tokens.models import Flavour, ImportLine, TokenImport
from tokens.services.read_import import Line

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """A line for the eye, its token as a fingerprint alone."""

    number: int
    fingerprint: str
    issued_at: dt.datetime | None
    expires_at: dt.datetime | None
    contact_email: str
    flavour: str


def pack(line: Line) -> Sealed:
    """A validated line as one sealed value."""
    return seal(
        json.dumps(
            {
                "token": line.token.reveal(),
                "issued_at": _text(line.issued_at),
                "expires_at": _text(line.expires_at),
                "contact_email": line.contact_email,
                "flavour": line.flavour,
            }
        )
    )


def unpack(number: int, content: Sealed) -> Line:
    """The line that was packed.

    Raises:
        Unreadable: none of FERNET_KEYS opens it.
    """
    return Line(number, **json.loads(content.reveal(), object_hook=_fields))


def samples(job: TokenImport) -> Iterator[Sample]:
    """The first lines of a preview, as they were understood."""
    for row in ImportLine.objects.filter(token_import=job).waiting().order_by("number")[:SAMPLE]:
        if row.content is not None and row.content.readable:
            line = unpack(row.number, row.content)
            # By which a person can tell two tokens apart, and which opens nothing.
            fingerprint = hashlib.sha256(line.token.reveal().encode()).hexdigest()[:8]
            yield Sample(line.number, fingerprint, line.issued_at, line.expires_at, line.contact_email, line.flavour)


def _fields(kept: dict[str, str]) -> dict[str, Secret | dt.datetime | str | None]:
    return {
        "token": Secret(kept["token"]),
        "issued_at": _instant(kept["issued_at"]),
        "expires_at": _instant(kept["expires_at"]),
        "contact_email": kept["contact_email"],
        # What was kept by a former release names none.
        "flavour": kept.get("flavour", Flavour.INSTAGRAM_LOGIN.value),
    }


def _text(instant: dt.datetime | None) -> str:
    return "" if instant is None else instant.isoformat()


def _instant(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
