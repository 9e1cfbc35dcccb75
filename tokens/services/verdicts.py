"""What one attempt found out about a credential. Values only; `store` turns them into rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tokens.meta import MetaError, Secret


@dataclass(frozen=True, slots=True)
class Call:
    """How one call to Meta went.

    `transient`: it failed in passing. `seconds`: until the answer. `usage`: percent of the Meta app's limit that Meta
    says is used up, None where it told nothing. `error`: what it came to, None for a success.
    """

    transient: bool
    seconds: float = 0.0
    usage: float | None = None
    error: MetaError | None = None


@dataclass(frozen=True, slots=True)
class Renewed:
    """Meta answered with a token. `expires_in` in seconds; None where Meta did not say.

    `renewal` is the token that renews it from now on, where that is another one, and `renewal_expires_at` its end.
    """

    token: Secret
    expires_in: int | None
    asked_at: dt.datetime
    renewal: Secret | None = None
    renewal_expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Alive:
    """The token works. Names are empty where they were not told.

    `permissions`: granted now, `expires_at`: when it ends by date; each None where it was not told.
    """

    handle: str
    name: str = ""
    permissions: tuple[str, ...] | None = None
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Unrenewable:
    """It works, but what would renew it is over, or never was: only a person can bring a later date."""


@dataclass(frozen=True, slots=True)
class Dead:
    """Confirmed by a second answer, or by the date: the connection has ended."""

    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contradicted:
    """Refused as dead, yet `/me` answers: alive, but can't be refreshed."""

    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PermissionLost:
    """Meta says that a permission is missing (10, 200-299)."""

    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RefusedByMeta:
    """A good token, but Meta refuses the operation (100 and the like): a matter for staff."""

    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TooYoung:
    """Under 24 hours old: benign, tried tomorrow."""


@dataclass(frozen=True, slots=True)
class Passing:
    """Nothing is known: a fault in passing, or an answer that makes no sense. `wait` in seconds, from Meta."""

    word: str
    facts: dict[str, Any] = field(default_factory=dict)
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class OurFault:
    """The row can't be decrypted, or Meta can't read what we sent or refuses our app."""

    word: str
    facts: dict[str, Any] = field(default_factory=dict)


Verdict = (
    Renewed | Alive | Unrenewable | Dead | Contradicted | PermissionLost | RefusedByMeta | TooYoung | Passing | OurFault
)


def facts_of(error: MetaError) -> dict[str, Any]:
    """Codes and trace id of an answer, for staff; of one that no rule knows the plain words, too."""
    facts = {
        "call": error.call,
        "status": error.status,
        "code": error.code,
        "subcode": error.subcode,
        "trace_id": error.trace_id,
        "said": error.said or None,
    }
    return {key: value for key, value in facts.items() if value is not None}
