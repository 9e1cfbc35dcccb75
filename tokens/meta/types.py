"""What goes into the client and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .secret import Secret

Call = Literal[
    "code_exchange",
    "long_lived_exchange",
    "refresh",
    "me",
    "inspect",
    "pages",
    "page",
    "account",
    "ad_accounts",
    "revoke",
]
Host = Literal["instagram", "facebook"]
"""Whose rules an answer is read by: graph.instagram.com's with api.instagram.com's, or graph.facebook.com's."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where Meta, or its emulator, lives.

    Args:
        authorize_url: the whole address of the consent dialog.
        api_url: base of the code exchange (`https://api.instagram.com`), without path.
        graph_url: base of all other calls (`https://graph.instagram.com`), without path.
        api_version: Graph API version of versioned calls, such as `v26.0`.
    """

    authorize_url: str
    api_url: str
    graph_url: str
    api_version: str


@dataclass(frozen=True, slots=True)
class FacebookEndpoints:
    """Where Facebook, or its emulator, lives.

    Args:
        dialog_url: base of the consent dialog (`https://www.facebook.com`), without version and path.
        graph_url: base of all calls (`https://graph.facebook.com`), without version and path.
        api_version: Graph API version of dialog and calls, such as `v26.0`.
    """

    dialog_url: str
    graph_url: str
    api_version: str


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """For `InstagramClient` the *Instagram* app id and secret, for `FacebookClient` those of the Meta app around it."""

    app_id: str
    app_secret: Secret


@dataclass(frozen=True, slots=True)
class ShortLivedToken:
    """A token of one hour. Permissions: `None` = Meta did not say, `()` = the person granted nothing."""

    token: Secret
    user_id: str
    permissions: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class LongLivedToken:
    """A token of about 60 days; `expires_in` in seconds from now, `None` when Meta gave no usable number."""

    token: Secret
    expires_in: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a token belongs to; at least one of the two ids is there.

    `user_id` is the professional account's id (17841…), `app_scoped_id` the other one that Meta calls `id`.
    Texts are as Meta sent them, without control characters. `picture_url` expires after some days.
    """

    user_id: str | None
    app_scoped_id: str | None
    username: str | None
    name: str | None
    account_type: str | None
    picture_url: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A Page of Facebook's, and the professional account that is linked to it.

    Args:
        id: of the Page.
        name: empty where Meta did not tell.
        token: the Page's own; it has no expiry date if it was asked for with a long-lived user token. `None` where
            Meta gave none.
        instagram_id: of the linked account (17841…), `None` where none is linked.
        instagram_username: without `@`.
        tasks: what the person may do on the Page, such as `MANAGE`; told in lists only.
    """

    id: str
    name: str
    token: Secret | None
    instagram_id: str | None
    instagram_username: str | None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What Meta tells of a token that is valid. Moments are seconds since 1970; `None` = not told, 0 = never.

    Args:
        kind: `USER`, `PAGE`, `SYSTEM_USER`, `APP`, upper-cased; empty where not told.
        app_id: of the Meta app that the token belongs to.
        user_id: of the person or system user, for this app.
        profile_id: of the Page, for a Page's token.
        issued_at: told of long-lived tokens only.
        expires_at: when the token ends.
        data_access_expires_at: when the app loses the person's data, whatever becomes of the token.
        scopes: permissions; `None` = not told.
        targets: the ids that a permission is limited to, by permission; `()` = all that the person can reach.
    """

    kind: str
    app_id: str | None
    user_id: str | None
    profile_id: str | None
    issued_at: int | None
    expires_at: int | None
    data_access_expires_at: int | None
    scopes: tuple[str, ...] | None
    targets: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class AdAccount:
    """An ad account; its id begins with `act_`. The name is empty where Meta did not tell."""

    id: str
    name: str
