"""What a flavour is: how an account is asked for, kept alive, looked after and let go, through one Meta app.

All of it speaks to Meta and none of it to the database. Every call raises `MetaError`'s children and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tokens.meta import AppCredentials, Endpoints, FacebookEndpoints, LongLivedToken, Page, Profile, Secret

NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
"""Where Meta says that something does not end by date."""


def known(end: dt.datetime | None) -> dt.datetime | None:
    """As columns have it: None where there is no end, and where none was told."""
    return None if end == NEVER else end


@dataclass(frozen=True, slots=True)
class Keys:
    """What one connection is kept alive with, opened for the length of one attempt.

    Args:
        token: the one that is used.
        renewal: the one that renews it, where that is another one.
        account_id: the Instagram account's id, or the system user's.
        page_id: the Facebook Page's.
        person_id: the Facebook person's.
    """

    token: Secret
    renewal: Secret | None = None
    account_id: str = ""
    page_id: str = ""
    person_id: str = ""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a renewal brought.

    Args:
        token: the one to use from now on.
        expires_in: seconds from now; None where Meta gave no usable number.
        renewal: the one that renews it from now on, where that is another one.
        renewal_expires_at: when that one expires, NEVER where it does not; None where it was not told.
    """

    token: Secret
    expires_in: int | None
    renewal: Secret | None = None
    renewal_expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life, and what Meta told along with it.

    Args:
        handle: empty where it was not told.
        name: likewise.
        permissions: those granted now; None where it was not told.
        expires_at: when it ends by date, NEVER where it does not; None where it was not told.
    """

    handle: str = ""
    name: str = ""
    permissions: tuple[str, ...] | None = None
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code is worth: a token of an hour or two. Permissions: None where Meta did not tell."""

    token: Secret
    user_id: str
    permissions: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Found:
    """An account that a person's consent opens, and the token to use for it.

    Args:
        profile: who it is.
        token: the one to use.
        page_id: the Facebook Page that it is linked to; empty for Instagram Login.
        page_name: likewise.
    """

    profile: Profile
    token: Secret
    page_id: str = ""
    page_name: str = ""

    @property
    def account_id(self) -> str:
        return self.profile.user_id or self.profile.app_scoped_id or ""

    @property
    def handle(self) -> str:
        return self.profile.username or ""


@dataclass(frozen=True, slots=True)
class Offer:
    """All that a person's consent opens.

    Args:
        found: the accounts; several where a Facebook person manages several Pages.
        unlinked: Pages without an Instagram account.
        person_id: the Facebook person's id; empty where it is not told here.
        permissions: granted; None where it is not told here.
        renewal: the token that renews the accounts' own; None where each renews itself.
        issued_at: of that token, as Meta tells.
        renewal_expires_at: of that token, as Meta tells.
        expires_at: when the accounts' tokens end by date, NEVER where they do not; None where it is not told here.
    """

    found: tuple[Found, ...]
    unlinked: tuple[Page, ...] = ()
    person_id: str = ""
    permissions: tuple[str, ...] | None = None
    renewal: Secret | None = None
    issued_at: dt.datetime | None = None
    renewal_expires_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None


class Keeper(Protocol):
    """One flavour's way to Meta through one Meta app. Shared between threads; close it after use."""

    def refresh(self, keys: Keys) -> Fresh:
        """A later date for what lives; raises `TokenDead`, which `me` is to confirm."""

    def check(self, keys: Keys, *, detailed: bool = False) -> Sign:
        """Whether it works, and for how long. `detailed`: also ask for what changes seldom."""

    def me(self, keys: Keys) -> Sign:
        """The shortest question that only a living token answers: the second opinion."""

    def reason_of(self, reason: str) -> str:
        """One of the product's reasons for what the gateway says ended a token."""

    def revoke(self, keys: Keys) -> bool:
        """Ends at Meta what was granted; False where Meta has no way to, or what it takes is not there."""

    def close(self) -> None:
        """Closes what is kept open."""


class ConsentKeeper(Keeper, Protocol):
    """Of a flavour that people consent to in a dialog of Meta's."""

    def authorize_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str], again: bool = False) -> str:
        """The address of the dialog. `again`: let the person choose another account, or tick what was left out."""

    def exchange_code(self, *, code: Secret, redirect_uri: str) -> Granted:
        """Exchanges an authorization code, once."""

    def lengthen(self, short: Secret) -> LongLivedToken:
        """Makes a token of an hour one of sixty days."""

    def accounts(self, token: Secret) -> Offer:
        """What a person's token of sixty days opens."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where Meta's two products are."""

    instagram: Endpoints
    facebook: FacebookEndpoints


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections a host are kept alive, and the seconds that one call may take in all."""

    pool_size: int
    deadline: float


MakeKeeper = Callable[[AppCredentials, Addresses, Limits], Keeper]


@dataclass(frozen=True, slots=True)
class Flavour:
    """One entry of the table of flavours.

    Args:
        name: as `tokens.models.Flavour` has it.
        product: of Meta, for people.
        host: whom a person deals with there, for people.
        make: makes its keeper.
        basics: permissions without which nothing of it works.
        revokes: whether disconnecting also tells Meta, without being asked to.
        consents: whether people consent to it in a dialog; else its tokens are pasted.
        settings: the names of the settings that hold the installation's app id and secret.
        callback: the name of the route that its dialog leads back to.
    """

    name: str
    product: str
    host: str
    make: MakeKeeper
    basics: tuple[str, ...]
    consents: bool
    settings: tuple[str, str]
    callback: str = ""
    revokes: bool = False
