from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tokens.meta import AppCredentials, Endpoints, InstagramClient, Secret

from .calls import APP_ID, APP_SECRET, REDIRECT

ARGUMENTS: Any = {"redirect_uri": REDIRECT, "state": "s&1 ", "scopes": ("instagram_business_basic", "b")}


def test_the_dialogs_address_carries_all_that_meta_requires(client):
    url = client.authorize_url(**ARGUMENTS)
    assert url.startswith("https://www.instagram.test/oauth/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "client_id": [APP_ID],
        "redirect_uri": [REDIRECT],
        "response_type": ["code"],
        "scope": ["instagram_business_basic,b"],
        "state": ["s&1 "],
    }


def test_the_app_secret_is_not_in_it(client):
    assert APP_SECRET not in client.authorize_url(**ARGUMENTS)


def test_another_account_can_be_asked_for(client):
    query = parse_qs(urlsplit(client.authorize_url(**ARGUMENTS, force_reauth=True)).query)
    assert query["force_reauth"] == ["true"]


@pytest.mark.parametrize("base", ["https://www.test/auth", "https://www.test/auth?x=1"])
def test_an_address_may_have_a_query_already(base):
    client = InstagramClient(Endpoints(base, "", "", "v26.0"), AppCredentials("1", Secret("s")))
    url = client.authorize_url(**ARGUMENTS)
    client.close()
    assert url.count("?") == 1
    assert parse_qs(urlsplit(url).query)["client_id"] == ["1"]
