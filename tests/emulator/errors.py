"""Every error body of meta-wire section 4, by name."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Literal, Protocol

from .records import random_text
from .switches import Switches
from .wire import Answer, Headers, json_answer

PACIFIC = timezone(timedelta(hours=-7), "PDT")
DEAD = "Error validating access token: "
TOO_YOUNG = "The access token must be at least 24 hours old to be refreshed."


@dataclass(frozen=True)
class Spec:
    code: int
    message: str
    subcode: int | None = None
    status: int = 400
    type: str = "OAuthException"
    transient: bool | None = None
    shape: Literal["graph", "flat", "legacy"] = "graph"


def graph_method(code: int, message: str) -> Spec:
    return Spec(code, message, type="IGApiException")


# 4.3: dead tokens. On Instagram's host the subcode stays away unless the switch `subcodes` is on.
DEATHS = {
    "password_changed": Spec(
        190,
        DEAD + "The session has been invalidated because the user changed their password or Facebook"
        " has changed the session for security reasons.",
        460,
    ),
    "app_removed": Spec(190, DEAD + "The user has not authorized application {app_id}.", 458),
    "checkpoint": Spec(
        190,
        DEAD + "You cannot access the app till you log in to {site} and follow the instructions given.",
        459,
    ),
    "checkpoint_blocked": Spec(190, DEAD + "The user is in a blocked, logged-in checkpoint.", 459),
    "unconfirmed": Spec(
        190, DEAD + "Sessions for the user are not allowed because the user is not a confirmed user.", 464
    ),
    "logged_out": Spec(190, DEAD + "The session is invalid because the user logged out.", 467),
    "session_mismatch": Spec(
        190,
        DEAD + "Session does not match current stored session. This may be because the user changed the"
        " password since the time the session was created or Facebook has changed the session for"
        " security reasons.",
        467,
    ),
    "killed": Spec(190, DEAD + "The session was invalidated explicitly using an API call.", 466),
    "expired": Spec(190, DEAD + "Session has expired on {expired_at}. The current time is {now}.", 463),
    "invalid_190": Spec(190, "Invalid OAuth access token."),
    "generic_190": Spec(190, DEAD + "This session cannot be used any more."),
}
# 4.3: what arrived is no token of this host. `malformed` repeats the token it was sent, as Meta does.
DAMAGES = {
    "cannot_parse": Spec(190, "Invalid OAuth access token - Cannot parse access token"),
    "malformed": Spec(190, "Malformed access token {token}"),
    "could_not_decrypt": Spec(190, "The access token could not be decrypted"),
}
# 4.2: limits
LIMITS = {
    "rate_4": Spec(4, "(#4) Application request limit reached", 1349210),
    "rate_17": Spec(17, "(#17) User request limit reached"),
    "rate_32": Spec(32, "(#32) Page request limit reached"),
    "rate_341": Spec(341, "(#341) Application limit reached"),
    "rate_613": Spec(613, "(#613) Calls to this api have exceeded the rate limit.", 1996),
    "rate_80002": Spec(
        80002, "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again."
    ),
}
# 4.2, 4.4: the rest
OTHERS = {
    "http_500": Spec(1, "An unknown error has occurred.", status=500),
    "http_503": Spec(2, "Service temporarily unavailable", status=503),
    "code_3": Spec(3, "(#3) Application does not have the capability to make this API call."),
    "permission_10": Spec(10, "(#10) Application does not have permission for this action"),
    "permission_200": Spec(200, "(#200) Permissions error"),
    "permission_299": Spec(299, "(#299) The permission is no longer granted"),
    "object_missing": Spec(
        100,
        "Unsupported get request. Object with ID 'me' does not exist, cannot be loaded due to missing"
        " permissions, or does not support this operation",
        33,
        type="GraphMethodException",
    ),
    "unsupported_request": graph_method(100, "Unsupported request - method type: {method}"),
    "code_100": graph_method(100, "(#100) Invalid parameter"),
    "unknown_field": graph_method(100, "Tried accessing nonexisting field ({field}) on node type (IGUser)"),
    "missing_parameter": graph_method(100, "(#100) The parameter {field} is required"),
    "too_young_100": graph_method(100, TOO_YOUNG),
    "too_young_1": Spec(1, "The access token must be at least 24 hours old"),
    "code_101": Spec(101, "Error validating application. Invalid application ID."),
    "code_102": Spec(102, "Session key invalid or no longer valid"),
    "code_104": Spec(104, "An access token is required to request this resource."),
    "code_452": Spec(
        452,
        "Session key invalid. This could be because the session key has an incorrect format, or because"
        " the user has revoked this session",
    ),
    "app_disabled": Spec(200, "API access deactivated. To reactivate, go to the app dashboard."),
    "app_deleted": Spec(190, "Error validating application. Application has been deleted."),
    "client_secret": Spec(1, "Error validating client secret."),
    "policy_368": Spec(368, "The action attempted has been deemed abusive or is otherwise disallowed"),
    "spam_2207051": Spec(4, "Application request limit reached", 2207051, status=403),
    "code_2500": Spec(2500, "An active access token must be used to query information about the current user."),
    "unknown_path": Spec(2500, "Unknown path components: {path}"),
    "transient_true": Spec(960, "Please try again later.", transient=True),
    "unknown_code": Spec(99999, "Something nobody has documented happened."),
    "invalid_platform_app": Spec(400, "Invalid platform app", shape="flat"),
    "flat_client_secret": Spec(400, "Error validating client secret.", shape="flat"),
    "code_not_found": Spec(400, "Matching code was not found or was already used", shape="flat"),
    "invalid_redirect": Spec(400, "Invalid redirect_uri", shape="flat"),
    "redirect_mismatch": Spec(400, "Redirect URI does not match the one the code was requested with", shape="flat"),
    "flat_missing": Spec(400, "Missing required field {field}", shape="flat"),
    "flat_grant_type": Spec(400, "Invalid grant_type", shape="flat"),
    "legacy_meta_shape": Spec(400, "The access_token provided is invalid.", shape="legacy"),
}
SPECS = {**DEATHS, **DAMAGES, **LIMITS, **OTHERS}


def pacific(moment: float) -> str:
    return datetime.fromtimestamp(moment, PACIFIC).strftime("%A, %d-%b-%y %H:%M:%S %Z")


class Dated(Protocol):
    """A token of any host."""

    app_id: str
    access_token: str

    @property
    def expires_at(self) -> float | None: ...

    @property
    def user_id(self) -> str: ...


class Dying(Dated, Protocol):
    subcode: bool | None


def facts_of(token: Dated, now: float) -> dict[str, str]:
    return {
        "app_id": token.app_id,
        "token": token.access_token,
        "expired_at": pacific(now if token.expires_at is None else token.expires_at),
        "now": pacific(now),
    }


def error(name: str, switches: Switches, facts: Mapping[str, str] | None = None, **changes: Any) -> Answer:
    """The answer called `name`; `changes` replace parts of its Spec. A `subcode` of True is its own, of False none."""
    return render(spoken(SPECS[name], switches, facts, **changes))


def spoken(spec: Spec, switches: Switches, facts: Mapping[str, str] | None = None, **changes: Any) -> Spec:
    """With its message filled in, and as the switches have it."""
    if isinstance(changes.get("subcode"), bool):
        changes["subcode"] = spec.subcode if changes["subcode"] else None
    if spec.code == 190:
        spec = replace(spec, status=switches.status_190, subcode=spec.subcode if switches.subcodes else None)
    known = defaultdict(lambda: "unknown", {"site": "www.instagram.com", **(facts or {})})
    return replace(replace(spec, message=spec.message.format_map(known)), **changes)


def end_of(token: Dying, trouble: str, switches: Switches, now: float) -> Answer:
    """What a dead token answers with."""
    told = {} if token.subcode is None else {"subcode": token.subcode}
    return error(trouble, switches, facts_of(token, now), **told)


def render(spec: Spec) -> Answer:
    return {"graph": render_graph, "flat": render_flat, "legacy": render_legacy}[spec.shape](spec)


def render_graph(spec: Spec) -> Answer:
    optional = {"error_subcode": spec.subcode, "is_transient": spec.transient}
    body = {
        "message": spec.message,
        "type": spec.type,
        "code": spec.code,
        **{key: value for key, value in optional.items() if value is not None},
        "fbtrace_id": "A" + random_text(22),
    }
    return json_answer({"error": body}, spec.status, challenge(spec))


def challenge(spec: Spec) -> Headers:
    if not 400 <= spec.status < 500:
        return ()
    word = "invalid_token" if spec.code == 190 else "invalid_request"
    text = spec.message.encode("ascii", "replace").decode().replace('"', "'")
    safe = "".join(each if each.isprintable() else " " for each in text)
    return (("WWW-Authenticate", f'OAuth "Facebook Platform" "{word}" "{safe}"'),)


def render_flat(spec: Spec) -> Answer:
    return json_answer(flat_body(spec), spec.status)


def render_legacy(spec: Spec) -> Answer:
    return json_answer({"meta": flat_body(spec)}, spec.status)


def flat_body(spec: Spec) -> dict[str, object]:
    return {"error_type": spec.type, "code": spec.code, "error_message": spec.message}
