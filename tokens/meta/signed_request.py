"""Meta's `signed_request`: `<signature>.<payload>`, both base64url, the signature an HMAC of the payload's text.

Whoever sends one may be anybody. So the signature is looked at before anything is parsed, and there is one answer to
whatever is wrong: None.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .lenient import mapping, whole_number
from .secret import Secret
from .shapes import read_id

LONGEST = 8 * 1024
# Of what Meta sends, nothing is nested deeper than this; of what others send, it may blow the stack.
MOST_LEVELS = 8
# A second in the year 5138: milliseconds, say, are no seconds.
LATEST = 10**11
_BASE64URL = re.compile(r"([A-Za-z0-9_-]+)(={0,2})")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What Meta signed, and with which of the secrets that were tried."""

    user_id: str = field(repr=False)
    issued_at: int | None
    """Seconds since 1970; None where Meta did not tell."""
    signed_with: tuple[int, ...]
    """The places of the secrets that fit, among those given."""


def read_signed_request(text: str, secrets: Sequence[Secret]) -> SignedRequest | None:
    """The request in `text`, if one of `secrets` signed it.

    Args:
        text: as it was sent.
        secrets: app secrets. An empty one fits nothing: everybody could sign with it.

    Returns:
        None for whatever is forged or garbled.
    """
    signature, _, payload = text.partition(".") if len(text) <= LONGEST else ("", "", "")
    signed_with = _signers(_unpadded(signature), payload, secrets)
    return _read(payload, signed_with) if signed_with else None


def _signers(signature: str | None, payload: str, secrets: Sequence[Secret]) -> tuple[int, ...]:
    """As text the signatures are compared, so that there is one spelling of each."""
    if signature is None or _unpadded(payload) is None:
        return ()
    fits = [bool(each) and hmac.compare_digest(signature, _sign(payload, each)) for each in secrets]
    return tuple(place for place, fit in enumerate(fits) if fit)


def _sign(payload: str, secret: Secret) -> str:
    digest = hmac.digest(secret.reveal().encode("utf-8", "surrogatepass"), payload.encode("ascii"), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _unpadded(encoded: str) -> str | None:
    """Base64url with all of its padding or none of it, without it."""
    found = _BASE64URL.fullmatch(encoded)
    if found is None or len(found[1]) % 4 == 1 or (found[2] and len(encoded) % 4):
        return None
    return found[1]


def _read(payload: str, signed_with: tuple[int, ...]) -> SignedRequest | None:
    told = mapping(_decoded(payload))
    algorithm, user_id, issued_at = told.get("algorithm"), read_id(told.get("user_id")), told.get("issued_at")
    # Not casefold: it takes letters of other alphabets for these.
    if not isinstance(algorithm, str) or algorithm.lower() != "hmac-sha256" or user_id is None:
        return None
    if issued_at is None:
        return SignedRequest(user_id, None, signed_with)
    seconds = whole_number(issued_at)
    return SignedRequest(user_id, seconds, signed_with) if seconds is not None and 0 <= seconds < LATEST else None


def _decoded(payload: str) -> object:
    """The payload's JSON; None where it is none, or such that two readers could read it differently."""
    unpadded = payload.rstrip("=")
    try:
        raw = base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), altchars=b"-_", validate=True)
        told = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return told if _is_shallow(told, MOST_LEVELS) else None


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(constant: str) -> object:
    """`NaN` and `Infinity` are no JSON."""
    raise ValueError


def _is_shallow(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return not isinstance(value, list) or (levels > 0 and all(_is_shallow(each, levels - 1) for each in value))
