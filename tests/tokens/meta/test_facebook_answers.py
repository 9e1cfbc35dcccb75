"""The shapes of success that come back from Facebook's host (meta-wire 2 and 3)."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tokens.meta import (
    AdAccount,
    LongLivedToken,
    MetaTransient,
    Page,
    PermissionMissing,
    Profile,
    Refused,
    Secret,
    UnexpectedReply,
)

from .bodies import graph
from .calls import FACEBOOK_CASES, REDIRECT

URLS = {case.name.removeprefix("facebook "): case.url for case in FACEBOOK_CASES}
TOKEN_URL = URLS["code_exchange"]
LINKED = {
    "id": "1020",
    "name": "The Shop",
    "access_token": "EAAPage",
    "tasks": ["MANAGE", "CREATE_CONTENT"],
    "instagram_business_account": {"id": "17841400000000001", "username": "shop"},
}
A_PAGE = Page("1020", "The Shop", Secret("EAAPage"), "17841400000000001", "shop", ("MANAGE", "CREATE_CONTENT"))


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (
            {"access_token": "EAAnew", "token_type": "bearer", "expires_in": 4172},
            LongLivedToken(Secret("EAAnew"), 4172),
        ),
        ({"access_token": "EAAnew", "expires_in": "5183944"}, LongLivedToken(Secret("EAAnew"), 5183944)),
        ({"access_token": "EAAnew", "token_type": "bearer"}, LongLivedToken(Secret("EAAnew"), None)),
        ({"access_token": "EAAnew", "expires_in": 0}, LongLivedToken(Secret("EAAnew"), None)),
    ],
)
def test_all_three_exchanges_read_the_same_answer(facebook, wire, body, token):
    wire.get(TOKEN_URL, json=body)
    assert facebook.exchange_code(code=Secret("c"), redirect_uri=REDIRECT) == token
    assert facebook.exchange_user_token(Secret("S")) == token
    assert facebook.refresh_system_user(Secret("S")) == token


@pytest.mark.parametrize(
    ("body", "page"),
    [
        (LINKED, A_PAGE),
        ({"id": 1020, "name": "The Shop"}, Page("1020", "The Shop", None, None, None)),
        ({"id": "1", "instagram_business_account": {"id": 17841}}, Page("1", "", None, "17841", None)),
        (
            {"id": "1", "instagram_business_account": "x", "tasks": "", "access_token": 7},
            Page("1", "", None, None, None),
        ),
        ({"id": "1", "name": "a\x00\nb", "tasks": ["A", None, "A"]}, Page("1", "ab", None, None, None, ("A",))),
    ],
)
def test_a_page_is_read_alone_and_in_a_list(facebook, wire, body, page):
    wire.get(URLS["page"], json=body)
    wire.get(URLS["pages"], json={"data": [body, {"name": "without an id"}, None]})
    assert facebook.page("1020", Secret("T")) == page
    assert facebook.pages(Secret("T")) == (page,)


def test_nobody_has_to_have_pages_or_ad_accounts(facebook, wire):
    wire.get(URLS["pages"], json={"data": []})
    wire.get(URLS["ad_accounts"], json={"data": []})
    assert facebook.pages(Secret("T")) == facebook.ad_accounts(Secret("T")) == ()


def test_ad_accounts_are_read(facebook, wire):
    told = [{"id": "act_1", "name": "Shop"}, {"id": "act_2"}, {"id": ""}, 5]
    wire.get(URLS["ad_accounts"], json={"data": told})
    assert facebook.ad_accounts(Secret("T")) == (AdAccount("act_1", "Shop"), AdAccount("act_2", ""))


def test_the_owner_of_a_token_is_nobody_on_instagram(facebook, wire):
    wire.get(URLS["me"], json={"id": "122", "name": "Ada", "username": "x"})
    assert facebook.me(Secret("T")) == Profile("122", None, None, "Ada", None, None)


def test_an_account_is_read_with_its_id_as_that_of_the_professional_account(facebook, wire):
    picture = "https://cdn.test/p.jpg"
    body = {"id": "1784", "username": "shop", "name": "Shop", "profile_picture_url": picture}
    wire.get(URLS["account"], json=body)
    assert facebook.account("1784", Secret("T")) == Profile("1784", None, "shop", "Shop", None, picture)


UNREADABLE = graph(100, "Tried accessing nonexisting field (profile_picture_url)")


def asked(wire):
    return [parse_qs(urlsplit(call.request.url).query)["fields"][0] for call in wire.calls]


def test_fewer_fields_are_asked_for_where_not_all_can_be_read(facebook, wire):
    wire.get(URLS["account"], json=UNREADABLE, status=400)
    wire.get(URLS["account"], json={"id": "1784", "username": "shop"})
    assert facebook.account("1784", Secret("T")).username == "shop"
    assert asked(wire) == ["id,username,name,profile_picture_url", "id,username"]


@pytest.mark.parametrize(
    ("failing", "kind", "times"),
    [(UNREADABLE, Refused, 2), (graph(100, "Gone", 33), PermissionMissing, 2), (graph(10), PermissionMissing, 1)],
)
def test_an_account_that_cannot_be_read_at_all_is_told_so(facebook, wire, failing, kind, times):
    wire.get(URLS["account"], json=failing, status=400)
    with pytest.raises(kind):
        facebook.account("1784", Secret("T"))
    assert len(wire.calls) == times


@pytest.mark.parametrize("body", [{"success": True}, {"success": "true"}])
def test_deleted_permissions_are_confirmed(facebook, wire, body):
    wire.delete(URLS["delete_permissions"], json=body)
    assert facebook.delete_permissions("1", Secret("T")) is None
    assert [call.request.method for call in wire.calls] == ["DELETE"]


@pytest.mark.parametrize("body", [{"success": True}, {}, True, {"success": None}])
def test_a_revocation_is_believed_in_any_shape(facebook, wire, body):
    wire.get(URLS["revoke"], json=body)
    assert facebook.revoke(Secret("T")) is None
    assert len(wire.calls) == 1


WRONG = ("[]", "{}", "null", "5", '"x"', '{"data": {}}', '{"data": null}', '{"id": null}')
DENIED = ('{"success": false}', "false")


@pytest.mark.parametrize("case", FACEBOOK_CASES, ids=lambda case: case.name)
def test_other_shapes_are_unexpected(facebook, wire, case):
    for body in DENIED if case.name == "facebook revoke" else (*WRONG, *DENIED):
        wire.upsert(case.method, case.url, body=body)
        with pytest.raises(UnexpectedReply):
            case.run(facebook)


def test_an_empty_answer_is_no_success(facebook, wire):
    wire.delete(URLS["delete_permissions"], body="")
    wire.get(URLS["revoke"], body="")
    with pytest.raises(MetaTransient):
        facebook.delete_permissions("1", Secret("T"))
    with pytest.raises(MetaTransient):
        facebook.revoke(Secret("T"))
