"""How long to wait, as far as Meta's headers say."""

import json

import pytest
from requests.structures import CaseInsensitiveDict

from tokens.meta.throttle import limited_scope, retry_after

from .bodies import graph
from .calls import CASES

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
BUSINESS, ACCOUNT, APP = "X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "X-App-Usage"


def wait(**headers):
    return retry_after(CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()}), NOW)


def business(*estimates):
    uses = [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": each} for each in estimates]
    return json.dumps({"17841400": uses[:1], "2": uses[1:]})


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("1.5", 1.5),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("Fri, 15 Jan 2127 07:00:00 GMT", 86_400),
        ("999999999", 86_400),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        ("Fri, 99 Jan 2027 08:01:00 GMT", None),
        ("9" * 500, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert wait(Retry_After=value) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (business(19), 19 * 60),
        (business(19, 25), 25 * 60),
        (business("19"), 19 * 60),
        (business(0), None),
        (business(-3), None),
        (business(10**9), 86_400),
        (business(None), None),
        (business(True), None),
        (business("x"), None),
        (business(10**400), None),
        ("{", None),
        ("[]", None),
        ('{"1": {"estimated_time_to_regain_access": 5}}', None),
        ('{"1": [5]}', None),
        ("[" * 50_000, None),
    ],
)
def test_the_business_estimate_is_in_minutes(value, seconds):
    assert wait(X_Business_Use_Case_Usage=value) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ('{"acc_id_util_pct": 9.67, "reset_time_duration": 100}', 100),
        ('{"reset_time_duration": 0}', None),
        ('{"reset_time_duration": -1}', None),
        ('{"acc_id_util_pct": 100}', None),
        ("null", None),
    ],
)
def test_the_ad_accounts_duration_is_in_seconds(value, seconds):
    assert wait(X_Ad_Account_Usage=value) == seconds


def test_the_longest_wait_counts():
    assert wait(Retry_After="30", X_Business_Use_Case_Usage=business(2), X_Ad_Account_Usage="{}") == 120


def test_no_header_tells_nothing():
    assert wait() is None
    assert wait(X_App_Usage='{"call_count": 100}') is None


FULL = '{"call_count": 28, "total_time": 100, "total_cputime": 25}'
LOW = '{"call_count": 28, "total_time": 25, "total_cputime": 25}'


@pytest.mark.parametrize(
    ("headers", "scope"),
    [
        ({}, "app"),
        ({APP: FULL}, "app"),
        ({APP: LOW}, "app"),
        ({APP: LOW, BUSINESS: business(19)}, "account"),
        ({BUSINESS: business(19)}, "account"),
        ({APP: FULL, BUSINESS: business(19)}, "app"),
        ({APP: "nonsense", BUSINESS: '{"1": [{"call_count": 12}]}'}, "app"),
    ],
)
def test_usage_tells_whom_a_bare_429_concerns(headers, scope):
    assert limited_scope(CaseInsensitiveDict(headers)) == scope


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_limit_brings_its_wait(error_of, case):
    error = error_of(case, json=graph(80002), headers={"x-business-use-case-usage": business(19)})
    assert (error.retry_after, error.scope) == (19 * 60, "account")
