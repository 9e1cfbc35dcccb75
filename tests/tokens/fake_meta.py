"""Meta without a wire: answers as told, and remembers who was asked what, and whether a transaction was open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import connection as database

from tokens.flavours.instagram_login import InstagramLogin
from tokens.meta import (
    LongLivedToken,
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Profile,
    Refused,
    Secret,
    TokenDead,
    UnexpectedReply,
)
from tokens.models import MetaApp

SIXTY_DAYS = 5_184_000
Answer = Any


@dataclass
class FakeMeta:
    """Plays `InstagramClient`.

    `on_refresh` and `on_me` are what it answers: a value, an error, or a function of the token that gives either.
    """

    on_refresh: Answer = None
    on_me: Answer = None
    calls: list[tuple[str, str]] = field(default_factory=list)
    in_transaction: list[bool] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refresh(self, token: Secret) -> Any:
        return self._answer("refresh", token, self.on_refresh or renewed())

    def me(self, token: Secret, *, detailed: bool = False) -> Any:
        return self._answer("me", token, self.on_me or profile(""))

    def close(self) -> None:
        pass

    def _answer(self, call: str, token: Secret, told: Answer) -> Any:
        with self._lock:
            self.calls.append((call, token.reveal()))
            self.in_transaction.append(database.in_atomic_block)
        answer = told(token.reveal()) if callable(told) else told
        if isinstance(answer, Exception):
            raise answer
        return answer

    def count(self, call: str) -> int:
        return sum(made == call for made, _ in self.calls)

    def asked(self, call: str) -> list[str]:
        return [token for made, token in self.calls if made == call]

    # As services take it

    def client_for(self, app: MetaApp) -> Any:
        return InstagramLogin(self)

    def make_client(self, app: MetaApp, *, pool_size: int) -> Any:
        return InstagramLogin(self)


def renewed(token: str = "IGAArenewed", expires_in: int | None = SIXTY_DAYS) -> LongLivedToken:
    return LongLivedToken(Secret(token), expires_in)


def profile(username: str) -> Profile:
    return Profile("17841400000000001", "25000000000000001", username or None, None, None, None)


def in_turn(*answers: Answer) -> Callable[[str], Answer]:
    """One answer after the other; the last one for ever."""
    left = list(answers)
    return lambda token: left.pop(0) if len(left) > 1 else left[0]


def dead(reason: str = "unknown", *, call: Any = "me", code: int = 190, unparsable: bool = False) -> TokenDead:
    return TokenDead(reason, unparsable, call=call, status=400, code=code, trace_id="AtraceAtrace")  # type: ignore[arg-type]


def unparsable(*, call: Any = "me") -> TokenDead:
    return dead(call=call, unparsable=True)


def transient(kind: Any = "server") -> MetaTransient:
    return MetaTransient(kind, call="refresh", status=500)


def limited(retry_after: float | None = None, scope: Literal["app", "account"] = "app") -> MetaRateLimited:
    return MetaRateLimited(retry_after, scope, call="refresh", status=400, code=4 if scope == "app" else 17)


def permission(code: int = 10) -> PermissionMissing:
    return PermissionMissing(call="refresh", status=400, code=code)


def refused(kind: Any = "unsupported_request", code: int | None = 100) -> Refused:
    return Refused(kind, call="refresh", status=400, code=code)


def unexpected() -> UnexpectedReply:
    return UnexpectedReply(call="refresh", status=200)


def client_secret() -> OurMisconfiguration:
    return OurMisconfiguration("app_credentials", call="refresh", status=400, code=1)


EVERY_PASSING: dict[str, MetaError] = {
    "transient": transient(),
    "rate limit": limited(),
    "unexpected shape": unexpected(),
    "unknown code": refused("unknown", 99999),
    "policy block": refused("blocked", 368),
}
