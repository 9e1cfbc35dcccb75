"""What shows Facebook that the app itself sends a token. Page: D-secure, /docs/graph-api/guides/secure-requests."""

import hashlib
import hmac

from .secret import Secret
from .types import AppCredentials


def appsecret_proof(token: Secret, app: AppCredentials) -> Secret:
    """The proof that goes beside `token`: hex HMAC-SHA256 of the token, with the app secret as key."""
    return Secret(hmac.digest(_bytes(app.app_secret), _bytes(token), hashlib.sha256).hex())


def app_token(app: AppCredentials) -> Secret:
    """The token by which an app speaks for itself. Page: D-tokens, /docs/facebook-login/guides/access-tokens."""
    return Secret(f"{app.app_id}|{app.app_secret.reveal()}")


def _bytes(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")
