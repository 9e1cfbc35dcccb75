"""Signs as Meta does, by code of its own: it shares nothing with the product's reader."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from django.utils import timezone

FORM = "application/x-www-form-urlencoded"
UNSET: Any = object()


def payload_of(user_id: Any, *, issued_at: Any = UNSET, algorithm: Any = "HMAC-SHA256", **more: Any) -> dict[str, Any]:
    """What Meta tells. None leaves a key out; `issued_at` is now by default."""
    issued_at = int(timezone.now().timestamp()) if issued_at is UNSET else issued_at
    told = {"algorithm": algorithm, "issued_at": issued_at, "user_id": user_id, **more}
    return {name: value for name, value in told.items() if value is not None}


def encoded(raw: bytes, *, padded: bool = False) -> str:
    text = base64.b64encode(raw).decode().replace("+", "-").replace("/", "_")
    return text if padded else text.replace("=", "")


def sign(payload: Any, secret: str, *, padded: bool = False) -> str:
    """`<signature>.<payload>`; a payload of bytes is taken as it is."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    text = encoded(raw, padded=padded)
    return f"{encoded(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest(), padded=padded)}.{text}"


def signed(user_id: Any, secret: str | None = None, **details: Any) -> str:
    """What Meta sends about somebody; with the installation's Instagram secret by default."""
    return sign(payload_of(user_id, **details), settings.INSTAGRAM_APP_SECRET if secret is None else secret)


def post(text: str, path: str = "/meta/deauthorize/", *, browser: Client | None = None, **headers: Any) -> Any:
    """Sends it as Meta does."""
    body = urlencode({"signed_request": text})
    return (browser or Client()).post(path, body, content_type=FORM, **headers)


def deauthorize(user_id: Any, secret: str | None = None, *, path: str = "/meta/deauthorize/", **details: Any) -> Any:
    return post(signed(user_id, secret, **details), path)


def ask_deletion(user_id: Any, secret: str | None = None, *, path: str = "/meta/data-deletion/", **details: Any) -> Any:
    return post(signed(user_id, secret, **details), path)
