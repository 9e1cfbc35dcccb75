"""Facebook Login: a person's token of sixty days renews the token of the Page that an Instagram account is linked to.

The Page's token is what is used. It has no date of its own, but Meta lets an app see a person's data for 90 days after
that person last consented, and whether a person's token can be prolonged at all is promised nowhere. Pages: D-IGFB,
D-longlived, D-authvsdata, D-debug.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from tokens.flavours.interface import NEVER, Addresses, Flavour, Found, Fresh, Granted, Keys, Limits, Offer, Sign
from tokens.meta import (
    AppCredentials,
    FacebookClient,
    Inspection,
    LongLivedToken,
    MetaError,
    MetaRateLimited,
    OurMisconfiguration,
    Page,
    PermissionMissing,
    Profile,
    Secret,
    TokenDead,
)

BASICS = ("instagram_basic", "pages_show_list")
# For so long after a person's consent an app may see that person's data (D-authvsdata).
DATA_ACCESS = dt.timedelta(days=90)
# A person is no system user: what Meta calls gone is an account that Meta ended.
_REASONS = {"user_gone": "ended_by_meta"}


class FacebookLogin:
    """Keeps what was connected with Facebook Login.

    Args:
        client: of the Meta app.
    """

    def __init__(self, client: FacebookClient | Any) -> None:
        self.client = client

    def authorize_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str], again: bool = False) -> str:
        return self.client.authorize_url(redirect_uri=redirect_uri, state=state, scopes=scopes, rerequest=again)

    def exchange_code(self, *, code: Secret, redirect_uri: str) -> Granted:
        """Neither person nor permissions are told here: `accounts` asks for them."""
        short = self.client.exchange_code(code=code, redirect_uri=redirect_uri)
        return Granted(short.token, "", None)

    def lengthen(self, short: Secret) -> LongLivedToken:
        return self.client.exchange_user_token(short)

    def accounts(self, token: Secret) -> Offer:
        told = self.client.inspect(token)
        pages = self.client.pages(token) if _may_list(told) else ()
        linked = [page for page in pages if page.instagram_id]
        found = tuple(_found(page) for page in linked if page.token)
        if linked and not found:
            # Meta names the account and keeps the key from whoever lacks the role, or left something unticked.
            raise PermissionMissing(call="pages")
        return Offer(
            found=found,
            unlinked=tuple(page for page in pages if not page.instagram_id),
            # Whose consent it is decides what else is given back along with it.
            person_id=told.user_id or self.client.me(token).user_id or "",
            permissions=told.scopes,
            renewal=token,
            issued_at=instant(told.issued_at),
            renewal_expires_at=instant(told.expires_at),
            # The Page's token follows no date but this one.
            expires_at=instant(told.data_access_expires_at),
        )

    def refresh(self, keys: Keys) -> Fresh:
        """The person's token anew, and with it the Page's. Nothing is kept of one without the other."""
        asked_at = timezone.now()
        person = self.client.exchange_user_token(keys.renewal or keys.token)
        page = self.client.page(keys.page_id, person.token)
        if page.token is None:
            raise PermissionMissing(call="page")
        return Fresh(page.token, None, renewal=person.token, renewal_expires_at=self._end(person, asked_at))

    def _end(self, person: LongLivedToken, asked_at: dt.datetime) -> dt.datetime | None:
        """Meta may leave `expires_in` out, and then tells the date to whoever asks about the token."""
        if person.expires_in is not None:
            return asked_at + dt.timedelta(seconds=person.expires_in)
        return instant(self.client.inspect(person.token).expires_at)

    def check(self, keys: Keys, *, detailed: bool = False) -> Sign:
        """Two questions: what Meta says of the token, and whether the account can be read by it."""
        told = self.client.inspect(keys.token)
        account = self._account(keys)
        return Sign(
            handle=account.username or "",
            name=account.name or "",
            permissions=told.scopes,
            expires_at=first_end(told),
        )

    def _account(self, keys: Keys) -> Profile:
        """That it can't be read is an answer; that Meta does not answer this time is none about a living token."""
        try:
            return self.client.account(keys.account_id, keys.token)
        except MetaError as error:
            if isinstance(error, TokenDead | PermissionMissing | OurMisconfiguration) or _stops_everybody(error):
                raise
        return Profile(None, None, None, None, None, None)

    def me(self, keys: Keys) -> Sign:
        self.client.me(keys.token)
        return Sign()

    def reason_of(self, reason: str) -> str:
        return _REASONS.get(reason, reason)

    def revoke(self, keys: Keys) -> bool:
        """Takes back all that the person granted the app: with it end all of the person's connections through it."""
        if keys.renewal is None or not keys.person_id:
            return False
        self.client.delete_permissions(keys.person_id, keys.renewal)
        return True

    def close(self) -> None:
        self.client.close()


def instant(seconds: int | None) -> dt.datetime | None:
    """An instant as Meta tells it: 0 is never, None is not told."""
    if seconds is None:
        return None
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else NEVER


def first_end(told: Inspection) -> dt.datetime | None:
    """When a token is of no use any more by date: its own expiry, or the end of data access where that is earlier.

    That one of them never comes says nothing where the other is not told.
    """
    ends = (instant(told.expires_at), instant(told.data_access_expires_at))
    first = min((end for end in ends if end is not None), default=None)
    return None if first == NEVER and None in ends else first


def _stops_everybody(error: MetaError) -> bool:
    """Whether Meta wants fewer calls of the whole app: whoever asks the next one is to know."""
    return isinstance(error, MetaRateLimited) and error.scope == "app"


def _may_list(told: Inspection) -> bool:
    """Whoever left it unticked is told so, instead of that there is no Page."""
    return told.scopes is None or all(each in told.scopes for each in BASICS)


def _found(page: Page) -> Found:
    profile = Profile(page.instagram_id, None, page.instagram_username, None, None, None)
    return Found(profile, page.token or Secret(""), page.id, page.name)


def make(app: AppCredentials, addresses: Addresses, limits: Limits) -> FacebookLogin:
    client = FacebookClient(addresses.facebook, app, pool_size=limits.pool_size, deadline=limits.deadline)
    return FacebookLogin(client)


FLAVOUR = Flavour(
    name="facebook_login",
    product="Facebook Login",
    host="Facebook",
    make=make,
    basics=BASICS,
    consents=True,
    settings=("FACEBOOK_APP_ID", "FACEBOOK_APP_SECRET"),
    callback="facebook_callback",
    revokes=True,
)
