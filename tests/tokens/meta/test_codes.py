"""Each row of meta-wire 4.2, on each of the four calls."""

import pytest
import responses

from tokens.meta import (
    MetaRateLimited,
    MetaTransient,
    OurMisconfiguration,
    PermissionMissing,
    Refused,
    TokenDead,
)

from .bodies import graph
from .calls import CASES

REFRESH = CASES[2]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.mark.parametrize("code", [1, 2])
def test_codes_of_a_troubled_service_are_transient(error_of, case, code):
    error = error_of(case, json=graph(code), status=500)
    assert isinstance(error, MetaTransient)
    assert (error.kind, error.code, error.status, error.permanent) == ("transient_code", code, 500, False)


@pytest.mark.parametrize("status", [400, 403, 429])
@pytest.mark.parametrize(
    ("code", "subcode", "scope"),
    [
        (4, None, "app"),
        (4, 1349210, "app"),
        (341, None, "app"),
        (17, None, "account"),
        (17, 2446079, "account"),
        (32, None, "account"),
        (613, None, "account"),
        (613, 1996, "account"),
        (80000, 2446079, "account"),
        (80001, None, "account"),
        (80002, None, "account"),
        (80003, 2446079, "account"),
        (80004, 2446079, "account"),
        (80005, None, "account"),
        (80006, None, "account"),
        (80008, None, "account"),
        (80009, None, "account"),
        (80014, None, "account"),
    ],
)
def test_limits_are_rate_limits_whatever_the_status(error_of, code, subcode, scope, status):
    error = error_of(REFRESH, json=graph(code, subcode=subcode), status=status)
    assert isinstance(error, MetaRateLimited)
    assert (error.scope, error.retry_after, error.code, error.subcode) == (scope, None, code, subcode)


def test_every_call_knows_a_limit(error_of, case):
    assert isinstance(error_of(case, json=graph(4)), MetaRateLimited)


@pytest.mark.parametrize("code", [10, 200, 210, 250, 299])
def test_permission_codes_mean_a_missing_permission(error_of, case, code):
    error = error_of(case, json=graph(code), status=403)
    assert isinstance(error, PermissionMissing)
    assert error.permanent


@pytest.mark.parametrize("code", [199, 300, 11, 9])
def test_their_neighbours_do_not(error_of, code):
    assert error_of(REFRESH, json=graph(code)).kind == "unknown"


def test_a_missing_object_is_a_missing_permission(error_of, case):
    assert isinstance(error_of(case, json=graph(100, "Unsupported get request.", 33)), PermissionMissing)


@pytest.mark.parametrize("code", [190, 102, 452])
@pytest.mark.parametrize("status", [200, 400, 401])
def test_session_codes_mean_a_dead_token_whatever_the_status(error_of, case, code, status):
    error = error_of(case, json=graph(code), status=status)
    assert isinstance(error, TokenDead)
    assert (error.reason, error.unparsable, error.code) == ("unknown", False, code)


@pytest.mark.parametrize(("code", "kind"), [(3, "other"), (101, "unknown_app"), (110, "other")])
def test_our_own_mistakes_are_ours(error_of, case, code, kind):
    error = error_of(case, json=graph(code))
    assert isinstance(error, OurMisconfiguration)
    assert error.kind == kind


@pytest.mark.parametrize(
    ("code", "subcode", "message", "kind"),
    [
        (1, None, "Error validating client secret.", "app_credentials"),
        (1, None, "ERROR VALIDATING CLIENT SECRET.", "app_credentials"),
        (100, None, "API calls from the server require an appsecret_proof argument", "app_credentials"),
        (100, None, "Invalid appsecret_proof provided in the API argument", "app_credentials"),
        (100, 36008, "Error validating verification code.", "redirect_uri"),
        (100, None, "Please make sure your redirect_uri is identical to the one you used", "redirect_uri"),
        (None, None, "Invalid Scopes: invalid scope [user_profile]", "scope"),
    ],
)
def test_a_mistake_of_ours_is_known_by_its_text(error_of, case, code, subcode, message, kind):
    error = error_of(case, json=graph(code, message, subcode))
    assert isinstance(error, OurMisconfiguration)
    assert error.kind == kind


@pytest.mark.parametrize(("code", "subcode"), [(368, None), (4, 2207051), (-1, 2207051)])
def test_blocks_for_spam_and_policy_wait_for_a_human(error_of, case, code, subcode):
    assert error_of(case, json=graph(code, subcode=subcode), status=403).kind == "blocked"


@pytest.mark.parametrize("code", [100, 104, 2500])
def test_bugs_of_ours_are_bad_requests(error_of, case, code):
    error = error_of(case, json=graph(code))
    assert isinstance(error, Refused)
    assert error.kind == "bad_request"


@pytest.mark.parametrize("code", [506, 99999, 0, -1, 7, 80007, 33])
@pytest.mark.parametrize("status", [400, 500])
def test_unlisted_codes_are_refusals_that_kill_nothing(error_of, code, status):
    error = error_of(REFRESH, json=graph(code), status=status)
    assert isinstance(error, Refused)
    assert (error.kind, error.code) == ("unknown", code)


@pytest.mark.parametrize("code", [190, 4, 10, 100, 3, 99999])
def test_is_transient_wins_over_the_table(error_of, case, code):
    error = error_of(case, json=graph(code, is_transient=True))
    assert isinstance(error, MetaTransient)
    assert error.kind == "transient_code"


@pytest.mark.parametrize("value", [False, None, "true", 1])
def test_only_true_is_transient(error_of, value):
    assert isinstance(error_of(REFRESH, json=graph(190, is_transient=value)), TokenDead)


@pytest.mark.parametrize(
    "message",
    [
        "The access token must be at least 24 hours old to be refreshed.",
        "THE ACCESS TOKEN MUST BE AT LEAST 24 HOURS OLD",
        "Token is too new",
        "token too young",
        "Too soon to refresh",
    ],
)
@pytest.mark.parametrize("code", [1, 100, 190, 10, 4, 99999, None])
def test_too_young_is_known_by_its_text_whatever_the_code(error_of, code, message):
    error = error_of(REFRESH, json=graph(code, message))
    assert isinstance(error, Refused)
    assert error.kind == "too_young"


@pytest.mark.parametrize(
    "message", ["Unsupported request - method type: get", "UNSUPPORTED REQUEST - method type: post"]
)
@pytest.mark.parametrize("code", [100, None])
def test_an_unsupported_request_keeps_the_token(error_of, case, message, code):
    """Row 4.4."""
    error = error_of(case, json=graph(code, message, type="IGApiException"))
    assert isinstance(error, Refused)
    assert error.kind == "unsupported_request"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("190", 190),
        (190.0, 190),
        ("-5", -5),
        (True, None),
        (190.5, None),
        ("19O", None),
        ("", None),
        (None, None),
        ([190], None),
        ({"code": 190}, None),
        (10**30, None),
        ("9" * 400, None),
        (-(10**9), None),
    ],
)
def test_odd_codes_are_read_or_dropped(error_of, raw, code):
    error = error_of(REFRESH, json=graph(raw))
    assert error.code == code
    assert isinstance(error, TokenDead) == (code == 190)


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "1e400", "9" * 5000, "[" * 50_000])
def test_numbers_beyond_json_never_crash(error_of, raw):
    error = error_of(REFRESH, body=f'{{"error": {{"message": "x", "code": {raw}}}}}')
    assert error.code is None


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Refused), (429, MetaRateLimited), (500, MetaTransient), (503, MetaTransient)]
)
def test_the_status_decides_where_there_is_no_code(error_of, case, status, kind):
    assert type(error_of(case, json=graph(None), status=status)) is kind


@pytest.mark.parametrize("text", [None, 5, ["24 hours"], {"a": 1}, "\ud800"])
def test_odd_texts_say_nothing(error_of, text):
    assert isinstance(error_of(REFRESH, json=graph(190, text)), TokenDead)


def test_facts_are_kept(error_of, case):
    error = error_of(case, json=graph(190, subcode="460"))
    facts = (error.call, error.status, error.code, error.subcode, error.trace_id)
    assert facts == (case.name, 400, 190, 460, "AbC_d-1234567890")


def test_a_request_is_never_repeated(client, wire: responses.RequestsMock):
    wire.get(REFRESH.url, status=503)
    with pytest.raises(MetaTransient):
        REFRESH.run(client)
    assert len(wire.calls) == 1
