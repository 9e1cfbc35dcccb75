"""Tokens of mailed links: derived from a row's id and nonce, so that the row need not hold them.

A repeated mail carries the same link; whoever reads the database finds only the SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid

from django.utils.crypto import salted_hmac


def new_nonce() -> str:
    """What makes a row's token unguessable and, when replaced, another one."""
    return secrets.token_urlsafe(32)


def derive(salt: str, row_id: uuid.UUID, nonce: str) -> str:
    """The token of a row: HMAC-SHA-256 of id and nonce under SECRET_KEY, in 43 urlsafe characters.

    Args:
        salt: names the purpose, so that no token opens what another kind is for.
        row_id: the row's id.
        nonce: the row's nonce.
    """
    digest = salted_hmac(salt, f"{row_id}:{nonce}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def digest(token: str) -> str:
    """What a row stores of its token, and is found by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
