"""Every kind of answer, as a verdict and as Meta would give it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.tokens.fake_meta import SIXTY_DAYS, dead, limited, permission, profile, refused, renewed, transient
from tokens.meta import Secret
from tokens.services.verdicts import (
    Alive,
    Contradicted,
    Dead,
    OurFault,
    Passing,
    PermissionLost,
    RefusedByMeta,
    Renewed,
    TooYoung,
    Verdict,
)

OF_BOTH = ["transient", "rate limited", "dead", "permission", "refused", "too young"]
KINDS = {
    "refresh": ["renewed", "renewed without expiry", "contradicted", *OF_BOTH],
    "check": ["alive", "renamed", *OF_BOTH],
}


def verdict(kind: str, token: str, now: dt.datetime) -> Verdict | None:
    """As an attempt that ended now found it out; `token` is the new one, and part of a new name."""
    found: dict[str, Verdict | None] = {
        "renewed": Renewed(Secret(token), SIXTY_DAYS, now),
        "renewed without expiry": Renewed(Secret(token), None, now),
        "alive": Alive(""),
        "renamed": Alive(f"also{token.lower()}"),
        "dead": Dead("password_changed"),
        "contradicted": Contradicted({"code": 190}),
        "permission": PermissionLost({"code": 10}),
        "refused": RefusedByMeta({"code": 100}),
        "too young": TooYoung(),
        "transient": Passing("server"),
        "rate limited": Passing("rate_limited", wait=600),
        "our fault": OurFault("undecryptable"),
        "error": None,
    }
    return found[kind]


def told(kind: str, call: str, token: str) -> Any:
    """What `FakeMeta` answers to `call` (`refresh` or `me`)."""
    errors = {
        "dead": dead("password_changed", call=call),
        "permission": permission(),
        "refused": refused(),
        "too young": refused("too_young"),
        "transient": transient(),
        "rate limited": limited(600, "account"),
    }
    if kind in errors:
        return errors[kind]
    if call == "me":
        return profile(f"also{token.lower()}" if kind == "renamed" else "")
    if kind == "contradicted":
        return dead("password_changed", call=call)
    return renewed(token, SIXTY_DAYS if kind == "renewed" else None)
