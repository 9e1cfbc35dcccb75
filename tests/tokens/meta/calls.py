"""The four calls, with secrets to look for afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from tokens.meta import AppCredentials, Endpoints, InstagramClient, Secret

API = "https://api.instagram.test"
GRAPH = "https://graph.instagram.test"
VERSION = "v26.0"
REDIRECT = "https://perennial.test/oauth/callback/instagram/"

APP_ID = "990602627938098"
# No look of a Meta token about them, so that nothing finds them by their look.
APP_SECRET = "a-planted~secret.of+the/app=="
TOKEN = "planted_token/of+the account%"
CODE = "a&planted code=of \u00e9ach person"


@dataclass(frozen=True)
class Case:
    name: str
    method: str
    url: str
    run: Callable[[InstagramClient], object]


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


def build_client(base: str = "", **options: float) -> InstagramClient:
    """A client of the mocked hosts, or of one real server at `base`."""
    endpoints = Endpoints("https://www.instagram.test/oauth/authorize", base or API, base or GRAPH, VERSION)
    return InstagramClient(endpoints, AppCredentials(APP_ID, Secret(APP_SECRET)), **options)  # type: ignore[arg-type]
