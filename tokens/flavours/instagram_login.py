"""Instagram Login: one token of sixty days that renews itself. Pages: D-BL, D-refresh, D-me."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokens.flavours.interface import Addresses, Flavour, Found, Fresh, Granted, Keys, Limits, Offer, Sign
from tokens.meta import AppCredentials, InstagramClient, LongLivedToken, Secret

BASIC = "instagram_business_basic"


class InstagramLogin:
    """Keeps what was connected with Instagram Login.

    Args:
        client: of the Meta app.
    """

    def __init__(self, client: InstagramClient | Any) -> None:
        self.client = client

    def authorize_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str], again: bool = False) -> str:
        return self.client.authorize_url(redirect_uri=redirect_uri, state=state, scopes=scopes, force_reauth=again)

    def exchange_code(self, *, code: Secret, redirect_uri: str) -> Granted:
        short = self.client.exchange_code(code=code, redirect_uri=redirect_uri)
        return Granted(short.token, short.user_id, short.permissions)

    def lengthen(self, short: Secret) -> LongLivedToken:
        return self.client.exchange_long_lived(short)

    def accounts(self, token: Secret) -> Offer:
        return Offer((Found(self.client.me(token, detailed=True), token),))

    def refresh(self, keys: Keys) -> Fresh:
        fresh = self.client.refresh(keys.token)
        return Fresh(fresh.token, fresh.expires_in)

    def check(self, keys: Keys, *, detailed: bool = False) -> Sign:
        """`/me`: this product documents nothing that tells dates or permissions."""
        profile = self.client.me(keys.token, detailed=detailed)
        return Sign(profile.username or "", profile.name or "")

    def me(self, keys: Keys) -> Sign:
        return self.check(keys)

    def reason_of(self, reason: str) -> str:
        return reason

    def revoke(self, keys: Keys) -> bool:
        """Meta documents no way: whoever owns the account removes the app in Instagram's settings."""
        return False

    def close(self) -> None:
        self.client.close()


def make(app: AppCredentials, addresses: Addresses, limits: Limits) -> InstagramLogin:
    client = InstagramClient(addresses.instagram, app, pool_size=limits.pool_size, deadline=limits.deadline)
    return InstagramLogin(client)


FLAVOUR = Flavour(
    name="instagram_login",
    product="Instagram Login",
    host="Instagram",
    make=make,
    basics=(BASIC,),
    consents=True,
    settings=("INSTAGRAM_APP_ID", "INSTAGRAM_APP_SECRET"),
    callback="instagram_callback",
)
