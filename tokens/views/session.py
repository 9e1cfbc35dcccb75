"""What a browser session is bound by: a random value of its own, kept on the server."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

KEY = "consent_nonce"


def nonce(request: HttpRequest) -> str:
    """The session's value, made on first use."""
    if KEY not in request.session:
        request.session[KEY] = secrets.token_urlsafe(32)
    return str(request.session[KEY])


def known_nonce(request: HttpRequest) -> str | None:
    """The session's value, None where this browser never left for consent."""
    value = request.session.get(KEY)
    return value if isinstance(value, str) else None
