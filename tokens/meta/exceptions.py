"""All that can come out of a call to Meta besides an answer.

    MetaError
    ├── MetaTransient       the network, a 5xx, a body that is no JSON, codes 1 and 2: ask again later
    ├── MetaRateLimited     stop asking for a while
    ├── TokenDead           codes 190, 102, 452: the token has ended (confirm by `me` before believing it)
    ├── PermissionMissing   codes 10, 200-299, 100/33: the token lives but may not do this
    ├── Refused             Meta understood and declined; the token is kept
    ├── UnexpectedReply     a success of the wrong shape: nothing is known to have changed
    └── OurMisconfiguration our app id, secret or redirect URI is wrong: no account's fault

An error carries numbers and the names of classes only. No text of Meta, no URL, no body: they repeat tokens. One
exception: of a complaint that no rule knows the plain words are kept (`scrub`), so that the rule can be written.
"""

import re
from collections.abc import Callable
from typing import ClassVar, Literal, NotRequired, TypedDict, Unpack

from .types import Call

TransientKind = Literal[
    "connection", "timeout", "server", "not_json", "empty", "too_large", "redirect", "transient_code"
]
DeathReason = Literal[
    "password_changed",
    "app_removed",
    "expired",
    "checkpoint",
    "unconfirmed",
    "logged_out",
    "ended_by_meta",
    # these three on Facebook's host only
    "revoked",
    "page_role_lost",
    "user_gone",
    "unknown",
]
RefusalKind = Literal[
    "too_young", "unsupported_request", "code_rejected", "wrong_app", "blocked", "bad_request", "unknown"
]
MisconfigurationKind = Literal["unknown_app", "app_disabled", "app_credentials", "redirect_uri", "scope", "other"]
Scope = Literal["app", "account"]

# Trace ids have 11 or 23 characters; under 32, so that an app secret (32 hex digits) cannot pass for one.
_TRACE_ID = re.compile(r"[A-Za-z0-9_-]{1,31}")


class Facts(TypedDict):
    """What every error of the tree knows about the call that failed."""

    call: Call
    status: NotRequired[int | None]
    code: NotRequired[int | None]
    subcode: NotRequired[int | None]
    trace_id: NotRequired[str | None]


class MetaError(Exception):
    """Base of the tree. Page: Meta's error handling guide (D-errors, /docs/graph-api/guides/error-handling).

    Args:
        call: which of our calls failed.
        status: HTTP status, `None` when no answer came.
        code: Graph error code, `None` when there was none or no usable one.
        subcode: Graph error subcode, likewise.
        trace_id: Meta's `fbtrace_id`, which its support asks for; dropped unless it looks like one.
    """

    permanent: ClassVar[bool] = False
    """Whether asking again, with nothing changed, is pointless."""

    sentence: ClassVar[str] = "Meta call failed"

    def __init__(self, **facts: Unpack[Facts]) -> None:
        self.call = facts["call"]
        self.status = facts.get("status")
        self.code = facts.get("code")
        self.subcode = facts.get("subcode")
        self.trace_id = safe_trace_id(facts.get("trace_id"))
        self.said = ""
        """The plain words of a complaint that no rule knows; never printed with the error."""
        super().__init__()

    def __str__(self) -> str:
        known = {"status": self.status, "code": self.code, "subcode": self.subcode, "trace": self.trace_id}
        numbers = [f"{name} {value}" for name, value in known.items() if value is not None]
        return ", ".join([f"{self.sentence}{self._detail()} in {self.call}", *numbers])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def _detail(self) -> str:
        return ""

    def __reduce__(self) -> tuple[Callable[..., "MetaError"], tuple[object, ...]]:
        return _restored, (type(self), dict(vars(self)))


class MetaTransient(MetaError):
    """Nothing is known about the token: keep the state, ask again with growing pauses."""

    sentence = "Meta could not be reached or is troubled"

    def __init__(self, kind: TransientKind, **facts: Unpack[Facts]) -> None:
        self.kind = kind
        super().__init__(**facts)

    def _detail(self) -> str:
        return f" ({self.kind})"


class MetaRateLimited(MetaError):
    """Stop asking; more calls lengthen the wait. Page: D-rate, /docs/graph-api/overview/rate-limiting.

    Args:
        retry_after: seconds to wait as far as Meta told, 0 to 86400; `None` = it did not.
        scope: whom it concerns: the whole Meta app, or the one account.
    """

    sentence = "Meta limits our calls"

    def __init__(self, retry_after: float | None, scope: Scope, **facts: Unpack[Facts]) -> None:
        self.retry_after = retry_after
        self.scope = scope
        super().__init__(**facts)

    def _detail(self) -> str:
        return f" ({self.scope})"


class TokenDead(MetaError):
    """The token has ended, and why. Page: D-debugerr, /docs/facebook-login/guides/access-tokens/debugging.

    Args:
        reason: what happened to the person, `unknown` when Meta did not say.
        unparsable: Meta cannot read what we sent as a token. Many at once: our copies, key or host are wrong.
    """

    permanent = True
    sentence = "Meta says the token is dead"

    def __init__(self, reason: DeathReason, unparsable: bool = False, **facts: Unpack[Facts]) -> None:
        self.reason = reason
        self.unparsable = unparsable
        super().__init__(**facts)

    def _detail(self) -> str:
        return f" ({self.reason}, unparsable)" if self.unparsable else f" ({self.reason})"


class PermissionMissing(MetaError):
    """The token lives, but the permission was not granted or was taken away: a human is needed."""

    permanent = True
    sentence = "Meta misses a permission"


class Refused(MetaError):
    """Meta declined; the token is kept. `too_young` and `blocked` pass with time, the others need a human."""

    permanent = True
    sentence = "Meta refused"

    def __init__(self, kind: RefusalKind, **facts: Unpack[Facts]) -> None:
        self.kind = kind
        super().__init__(**facts)

    def _detail(self) -> str:
        return f" ({self.kind})"


class UnexpectedReply(MetaError):
    """A 2xx answer in JSON of the wrong shape, such as one without a token. Keep what we have."""

    sentence = "Meta answered in an unexpected shape"


class OurMisconfiguration(MetaError):
    """Our own settings at Meta are wrong; no account is to be blamed, and staff must act."""

    permanent = True
    sentence = "Meta rejects our app's configuration"

    def __init__(self, kind: MisconfigurationKind, **facts: Unpack[Facts]) -> None:
        self.kind = kind
        super().__init__(**facts)

    def _detail(self) -> str:
        return f" ({self.kind})"


def safe_trace_id(value: object) -> str | None:
    """`value` if it can be one of Meta's trace ids, else `None`."""
    return value if isinstance(value, str) and _TRACE_ID.fullmatch(value) else None


def _restored(kind: type[MetaError], attributes: dict[str, object]) -> MetaError:
    """Unpickling and copying, which by default would call the class without its keywords."""
    error = kind.__new__(kind)
    vars(error).update(attributes)
    return error
