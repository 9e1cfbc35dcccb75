"""The answers of debug_token (meta-wire 2.1)."""

import time

import pytest

from tokens.meta import Inspection, MetaTransient, OurMisconfiguration, Refused, Secret, TokenDead, UnexpectedReply

from .bodies import TROUBLE, graph
from .calls import FACEBOOK_CASES

INSPECT = FACEBOOK_CASES[5]
NOTHING = Inspection("", None, None, None, None, None, None, None, {})
USER = {
    "app_id": "1020",
    "type": "USER",
    "application": "My App",
    "data_access_expires_at": 1676526788,
    "expires_at": 1673934788,
    "is_valid": True,
    "issued_at": 1668750788,
    "scopes": ["instagram_basic", "pages_show_list"],
    "granular_scopes": [{"scope": "instagram_basic", "target_ids": ["1784"]}, {"scope": "pages_show_list"}],
    "user_id": "12",
}
SYSTEM_USER = {
    "app_id": "6",
    "type": "SYSTEM_USER",
    "data_access_expires_at": 0,
    "expires_at": 0,
    "is_valid": True,
    "issued_at": 1712099387,
    "scopes": ["ads_read"],
    "granular_scopes": [{"scope": "ads_read"}],
    "user_id": "1",
}
PAGE = {"type": "page", "profile_id": 1020, "app_id": 5, "is_valid": True, "expires_at": "0", "issued_at": "1668750788"}


def inspected(facebook, wire, data):
    wire.get(INSPECT.url, json={"data": data})
    return facebook.inspect(Secret("T"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            USER,
            Inspection(
                kind="USER",
                app_id="1020",
                user_id="12",
                profile_id=None,
                issued_at=1668750788,
                expires_at=1673934788,
                data_access_expires_at=1676526788,
                scopes=("instagram_basic", "pages_show_list"),
                targets={"instagram_basic": ("1784",), "pages_show_list": ()},
            ),
        ),
        (
            SYSTEM_USER,
            Inspection("SYSTEM_USER", "6", "1", None, 1712099387, 0, 0, ("ads_read",), {"ads_read": ()}),
        ),
        (PAGE, Inspection("PAGE", "5", None, "1020", 1668750788, 0, None, None, {})),
        ({"is_valid": True}, NOTHING),
        ({"is_valid": "true", "error": None}, NOTHING),
    ],
)
def test_a_valid_token_is_told_of(facebook, wire, data, told):
    assert inspected(facebook, wire, data) == told


@pytest.mark.parametrize("odd", [-1, True, 1.5, "soon", "", None, [1], {}])
def test_a_moment_that_is_none_is_not_told(facebook, wire, odd):
    told = inspected(
        facebook, wire, {"is_valid": True, "issued_at": odd, "expires_at": odd, "data_access_expires_at": odd}
    )
    assert (told.issued_at, told.expires_at, told.data_access_expires_at) == (None, None, None)


@pytest.mark.parametrize("far", [6_000_000_000, 253_402_300_799, 10**12, 10**40, "9" * 19])
def test_what_ends_after_a_hundred_years_never_does_and_was_not_issued_then(facebook, wire, far):
    told = inspected(
        facebook, wire, {"is_valid": True, "issued_at": far, "expires_at": far, "data_access_expires_at": far}
    )
    assert (told.issued_at, told.expires_at, told.data_access_expires_at) == (None, 0, 0)


@pytest.mark.parametrize(("ahead", "believed"), [(5, True), (2 * 3600, False)])
def test_what_is_yet_to_be_issued_is_not_believed_beyond_what_clocks_differ(facebook, wire, ahead, believed):
    at = int(time.time()) + ahead
    assert inspected(facebook, wire, {"is_valid": True, "issued_at": at}).issued_at == (at if believed else None)


def test_nothing_was_issued_in_1970(facebook, wire):
    assert inspected(facebook, wire, {"is_valid": True, "issued_at": 0}).issued_at is None


@pytest.mark.parametrize(
    ("scopes", "granular", "told"),
    [
        ([], [], ((), {})),
        ("a,b", None, (("a", "b"), {})),
        (5, {"scope": "a"}, (None, {})),
        ([None, "a", ["b"], "a"], [None, 5, {"scope": None}, {"scope": " "}, {"target_ids": ["1"]}], (("a",), {})),
        (
            None,
            [{"scope": "a", "target_ids": [1, "2", None, "x y", {}, 1]}, {"scope": "a", "target_ids": ["3"]}],
            (None, {"a": ("1", "2", "3")}),
        ),
        (None, [{"scope": "a", "target_ids": "12"}], (None, {"a": ()})),
    ],
)
def test_permissions_are_read_leniently(facebook, wire, scopes, granular, told):
    found = inspected(facebook, wire, {"is_valid": True, "scopes": scopes, "granular_scopes": granular})
    assert (found.scopes, found.targets) == told


def refused(error_of, data):
    return error_of(INSPECT, json={"data": data}, status=200)


@pytest.mark.parametrize(
    ("error", "reason", "unparsable"),
    [
        ({"code": 190, "message": TROUBLE + "Session has expired on Monday", "subcode": 463}, "expired", False),
        ({"code": 190, "message": "Whatever", "subcode": 460}, "password_changed", False),
        (
            {"code": 190, "message": TROUBLE + "The session was invalidated explicitly using an API call."},
            "revoked",
            False,
        ),
        ({"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}, "unknown", True),
        ({"code": 102, "message": "x"}, "unknown", False),
        ({"message": TROUBLE + "Session has expired on Monday"}, "expired", False),
        ({"code": 99999, "message": "Something new"}, "unknown", False),
        ({"code": 100, "message": "Something new"}, "unknown", False),
        ("no", "unknown", False),
    ],
)
def test_an_invalid_token_is_dead_by_the_error_inside(error_of, error, reason, unparsable):
    found = refused(error_of, {"is_valid": False, "expires_at": 0, "scopes": [], "error": error})
    assert isinstance(found, TokenDead)
    assert (found.reason, found.unparsable, found.call, found.status) == (reason, unparsable, "inspect", 200)


@pytest.mark.parametrize("error", [None, {}, "", False])
@pytest.mark.parametrize("invalid", [False, "false"])
def test_an_invalid_token_is_dead_also_without_a_reason(error_of, error, invalid):
    found = refused(error_of, {**USER, "is_valid": invalid, "error": error})
    assert isinstance(found, TokenDead)
    assert (found.reason, found.unparsable) == ("unknown", False)


@pytest.mark.parametrize("code", [1, 2])
def test_a_troubled_service_kills_nothing(error_of, code):
    found = refused(error_of, {"is_valid": False, "error": {"code": code, "message": "Try again later"}})
    assert isinstance(found, MetaTransient)


@pytest.mark.parametrize("valid", [None, 0, 1, "yes", [], {}])
def test_a_token_of_which_nothing_is_told_is_neither(facebook, wire, valid):
    with pytest.raises(UnexpectedReply):
        inspected(facebook, wire, {**USER, "is_valid": valid})


def test_only_debug_token_calls_tokens_invalid(facebook, wire):
    wire.get(FACEBOOK_CASES[3].url, json={"data": {"is_valid": False}})
    with pytest.raises(UnexpectedReply):
        facebook.pages(Secret("T"))


WRONG_APP = "(#100) The App_id in the input_token did not match the Viewing App"


@pytest.mark.parametrize(
    "answer",
    [
        {"json": graph(100, WRONG_APP)},
        {"json": {"data": {"is_valid": False, "error": {"code": 100, "message": WRONG_APP}}}, "status": 200},
        {"json": {"data": {"is_valid": False, "error": {"code": 190, "message": WRONG_APP}}}, "status": 200},
    ],
)
def test_a_token_of_another_app_is_told_so(error_of, answer):
    found = error_of(INSPECT, **answer)
    assert isinstance(found, Refused)
    assert found.kind == "wrong_app"


BAD_CALLER = (
    "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app"
)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (graph(100, BAD_CALLER), "app_credentials"),
        (graph(190, "Invalid OAuth access token signature."), "app_credentials"),
        (graph(190, "Invalid OAuth access token - Cannot parse access token"), "app_credentials"),
        (graph(190, "Error validating application. Cannot get application info due to a system error."), "unknown_app"),
        (graph(101, "Error validating application. Invalid application ID."), "unknown_app"),
    ],
)
def test_a_complaint_of_the_caller_is_no_death_of_the_token(error_of, body, kind):
    """The app token that asks is ours: were it a death, a wrong secret would end every connection."""
    found = error_of(INSPECT, json=body)
    assert isinstance(found, OurMisconfiguration)
    assert found.kind == kind
