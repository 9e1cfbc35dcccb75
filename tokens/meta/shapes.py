"""Reading Meta's successes: from parsed JSON to a value, or to `None` where the shape is wrong."""

import re

from .lenient import mapping, sequence, whole_number
from .secret import Secret
from .types import LongLivedToken, Profile, ShortLivedToken

# Tokens seen are letters and digits; whatever else can travel in a header unescaped is let through.
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
# PostgreSQL refuses NUL, UTF-8 the surrogates; a username with a line break would be a mail header's trouble.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TEN_YEARS = 10 * 366 * 86_400


def read_short_lived(body: object) -> ShortLivedToken | None:
    """`data[0]` with a comma string (D-BL), flat with a numeric id (D-oat), flat with a list (seen live)."""
    answer = _unwrapped(body)
    token, user_id = read_token(answer), read_id(answer.get("user_id"))
    if token is None or user_id is None:
        return None
    return ShortLivedToken(token, user_id, read_names(answer.get("permissions")))


def read_long_lived(body: object) -> LongLivedToken | None:
    """`{"access_token": "IGAA…", "token_type": "bearer", "expires_in": 5183944}` (D-at, D-refresh)."""
    answer = mapping(body)
    token = read_token(answer)
    return None if token is None else LongLivedToken(token, _lifetime(answer.get("expires_in")))


def read_profile(body: object) -> Profile | None:
    """`{"data": [{…}]}` in Meta's guide (D-getstarted), flat in every public client."""
    answer = _unwrapped(body)
    user_id, app_scoped_id = read_id(answer.get("user_id")), read_id(answer.get("id"))
    if user_id is None and app_scoped_id is None:
        return None
    return Profile(
        user_id=user_id,
        app_scoped_id=app_scoped_id,
        username=read_label(answer.get("username")),
        name=read_label(answer.get("name")),
        account_type=read_label(answer.get("account_type")),
        picture_url=_web_address(answer.get("profile_picture_url")),
    )


def _unwrapped(body: object) -> dict[str, object]:
    answer = mapping(body)
    wrapped = sequence(answer.get("data"))
    return mapping(wrapped[0]) if wrapped else answer


def read_token(answer: dict[str, object]) -> Secret | None:
    value = answer.get("access_token")
    return Secret(value) if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _lifetime(value: object) -> int | None:
    seconds = whole_number(value)
    return seconds if seconds is not None and 0 < seconds <= _TEN_YEARS else None


def read_id(value: object) -> str | None:
    """Ids come as strings and as numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int) and not 0 < value < 10**64:
        return None
    text = str(value).strip()
    return text if _ID.fullmatch(text) else None


def read_names(value: object) -> tuple[str, ...] | None:
    """A list, or a string with commas or spaces. Missing = unknown, empty = nothing granted."""
    if isinstance(value, str):
        return _distinct(re.split(r"[,\s]+", value))
    if isinstance(value, list):
        return _distinct([each.strip() for each in value if isinstance(each, str)])
    return None


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))


def read_label(value: object) -> str | None:
    return (_CONTROL.sub("", value).strip() or None) if isinstance(value, str) else None


def _web_address(value: object) -> str | None:
    address = read_label(value)
    return address if address and address.lower().startswith(("https://", "http://")) else None
