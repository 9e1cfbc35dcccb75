"""What goes into the client and what comes out of it."""

from dataclasses import dataclass
from typing import Literal

from .secret import Secret

Call = Literal["code_exchange", "long_lived_exchange", "refresh", "me"]


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
class AppCredentials:
    """The *Instagram* app id and secret, not those of the Meta app around it."""

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
