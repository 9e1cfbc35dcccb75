"""The shapes in which complaints come (meta-wire 4.1), and answers that are none."""

import pytest

from tokens.meta import (
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    Refused,
    Secret,
    TokenDead,
    UnexpectedReply,
)

from .bodies import USED_CODE, flat, graph
from .calls import CASES

CODE_EXCHANGE, EXCHANGE, REFRESH, ME = CASES
HTML = "<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>"


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.mark.parametrize(
    "message",
    [
        USED_CODE,
        "This authorization code has been used.",
        "This authorization code has expired",
        "Invalid verification code format.",
        "Code was already redeemed",
        "Invalid code",
    ],
)
@pytest.mark.parametrize("shape", [flat, lambda text: graph(100, text), lambda text: graph(190, text)])
def test_a_used_code_is_told_apart(error_of, message, shape):
    error = error_of(CODE_EXCHANGE, json=shape(message))
    assert isinstance(error, Refused)
    assert error.kind == "code_rejected"


def test_a_code_can_only_be_rejected_where_one_was_sent(error_of):
    assert error_of(REFRESH, json=flat(USED_CODE)).kind == "unknown"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Invalid platform app", "unknown_app"),
        ("INVALID PLATFORM APP", "unknown_app"),
        ("Error validating client secret.", "app_credentials"),
        ("Redirect URI does not match the one the code was requested with", "redirect_uri"),
        ("Invalid scrubbed redirect_uri", "redirect_uri"),
        ("Invalid redirect_uri", "redirect_uri"),
        ("Invalid scope [business_basic]", "scope"),
    ],
)
@pytest.mark.parametrize("shape", [flat, lambda text: {"meta": flat(text)}])
def test_the_flat_shapes_tell_of_our_mistakes(error_of, message, kind, shape):
    error = error_of(CODE_EXCHANGE, json=shape(message))
    assert isinstance(error, OurMisconfiguration)
    assert (error.kind, error.code, error.status) == (kind, None, 400)


@pytest.mark.parametrize(
    "body", [flat("Invalid response type: token"), {"error_type": "X"}, {"meta": {"error_message": "no"}}]
)
def test_unknown_flat_errors_are_refusals(error_of, case, body):
    error = error_of(case, json=body)
    assert isinstance(error, Refused)
    assert (error.kind, error.code) == ("unknown", None)


def test_a_flat_code_is_an_http_status(error_of):
    assert isinstance(error_of(REFRESH, json=flat("Slow down", 429)), MetaRateLimited)


@pytest.mark.parametrize(("code", "kind"), [(500, "server"), (503, "server")])
def test_a_flat_trouble_is_transient(error_of, case, code, kind):
    assert error_of(case, json=flat("Trouble", code)).kind == kind


def test_a_flat_code_of_graph_is_one(error_of):
    assert isinstance(error_of(REFRESH, json=flat("Session has expired on Monday", 190)), TokenDead)


def test_the_shape_of_debug_token_is_read(error_of, case):
    nested = {"code": 190, "message": "Session has expired on Monday", "subcode": 463}
    error = error_of(case, json={"data": {"is_valid": False, "error": nested}}, status=200)
    assert isinstance(error, TokenDead)
    assert (error.reason, error.subcode, error.status) == ("expired", 463, 200)


@pytest.mark.parametrize("status", [200, 201, 400, 500])
def test_an_error_counts_whatever_the_status(error_of, case, status):
    assert isinstance(error_of(case, json={**graph(190), "access_token": "IGAA"}, status=status), TokenDead)


def test_oauths_own_shape_is_a_complaint(error_of):
    body = {"error": "invalid_request", "error_description": "Error validating client secret."}
    assert isinstance(error_of(CODE_EXCHANGE, json=body), OurMisconfiguration)


@pytest.mark.parametrize("value", ["", None, False, [], {}, 0])
def test_an_empty_error_is_none(client, wire, value):
    wire.get(REFRESH.url, json={"error": value, "access_token": "IGAAnew"})
    assert client.refresh(Secret("IGAAold")).token.reveal() == "IGAAnew"


@pytest.mark.parametrize("value", [[1], 7, True, "gone"])
def test_an_odd_error_is_a_refusal(error_of, case, value):
    assert error_of(case, json={"error": value}, status=200).kind == "unknown"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, HTML, "server"),
        (502, "", "server"),
        (503, HTML, "server"),
        (504, "{}", "server"),
        (599, "[]", "server"),
        (200, HTML, "not_json"),
        (400, HTML, "not_json"),
        (403, HTML, "not_json"),
        (404, HTML, "not_json"),
        (200, "", "empty"),
        (200, " \r\n", "empty"),
        (204, "", "empty"),
        (400, "", "empty"),
        (200, b"\xff\xfe\xfa", "not_json"),
        (200, '{"access_token": "IGAA', "not_json"),
        (200, "[" * 100_000, "not_json"),
        (200, "9" * 5000, "not_json"),
    ],
)
def test_what_is_no_json_is_transient(error_of, case, status, body, kind):
    error = error_of(case, body=body, status=status)
    assert isinstance(error, MetaTransient)
    assert (error.kind, error.status) == (kind, status)


@pytest.mark.parametrize("body", [HTML, "", "{}"])
def test_429_without_an_error_is_a_rate_limit(error_of, case, body):
    error = error_of(case, body=body, status=429, headers={"Retry-After": "30"})
    assert isinstance(error, MetaRateLimited)
    assert (error.retry_after, error.scope) == (30, "app")


def test_429_is_the_accounts_where_only_its_own_use_is_exhausted(error_of, case):
    usage = '{"1784": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 19}]}'
    error = error_of(case, body="", status=429, headers={"X-Business-Use-Case-Usage": usage})
    assert (error.retry_after, error.scope) == (19 * 60, "account")


@pytest.mark.parametrize("body", ["{}", "[]", "null", '"text"', "1"])
@pytest.mark.parametrize("status", [400, 401, 404])
def test_json_that_explains_nothing_is_a_refusal(error_of, case, body, status):
    error = error_of(case, body=body, status=status)
    assert isinstance(error, Refused)
    assert error.kind == "unknown"


@pytest.mark.parametrize("body", ["{}", "[]", "null", '"text"', "1", "true", '{"data": []}', '{"data": [1]}'])
def test_a_success_of_the_wrong_shape_is_unexpected(error_of, case, body):
    error = error_of(case, body=body, status=200)
    assert isinstance(error, UnexpectedReply)
    assert (error.status, error.permanent) == (200, False)
