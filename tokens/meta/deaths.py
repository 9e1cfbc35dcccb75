"""Why a token ended. Page: D-debugerr, /docs/facebook-login/guides/access-tokens/debugging.

The subcode first; then, since graph.instagram.com sends none with its 190s, the text, as recorded.
"""

import re

from .envelope import Complaint
from .exceptions import DeathReason, Facts, TokenDead
from .types import Host

_BY_SUBCODE: dict[int, DeathReason] = {
    457: "ended_by_meta",  # session of another origin
    458: "app_removed",
    459: "checkpoint",
    460: "password_changed",
    461: "app_removed",  # removed and installed again: the old token died with the removal
    462: "ended_by_meta",  # stale session
    463: "expired",
    464: "unconfirmed",
    465: "ended_by_meta",  # the user is no longer valid, as after the loss of the account
    466: "ended_by_meta",  # killed by an API call
    467: "logged_out",
    468: "expired",  # unused for too long
    492: "ended_by_meta",  # lost the needed Page role; a new token fails the same way
}
# What Facebook's host tells apart beyond that.
_OF_FACEBOOK_BY_SUBCODE: dict[int, DeathReason] = {
    **_BY_SUBCODE,
    465: "user_gone",
    466: "revoked",  # as by an admin of a system user
    492: "page_role_lost",
}
_MALFORMED = 456
_UNPARSABLE = re.compile(r"cannot parse access token|malformed|could not be decrypted", re.IGNORECASE)
_KILLED = r"invalidated explicitly using an api call"
# In this order: "Session does not match current stored session" goes on about passwords and security reasons.
_TEXTS: tuple[tuple[str, DeathReason], ...] = (
    (r"the user logged out|session does not match current stored session", "logged_out"),
    (_KILLED, "ended_by_meta"),
    (r"has not authorized application", "app_removed"),
    (r"blocked, logged-in checkpoint|you cannot access the app till you log in to", "checkpoint"),
    (r"not a confirmed user", "unconfirmed"),
    (r"the user changed their password", "password_changed"),
    (r"has changed the session for security reasons|session has been invalidated", "password_changed"),
    (r"session has expired", "expired"),
)
_Texts = tuple[tuple[re.Pattern[str], DeathReason], ...]
_BY_TEXT: _Texts = tuple((re.compile(pattern, re.IGNORECASE), reason) for pattern, reason in _TEXTS)
_OF_FACEBOOK_BY_TEXT: _Texts = ((re.compile(_KILLED, re.IGNORECASE), "revoked"), *_BY_TEXT)
_TABLES: dict[Host, tuple[dict[int, DeathReason], _Texts]] = {
    "instagram": (_BY_SUBCODE, _BY_TEXT),
    "facebook": (_OF_FACEBOOK_BY_SUBCODE, _OF_FACEBOOK_BY_TEXT),
}


def death(complaint: Complaint, facts: Facts, host: Host) -> TokenDead:
    """The error for a complaint of code 190, 102 or 452, by the table of the host that complained."""
    by_subcode, by_text = _TABLES[host]
    reason = by_subcode.get(complaint.subcode) if complaint.subcode is not None else None
    reason = reason or next((reason for pattern, reason in by_text if pattern.search(complaint.text)), None)
    if reason is not None:
        return TokenDead(reason, **facts)
    unparsable = complaint.subcode == _MALFORMED or bool(_UNPARSABLE.search(complaint.text))
    return TokenDead("unknown", unparsable, **facts)
