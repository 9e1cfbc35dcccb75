"""What Meta's refusal of a pasted token means, as a stable word of `paste_wording.REFUSALS`."""

from __future__ import annotations

from tokens import paste_wording as words
from tokens.meta import (
    MetaError,
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Refused,
    TokenDead,
    UnexpectedReply,
)


def word_for(error: MetaError) -> str:
    """Of the errors of both hosts alike."""
    match error:
        case OurMisconfiguration():
            return words.MISCONFIGURED
        case TokenDead(unparsable=True):
            return words.CANNOT_PARSE
        case TokenDead(reason="unknown"):
            return words.NOT_ACCEPTED
        case TokenDead():
            return error.reason
        case PermissionMissing() | Refused(kind="unsupported_request"):
            return words.NOT_ALLOWED
        case MetaRateLimited():
            return words.LIMITED
        case MetaTransient() | UnexpectedReply() | Refused(kind="blocked" | "too_young"):
            return words.NO_ANSWER
    return words.REFUSED
