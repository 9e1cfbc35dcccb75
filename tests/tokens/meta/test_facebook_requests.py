"""What goes out to Facebook's host, each parameter of it."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tokens.meta import AppCredentials, FacebookClient, FacebookEndpoints, MetaTransient, Refused, Secret
from tokens.meta.proof import app_token, appsecret_proof

from .calls import APP_ID, APP_SECRET, CODE, FACEBOOK, FACEBOOK_CASES, PROOF, REDIRECT, TOKEN, VERSION
from .servers import keeping_alive, saying

CREDENTIALS = {"client_id": APP_ID, "client_secret": APP_SECRET}
SPOKEN_FOR = {"access_token": TOKEN, "appsecret_proof": PROOF}
PAGE_FIELDS = "id,name,access_token,instagram_business_account{id,username}"
EXPECTED = [
    {**CREDENTIALS, "redirect_uri": REDIRECT, "code": CODE},
    {**CREDENTIALS, "grant_type": "fb_exchange_token", "fb_exchange_token": TOKEN},
    {
        **CREDENTIALS,
        "grant_type": "fb_exchange_token",
        "set_token_expires_in_60_days": "true",
        "fb_exchange_token": TOKEN,
    },
    {
        **SPOKEN_FOR,
        "fields": "id,name,access_token,tasks,instagram_business_account{id,username}",
        "limit": "100",
    },
    {**SPOKEN_FOR, "fields": PAGE_FIELDS},
    {
        "input_token": TOKEN,
        "access_token": f"{APP_ID}|{APP_SECRET}",
        "appsecret_proof": appsecret_proof(
            Secret(f"{APP_ID}|{APP_SECRET}"), AppCredentials(APP_ID, Secret(APP_SECRET))
        ).reveal(),
    },
    {**SPOKEN_FOR, "fields": "id,name"},
    {**SPOKEN_FOR, "fields": "id,username,name,profile_picture_url"},
    {**SPOKEN_FOR, "fields": "id,name", "limit": "100"},
    SPOKEN_FOR,
    {**CREDENTIALS, **SPOKEN_FOR, "revoke_token": TOKEN},
]


@pytest.mark.parametrize(
    ("case", "query"), list(zip(FACEBOOK_CASES, EXPECTED, strict=True)), ids=[case.name for case in FACEBOOK_CASES]
)
def test_each_call_sends_what_is_documented_and_no_more(facebook, wire, case, query):
    wire.add(case.method, case.url, json=case.answer)
    case.run(facebook)
    (call,) = wire.calls
    assert call.request.method == case.method
    assert call.request.url.partition("?")[0] == case.url
    assert sorted(parse_qsl(urlsplit(call.request.url).query)) == sorted(query.items())
    assert "Authorization" not in call.request.headers
    assert not call.request.body


def test_the_proof_is_the_hex_hmac_of_the_token():
    """By RFC 4231, test case 2."""
    proof = appsecret_proof(Secret("what do ya want for nothing?"), AppCredentials("1", Secret("Jefe")))
    assert proof.reveal() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_an_app_speaks_for_itself_by_id_and_secret():
    assert app_token(AppCredentials("12", Secret("abc"))).reveal() == "12|abc"


@pytest.mark.parametrize("code", ["AQBcode", "AQBcode#_", " AQBcode#_\n"])
def test_a_code_travels_without_its_fragment(facebook, wire, code):
    wire.get(FACEBOOK_CASES[0].url, json={"access_token": "T"})
    facebook.exchange_code(code=Secret(code), redirect_uri=REDIRECT)
    assert parse_qs(urlsplit(wire.calls[0].request.url).query)["code"] == ["AQBcode"]


def test_an_empty_token_does_not_let_the_app_speak_instead(facebook, wire):
    wire.get(FACEBOOK_CASES[6].url, json={"id": "1"})
    facebook.me(Secret(""))
    assert APP_SECRET not in str(parse_qs(urlsplit(wire.calls[0].request.url).query))


@pytest.mark.parametrize("rerequest", [False, True])
def test_the_dialogs_address_carries_all_that_is_documented(facebook, rerequest):
    scopes = ("instagram_basic", "pages_show_list")
    url = facebook.authorize_url(redirect_uri=REDIRECT, state="s&1 ", scopes=scopes, rerequest=rerequest)
    address, _, query = url.partition("?")
    assert address == f"https://www.facebook.test/{VERSION}/dialog/oauth"
    assert dict(parse_qsl(query)) == {
        "client_id": APP_ID,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "instagram_basic,pages_show_list",
        "state": "s&1 ",
        **({"auth_type": "rerequest"} if rerequest else {}),
    }
    assert APP_SECRET not in url


def test_bases_may_have_a_path_and_end_in_a_slash(wire):
    endpoints = FacebookEndpoints("http://x.test/facebook/", "http://x.test/facebook-graph/", VERSION)
    client = FacebookClient(endpoints, AppCredentials("1", Secret("s")))
    wire.get(f"http://x.test/facebook-graph/{VERSION}/me", json={"id": "7"})
    assert client.me(Secret("T")).user_id == "7"
    url = client.authorize_url(redirect_uri=REDIRECT, state="s", scopes=())
    assert url.startswith(f"http://x.test/facebook/{VERSION}/dialog/oauth?")
    client.close()


@pytest.mark.parametrize("odd", ["", "me/accounts", "..", "1?x=1", "1#", "1/../2", "a b", "1\r\nX: y", "é", "\ud800"])
def test_what_is_no_id_is_not_asked_for(facebook, wire, odd):
    calls = (facebook.page, facebook.account, facebook.delete_permissions)
    for call in calls:
        with pytest.raises(Refused) as caught:
            call(odd, Secret(TOKEN))
        assert (caught.value.kind, caught.value.status) == ("bad_request", None)
    assert len(wire.calls) == 0


@pytest.mark.parametrize("value", ["a\nb", "\x00", "€", "\ud800"])
def test_what_cannot_be_sent_is_not(facebook, wire, value):
    runs = (
        lambda: facebook.me(Secret(value)),
        lambda: facebook.inspect(Secret(value)),
        lambda: facebook.revoke(Secret(value)),
        lambda: facebook.exchange_user_token(Secret(value)),
    )
    for run in runs:
        with pytest.raises(Refused) as caught:
            run()
        assert caught.value.kind == "bad_request"
    assert len(wire.calls) == 0


def test_a_redirect_uri_that_cannot_be_sent_is_refused(facebook):
    with pytest.raises(Refused):
        facebook.exchange_code(code=Secret("c"), redirect_uri="https://x.test/\ud800")


@pytest.mark.parametrize("case", FACEBOOK_CASES, ids=lambda case: case.name)
def test_redirects_are_not_followed(connect, serve, case):
    requests: list[bytes] = []
    elsewhere = serve(keeping_alive(b"{}", requests))
    answer = b"HTTP/1.1 307 Moved\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n" % elsewhere.url.encode()
    with pytest.raises(MetaTransient) as caught:
        case.run(connect(serve(saying(answer)).url, case.build))
    assert (caught.value.kind, caught.value.call) == ("redirect", case.call)
    assert requests == []


def test_a_deletion_travels_as_one_on_the_same_connection(connect, serve):
    requests: list[bytes] = []
    server = serve(keeping_alive(b'{"success": true}', requests))
    client = connect(server.url, FACEBOOK_CASES[9].build)
    client.delete_permissions("17", Secret("T"))
    client.revoke(Secret("T"))
    assert requests[0].startswith(b"DELETE /v26.0/17/permissions?access_token=T&appsecret_proof=")
    assert requests[1].startswith(b"GET /v26.0/oauth/revoke?")
    assert server.connections == 1


def test_what_is_remembered_of_addresses_does_not_grow_with_ids(facebook, wire):
    for number in range(1, 20):
        wire.get(f"{FACEBOOK}/{VERSION}/{number}", json={"id": str(number)})
        facebook.page(str(number), Secret("T"))
    assert len(facebook._wire._places) == 1


def test_another_version_served_is_reported_whatever_the_call(facebook, wire, caplog):
    case = FACEBOOK_CASES[3]
    wire.get(case.url, json=case.answer, headers={"facebook-api-version": "v25.0"})
    for _ in range(2):
        case.run(facebook)
    assert [record.getMessage() for record in caplog.records] == [
        "Meta serves Graph API version v25.0 where v26.0 was asked for"
    ]
