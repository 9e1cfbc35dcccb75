"""A system user of a business, for ads: its token is made by hand, and ends after sixty days or never.

Pages: D-sysuser, D-susat, D-debug.
"""

from __future__ import annotations

from typing import Any

from tokens.flavours.facebook_login import first_end
from tokens.flavours.interface import Addresses, Flavour, Fresh, Keys, Limits, Sign
from tokens.meta import AppCredentials, FacebookClient, PermissionMissing, TokenDead

_REASONS = {"user_gone": "system_user_deleted"}
# What Meta says of an object that is not there, or not for us; asked who one is, it can only be oneself.
_MISSING = (100, 33)


class SystemUser:
    """Keeps the token of a system user.

    Args:
        client: of the Meta app that the token was generated for.
    """

    def __init__(self, client: FacebookClient | Any) -> None:
        self.client = client

    def refresh(self, keys: Keys) -> Fresh:
        """A new token of sixty days; the old one stays valid until its own date."""
        fresh = self.client.refresh_system_user(keys.token)
        return Fresh(fresh.token, fresh.expires_in)

    def check(self, keys: Keys, *, detailed: bool = False) -> Sign:
        told = self.client.inspect(keys.token)
        # Its own words are none of a death here: Meta has just said that it is valid.
        name = (self.client.me(keys.token).name or "") if detailed else ""
        return Sign(name=name, permissions=told.scopes, expires_at=first_end(told))

    def me(self, keys: Keys) -> Sign:
        facts: Any = None
        try:
            return Sign(name=self.client.me(keys.token).name or "")
        except PermissionMissing as error:
            if (error.code, error.subcode) != _MISSING:
                raise
            facts = {"call": error.call, "status": error.status, "code": error.code, "subcode": error.subcode}
            facts["trace_id"] = error.trace_id
        raise TokenDead("user_gone", **facts)

    def reason_of(self, reason: str) -> str:
        return _REASONS.get(reason, reason)

    def revoke(self, keys: Keys) -> bool:
        """Ends the token for whoever holds it."""
        self.client.revoke(keys.token)
        return True

    def close(self) -> None:
        self.client.close()


def make(app: AppCredentials, addresses: Addresses, limits: Limits) -> SystemUser:
    client = FacebookClient(addresses.facebook, app, pool_size=limits.pool_size, deadline=limits.deadline)
    return SystemUser(client)


FLAVOUR = Flavour(
    name="system_user",
    product="System user",
    host="Meta",
    make=make,
    basics=(),
    consents=False,
    settings=("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET"),
)
