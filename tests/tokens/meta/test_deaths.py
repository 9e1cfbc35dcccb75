"""Each row of meta-wire 4.3: by subcode, and by text where there is none."""

import pytest

from tokens.meta import TokenDead

from .bodies import TROUBLE, graph
from .calls import CASES

REFRESH = CASES[2]

SUBCODES = {
    457: "ended_by_meta",
    458: "app_removed",
    459: "checkpoint",
    460: "password_changed",
    461: "app_removed",
    462: "ended_by_meta",
    463: "expired",
    464: "unconfirmed",
    465: "ended_by_meta",
    466: "ended_by_meta",
    467: "logged_out",
    468: "expired",
    492: "ended_by_meta",
}
TEXTS = [
    ("Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is later.", "expired"),
    (
        "The session has been invalidated because the user changed their password or Facebook has changed the"
        " session for security reasons.",
        "password_changed",
    ),
    ("The session has been invalidated.", "password_changed"),
    ("The user has not authorized application 990602627938098.", "app_removed"),
    ("The user is in a blocked, logged-in checkpoint.", "checkpoint"),
    (
        "You cannot access the app till you log in to www.instagram.com and follow the instructions given.",
        "checkpoint",
    ),
    ("Sessions for the user are not allowed because the user is not a confirmed user.", "unconfirmed"),
    ("The session is invalid because the user logged out.", "logged_out"),
    (
        "Session does not match current stored session. This may be because the user changed the password"
        " since the time the session was created or Facebook has changed the session for security reasons.",
        "logged_out",
    ),
    ("The session was invalidated explicitly using an API call.", "ended_by_meta"),
    ("Something nobody has read before.", "unknown"),
]
UNPARSABLE = [
    "Invalid OAuth access token - Cannot parse access token",
    "Malformed access token XYZ",
    "The access token could not be decrypted",
]


def upper(text):
    return text.upper()


def same(text):
    return text


@pytest.mark.parametrize("code", [190, 102, 452])
@pytest.mark.parametrize(("subcode", "reason"), SUBCODES.items())
def test_the_subcode_tells_the_reason(error_of, code, subcode, reason):
    error = error_of(REFRESH, json=graph(code, "Whatever.", subcode))
    assert isinstance(error, TokenDead)
    assert (error.reason, error.unparsable, error.permanent) == (reason, False, True)


@pytest.mark.parametrize("spelling", [same, upper, str.lower])
@pytest.mark.parametrize(("text", "reason"), TEXTS)
def test_the_text_tells_it_where_there_is_no_subcode(error_of, text, reason, spelling):
    error = error_of(REFRESH, json=graph(190, spelling(TROUBLE + text)))
    assert (error.reason, error.unparsable) == (reason, False)


@pytest.mark.parametrize(("text", "reason"), TEXTS)
def test_the_text_tells_it_beside_an_unknown_subcode(error_of, text, reason):
    assert error_of(REFRESH, json=graph(190, TROUBLE + text, 499)).reason == reason


@pytest.mark.parametrize(("text", "_"), TEXTS)
def test_the_subcode_wins_over_the_text(error_of, text, _):
    assert error_of(REFRESH, json=graph(190, TROUBLE + text, 464)).reason == "unconfirmed"


@pytest.mark.parametrize("spelling", [same, upper])
@pytest.mark.parametrize("text", UNPARSABLE)
def test_what_meta_cannot_parse_is_marked_so(error_of, text, spelling):
    error = error_of(REFRESH, json=graph(190, spelling(text)))
    assert (error.reason, error.unparsable) == ("unknown", True)


def test_the_malformed_subcode_is_marked_so(error_of):
    error = error_of(REFRESH, json=graph(190, "Whatever.", 456))
    assert (error.reason, error.unparsable) == ("unknown", True)


def test_a_subcode_with_a_reason_is_not_unparsable(error_of):
    error = error_of(REFRESH, json=graph(190, UNPARSABLE[0], 467))
    assert (error.reason, error.unparsable) == ("logged_out", False)


def test_an_invalid_token_alone_is_a_plain_death(error_of):
    error = error_of(REFRESH, json=graph(190, "Invalid OAuth access token."))
    assert (error.reason, error.unparsable) == ("unknown", False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_call_can_find_a_token_dead(error_of, case):
    assert error_of(case, json=graph(190, TROUBLE + TEXTS[0][0])).reason == "expired"
