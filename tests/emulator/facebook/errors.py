"""The errors that Facebook's hosts alone answer with, and how all errors are told there: with their subcode."""

from collections.abc import Mapping
from typing import Any, NoReturn

from tests.emulator.errors import DEAD, DEATHS, SPECS, Spec, facts_of, render, spoken
from tests.emulator.switches import Switches
from tests.emulator.wire import Answer, Refused

from .records import FacebookToken

SITE = "www.facebook.com"
# 4.3. Nobody has published the words of 465.
FACEBOOK_DEATHS = {
    **DEATHS,
    "page_role_lost": Spec(
        190,
        DEAD + "The user associated with the Page access token does not have an appropriate role on the Page.",
        492,
    ),
    "user_gone": Spec(190, DEAD + "The user is invalid.", 465),
}
MISSING = (
    "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions,"
    " or does not support this operation"
)
OTHERS = {
    "missing": Spec(100, "(#100) The parameter {field} is required"),
    "no_object": Spec(100, MISSING, 33, type="GraphMethodException"),
    "no_field": Spec(100, "(#100) Tried accessing nonexisting field ({field}) on node type ({node})"),
    "bad_fields": Spec(
        2500, "Syntax error \"Expected end of string instead of '{sign}'.\" at character {place}: {fields}"
    ),
    "bad_cursor": Spec(100, "(#100) Invalid cursors values"),
    # 36009 and 36007 are said of graph.facebook.com in public; meta-wire knows 36008 alone.
    "code_used": Spec(100, "This authorization code has been used.", 36009),
    "code_expired": Spec(100, "This authorization code has expired.", 36007),
    "code_unknown": Spec(100, "Invalid verification code format."),
    "redirect_uri": Spec(
        100,
        "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in"
        " the OAuth dialog request",
        36008,
    ),
    "grant_type": Spec(100, "(#100) Unsupported grant_type"),
    "not_exchanged": Spec(100, "(#100) This access token can't be exchanged"),
    "other_app": Spec(100, "(#100) The access token does not belong to the application {app_id}"),
    "bad_caller": Spec(
        100,
        "(#100) You must provide an app access token, or a user access token that is an owner or developer of the app",
    ),
    "other_viewer": Spec(100, "(#100) The App_id in the input_token did not match the Viewing App"),
    "no_proof": Spec(100, "API calls from the server require an appsecret_proof argument", type="GraphMethodException"),
    "wrong_proof": Spec(100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException"),
}
FACEBOOK_SPECS = {**SPECS, **FACEBOOK_DEATHS, **OTHERS}


def told(name: str, switches: Switches, facts: Mapping[str, str] | None = None, **changes: Any) -> Spec:
    return spoken(FACEBOOK_SPECS[name], switches, {"site": SITE, **(facts or {})}, **changes)


def error(name: str, switches: Switches, facts: Mapping[str, str] | None = None, **changes: Any) -> Answer:
    return render(told(name, switches, facts, **changes))


def refuse(switches: Switches, name: str, **facts: str) -> NoReturn:
    raise Refused(error(name, switches, facts))


def end_of(token: FacebookToken, trouble: str, switches: Switches, now: float) -> Spec:
    """What a dead token is told with."""
    subcode = True if token.subcode is None else token.subcode
    return told(trouble, switches, facts_of(token, now), subcode=subcode)
