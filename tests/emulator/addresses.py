"""Where the product finds each of Meta's hosts when this emulator plays them."""

from .wire import FACEBOOK_DIALOG, FACEBOOK_GRAPH


def addresses(url: str, browser_url: str = "") -> dict[str, str]:
    """The product's settings by their names.

    url: the emulator's own, without a slash at its end.
    browser_url: where people's browsers find it, if that differs.
    """
    seen = browser_url or url
    return {
        "INSTAGRAM_AUTHORIZE_URL": f"{seen}/oauth/authorize",
        "INSTAGRAM_API_URL": url,
        "INSTAGRAM_GRAPH_URL": url,
        "FACEBOOK_DIALOG_URL": f"{seen}{FACEBOOK_DIALOG}",
        "FACEBOOK_GRAPH_URL": f"{url}{FACEBOOK_GRAPH}",
    }
