"""`appsecret_proof` (meta-wire 2.2)."""

import hashlib
import hmac
from collections.abc import Mapping

from tests.emulator.switches import Switches

from .errors import refuse


def proof_of(access_token: str, secret: str, moment: str = "") -> str:
    """moment: of `appsecret_time`, in seconds; what is signed then is `token|time`."""
    signed = f"{access_token}|{moment}" if moment else access_token
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def check_proof(switches: Switches, asked: Mapping[str, str], access_token: str, secret: str) -> None:
    """Of the `access_token` that was sent, whosever it is."""
    if switches.proof == "ignored":
        return
    given = asked.get("appsecret_proof")
    if given is None:
        if switches.proof == "required":
            refuse(switches, "no_proof")
        return
    wanted = proof_of(access_token, secret, asked.get("appsecret_time", ""))
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        refuse(switches, "wrong_proof")
