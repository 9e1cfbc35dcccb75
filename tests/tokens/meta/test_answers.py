"""What goes out, and the shapes of success that come back."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tokens.meta import LongLivedToken, Profile, Secret, ShortLivedToken, UnexpectedReply

from .calls import API, APP_ID, APP_SECRET, CASES, GRAPH, REDIRECT, VERSION

CODE_URL, EXCHANGE_URL, REFRESH_URL, ME_URL = (case.url for case in CASES)
BASIC = "instagram_business_basic"
COMMENTS = "instagram_business_manage_comments"


def exchanged(client, code="AQBcode"):
    return client.exchange_code(code=Secret(code), redirect_uri=REDIRECT)


@pytest.mark.parametrize(
    ("body", "permissions"),
    [
        (
            {"data": [{"access_token": "T", "user_id": "1", "permissions": f"{BASIC},{COMMENTS}"}]},
            (BASIC, COMMENTS),
        ),
        ({"access_token": "T", "user_id": 1}, None),
        ({"access_token": "T", "user_id": "1", "permissions": [BASIC, COMMENTS]}, (BASIC, COMMENTS)),
        (
            {"access_token": "T", "user_id": 1, "permissions": f"{BASIC}, {COMMENTS}  {BASIC},"},
            (BASIC, COMMENTS),
        ),
        ({"access_token": "T", "user_id": "1", "permissions": []}, ()),
        ({"access_token": "T", "user_id": "1", "permissions": ""}, ()),
        ({"access_token": "T", "user_id": "1", "permissions": None}, None),
        ({"access_token": "T", "user_id": "1", "permissions": 7}, None),
        ({"access_token": "T", "user_id": "1", "permissions": [BASIC, None, 7, " "]}, (BASIC,)),
        ({"data": [], "access_token": "T", "user_id": "1"}, None),
    ],
)
def test_a_code_is_exchanged_in_any_of_the_shapes(client, wire, body, permissions):
    wire.post(CODE_URL, json=body)
    assert exchanged(client) == ShortLivedToken(Secret("T"), "1", permissions)


@pytest.mark.parametrize("code", ["AQBcode", "AQBcode#_", " AQBcode#_\n"])
def test_a_code_travels_in_a_form_without_its_fragment(client, wire, code):
    wire.post(CODE_URL, json={"access_token": "T", "user_id": 1})
    exchanged(client, code)
    request = wire.calls[0].request
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.url == f"{API}/oauth/access_token"
    assert dict(parse_qsl(request.body)) == {
        "client_id": APP_ID,
        "client_secret": APP_SECRET,
        "grant_type": "authorization_code",
        "redirect_uri": REDIRECT,
        "code": "AQBcode",
    }


@pytest.mark.parametrize("user_id", [None, "", True, 0, -5, 1.5, [], "a b", "x" * 65, 10**70, "\u0661", "1\n2"])
def test_a_short_token_without_a_usable_id_is_unexpected(client, wire, user_id):
    wire.post(CODE_URL, json={"access_token": "T", "user_id": user_id})
    with pytest.raises(UnexpectedReply):
        exchanged(client)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\nb", "a\x00", "\u00e9\u20ac", "\ud800", None, 7, ["T"], {}, True])
def test_what_is_no_token_is_unexpected(client, wire, token):
    wire.post(CODE_URL, json={"access_token": token, "user_id": 1})
    wire.get(EXCHANGE_URL, json={"access_token": token, "expires_in": 5184000})
    wire.get(REFRESH_URL, json={"access_token": token, "expires_in": 5184000})
    for call in (exchanged, lambda c: c.exchange_long_lived(Secret("S")), lambda c: c.refresh(Secret("L"))):
        with pytest.raises(UnexpectedReply):
            call(client)


@pytest.mark.parametrize(
    ("expires_in", "expected"),
    [
        (5183944, 5183944),
        ("5183944", 5183944),
        (5183944.0, 5183944),
        (1, 1),
        (0, None),
        (-1, None),
        (True, None),
        (5183944.5, None),
        ("soon", None),
        ("", None),
        (None, None),
        ([5183944], None),
        (10**40, None),
        ("\u0661\u0662", None),
    ],
)
def test_the_life_of_a_token_is_what_meta_says_or_nothing(client, wire, expires_in, expected):
    wire.get(REFRESH_URL, json={"access_token": "N", "token_type": "bearer", "expires_in": expires_in})
    wire.get(EXCHANGE_URL, json={"access_token": "N", "expires_in": expires_in})
    assert client.refresh(Secret("L")) == LongLivedToken(Secret("N"), expected)
    assert client.exchange_long_lived(Secret("S")) == LongLivedToken(Secret("N"), expected)


def test_a_life_not_mentioned_is_unknown(client, wire):
    wire.get(REFRESH_URL, json={"access_token": "N"})
    assert client.refresh(Secret("L")).expires_in is None


def test_an_exchange_sends_the_secret_and_no_more(client, wire):
    wire.get(EXCHANGE_URL, json={"access_token": "N", "expires_in": 5})
    client.exchange_long_lived(Secret("S&1"))
    assert parse_qs(urlsplit(wire.calls[0].request.url).query) == {
        "grant_type": ["ig_exchange_token"],
        "client_secret": [APP_SECRET],
        "access_token": ["S&1"],
    }


def test_a_refresh_sends_no_secret_and_no_bearer(client, wire):
    wire.get(REFRESH_URL, json={"access_token": "N", "expires_in": 5})
    client.refresh(Secret("L 1"))
    request = wire.calls[0].request
    assert parse_qs(urlsplit(request.url).query) == {
        "grant_type": ["ig_refresh_token"],
        "access_token": ["L 1"],
    }
    assert urlsplit(request.url).path == "/refresh_access_token"
    assert "Authorization" not in request.headers


def test_me_keeps_the_token_out_of_the_url(client, wire):
    wire.get(ME_URL, json={"user_id": "1", "username": "shop"})
    client.me(Secret("IGAAtoken"))
    request = wire.calls[0].request
    assert request.url == f"{GRAPH}/{VERSION}/me?fields=user_id%2Cusername"
    assert request.headers["Authorization"] == "Bearer IGAAtoken"


def test_every_request_says_who_asks(client, wire):
    wire.get(ME_URL, json={"user_id": "1"})
    client.me(Secret("T"))
    headers = wire.calls[0].request.headers
    assert headers["User-Agent"] == "Perennial/0.1.0"
    assert headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in headers


FULL = {
    "user_id": "17841400000000001",
    "username": "shop",
    "name": "The Shop \U0001f469\u200d\U0001f33e",
    "account_type": "Media_Creator",
    "profile_picture_url": "https://cdn.test/p.jpg",
    "followers_count": 12,
    "id": "2548",
}


@pytest.mark.parametrize("body", [FULL, {"data": [FULL]}])
def test_a_profile_is_read_in_both_shapes(client, wire, body):
    wire.get(ME_URL, json=body)
    assert client.me(Secret("T"), detailed=True) == Profile(
        user_id="17841400000000001",
        app_scoped_id="2548",
        username="shop",
        name="The Shop \U0001f469\u200d\U0001f33e",
        account_type="Media_Creator",
        picture_url="https://cdn.test/p.jpg",
    )


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"user_id": 17841400000000001}, ("17841400000000001", None)),
        ({"id": "2548"}, (None, "2548")),
        ({"id": 2548, "user_id": None}, (None, "2548")),
        ({"data": [{"user_id": " 1 "}]}, ("1", None)),
    ],
)
def test_one_id_is_enough(client, wire, body, ids):
    wire.get(ME_URL, json=body)
    profile = client.me(Secret("T"))
    assert (profile.user_id, profile.app_scoped_id) == ids
    assert profile.username is profile.name is profile.account_type is profile.picture_url is None


def test_a_profile_without_ids_is_unexpected(client, wire):
    wire.get(ME_URL, json={"username": "shop"})
    with pytest.raises(UnexpectedReply):
        client.me(Secret("T"))


def test_texts_of_a_profile_bear_no_control_characters(client, wire):
    odd = {
        "username": "a\x00b\r\nc",
        "name": ["x"],
        "account_type": " ",
        "profile_picture_url": "javascript:x",
    }
    wire.get(ME_URL, json={"id": "1", **odd})
    profile = client.me(Secret("T"))
    assert (profile.username, profile.name, profile.account_type, profile.picture_url) == (
        "abc",
        None,
        None,
        None,
    )
