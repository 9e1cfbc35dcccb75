"""What goes wrong on Facebook's host: codes on each call, and deaths, of which it tells more than Instagram's."""

import pytest

from tokens.meta import (
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Refused,
    TokenDead,
)

from .bodies import TROUBLE, graph
from .calls import CASES, FACEBOOK_CASES
from .test_deaths import SUBCODES, TEXTS, UNPARSABLE

FACEBOOK_ME, INSTAGRAM_ME = FACEBOOK_CASES[6], CASES[3]
CODE_EXCHANGE = FACEBOOK_CASES[0]
OF_FACEBOOK = {465: "user_gone", 466: "revoked", 492: "page_role_lost"}
KILLED = "The session was invalidated explicitly using an API call."


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"json": graph(4)}, MetaRateLimited),
        ({"json": graph(80002), "status": 403}, MetaRateLimited),
        ({"json": graph(2), "status": 500}, MetaTransient),
        ({"json": graph(190, is_transient=True)}, MetaTransient),
        ({"body": "<html>no</html>", "status": 503}, MetaTransient),
        ({"json": graph(10), "status": 403}, PermissionMissing),
        ({"json": graph(200)}, PermissionMissing),
        ({"json": graph(100, "Unsupported get request. Object does not exist", 33)}, PermissionMissing),
        ({"json": graph(368)}, Refused),
        ({"json": graph(2500, "An active access token must be used")}, Refused),
        ({"json": graph(101, "Error validating application.")}, OurMisconfiguration),
        ({"json": graph(1, "Error validating client secret.")}, OurMisconfiguration),
        ({"json": graph(100, "Invalid appsecret_proof provided in the API argument")}, OurMisconfiguration),
    ],
)
def test_every_call_knows_the_codes(error_of, answer, kind):
    for case in FACEBOOK_CASES:
        error = error_of(case, **answer)
        assert isinstance(error, kind)
        assert error.call == case.call


def test_every_call_but_an_inspection_can_find_its_token_dead(error_of):
    for case in FACEBOOK_CASES:
        if case.call != "inspect":
            assert error_of(case, json=graph(190, "x", 463)).reason == "expired"


@pytest.mark.parametrize(("subcode", "reason"), {**SUBCODES, **OF_FACEBOOK}.items())
def test_the_subcode_tells_the_reason_by_the_table_of_the_host(error_of, subcode, reason):
    body = graph(190, TROUBLE + KILLED, subcode)
    assert error_of(FACEBOOK_ME, json=body).reason == reason
    assert error_of(INSTAGRAM_ME, json=body).reason == SUBCODES[subcode]


@pytest.mark.parametrize(("text", "reason"), TEXTS)
def test_the_text_tells_it_where_there_is_no_subcode(error_of, text, reason):
    error = error_of(FACEBOOK_ME, json=graph(190, TROUBLE + text))
    assert (error.reason, error.unparsable) == ("revoked" if text == KILLED else reason, False)


@pytest.mark.parametrize("text", UNPARSABLE)
def test_what_meta_cannot_parse_is_marked_so(error_of, text):
    error = error_of(FACEBOOK_ME, json=graph(190, text))
    assert (error.reason, error.unparsable) == ("unknown", True)


@pytest.mark.parametrize(
    ("message", "subcode"),
    [
        ("This authorization code has been used.", 36009),
        ("This authorization code has expired.", 36007),
        ("Invalid verification code format.", None),
        ("Error validating verification code.", None),
    ],
)
def test_a_code_that_was_used_is_told_apart(error_of, message, subcode):
    error = error_of(CODE_EXCHANGE, json=graph(100, message, subcode))
    assert isinstance(error, Refused)
    assert error.kind == "code_rejected"


def test_another_redirect_uri_is_our_mistake(error_of):
    said = "Error validating verification code. Please make sure your redirect_uri is identical to the one you used"
    for body in (graph(100, said, 36008), graph(100, "Error validating verification code.", 36008)):
        error = error_of(CODE_EXCHANGE, json=body)
        assert isinstance(error, OurMisconfiguration)
        assert error.kind == "redirect_uri"


def test_no_token_of_facebooks_is_too_young(error_of):
    """That text is Instagram's; here it would hide a death."""
    error = error_of(FACEBOOK_ME, json=graph(190, "Blocked for 24 hours"))
    assert isinstance(error, TokenDead)
