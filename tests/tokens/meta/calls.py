"""The calls of both clients, with secrets to look for afterwards."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tokens.meta import AppCredentials, Endpoints, FacebookClient, FacebookEndpoints, InstagramClient, Secret

API = "https://api.instagram.test"
GRAPH = "https://graph.instagram.test"
FACEBOOK = "https://graph.facebook.test"
VERSION = "v26.0"
REDIRECT = "https://perennial.test/oauth/callback/instagram/"

APP_ID = "990602627938098"
# No look of a Meta token about them, so that nothing finds them by their look.
APP_SECRET = "a-planted~secret.of+the/app=="
TOKEN = "planted_token/of+the account%"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), "sha256").hexdigest()
CODE = "a&planted code=of \u00e9ach person"


def build_client(base: str = "", **options: Any) -> InstagramClient:
    """A client of the mocked hosts, or of one real server at `base`."""
    endpoints = Endpoints("https://www.instagram.test/oauth/authorize", base or API, base or GRAPH, VERSION)
    return InstagramClient(endpoints, AppCredentials(APP_ID, Secret(APP_SECRET)), **options)


def build_facebook(base: str = "", **options: Any) -> FacebookClient:
    """Likewise, of Facebook's host."""
    endpoints = FacebookEndpoints("https://www.facebook.test", base or FACEBOOK, VERSION)
    return FacebookClient(endpoints, AppCredentials(APP_ID, Secret(APP_SECRET)), **options)


@dataclass(frozen=True)
class Case:
    """One call; `answer` is one that it takes for a success."""

    name: str
    method: str
    url: str
    run: Callable[[Any], object]
    answer: Any = field(default_factory=lambda: {"id": "1", "user_id": "1", "access_token": "N"})
    build: Callable[..., Any] = build_client
    call: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "call", self.call or self.name)


CASES = (
    Case(
        "code_exchange",
        "POST",
        f"{API}/oauth/access_token",
        lambda client: client.exchange_code(code=Secret(CODE), redirect_uri=REDIRECT),
    ),
    Case(
        "long_lived_exchange",
        "GET",
        f"{GRAPH}/access_token",
        lambda client: client.exchange_long_lived(Secret(TOKEN)),
    ),
    Case(
        "refresh",
        "GET",
        f"{GRAPH}/refresh_access_token",
        lambda client: client.refresh(Secret(TOKEN)),
    ),
    Case("me", "GET", f"{GRAPH}/{VERSION}/me", lambda client: client.me(Secret(TOKEN))),
)


def facebook(call: str, path: str, run: Callable[[FacebookClient], object], answer: Any, **more: Any) -> Case:
    name = more.pop("name", call)
    url = f"{FACEBOOK}/{VERSION}{path}"
    return Case(f"facebook {name}", more.pop("method", "GET"), url, run, answer, build_facebook, call)


TOKEN_ANSWER = {"access_token": "EAAnew", "token_type": "bearer", "expires_in": 5183944}
FACEBOOK_CASES = (
    facebook(
        "code_exchange",
        "/oauth/access_token",
        lambda client: client.exchange_code(code=Secret(CODE), redirect_uri=REDIRECT),
        TOKEN_ANSWER,
    ),
    facebook(
        "long_lived_exchange",
        "/oauth/access_token",
        lambda client: client.exchange_user_token(Secret(TOKEN)),
        TOKEN_ANSWER,
    ),
    facebook("refresh", "/oauth/access_token", lambda client: client.refresh_system_user(Secret(TOKEN)), TOKEN_ANSWER),
    facebook("pages", "/me/accounts", lambda client: client.pages(Secret(TOKEN)), {"data": [{"id": "1"}]}),
    facebook("page", "/1020", lambda client: client.page("1020", Secret(TOKEN)), {"id": "1020"}),
    facebook("inspect", "/debug_token", lambda client: client.inspect(Secret(TOKEN)), {"data": {"is_valid": True}}),
    facebook("me", "/me", lambda client: client.me(Secret(TOKEN)), {"id": "1"}),
    facebook("account", "/1784", lambda client: client.account("1784", Secret(TOKEN)), {"id": "1784"}),
    facebook("ad_accounts", "/me/adaccounts", lambda client: client.ad_accounts(Secret(TOKEN)), {"data": []}),
    facebook(
        "revoke",
        "/1/permissions",
        lambda client: client.delete_permissions("1", Secret(TOKEN)),
        {"success": True},
        method="DELETE",
        name="delete_permissions",
    ),
    facebook("revoke", "/oauth/revoke", lambda client: client.revoke(Secret(TOKEN)), {"success": True}),
)
ALL_CASES = CASES + FACEBOOK_CASES
