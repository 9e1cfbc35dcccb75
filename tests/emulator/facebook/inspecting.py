"""`debug_token` (meta-wire 2.1)."""

from typing import Any

from tests.emulator.errors import Spec
from tests.emulator.wire import Answer, json_answer

from .calls import Call
from .errors import end_of, told
from .proof import check_proof
from .records import PAGE_LIST, FacebookApp, FacebookToken, SystemUser

Json = dict[str, Any]


def inspect(call: Call) -> Answer:
    if call.method != "GET":
        call.no_object("debug_token")
    viewer = viewing_app(call)
    call.need("input_token")
    string = call.asked["input_token"]
    if app := call.world.app_of(string):
        need_same(call, app.id, viewer)
        return answer(call, {"app_id": app.id, "type": "APP", "application": app.name, "is_valid": True, "scopes": []})
    token = call.world.tokens.get(string)
    if token is None:
        return answer(call, invalid(call, told("cannot_parse", call.switches)))
    need_same(call, token.app_id, viewer)
    if trouble := token.trouble(call.now):
        return answer(call, dead(call, token, viewer, trouble))
    return answer(call, living(call, token, viewer))


def answer(call: Call, data: Json) -> Answer:
    left_out = call.switches.inspection_missing
    return json_answer({"data": {name: value for name, value in data.items() if name not in left_out}})


def need_same(call: Call, app_id: str, viewer: FacebookApp) -> None:
    if app_id != viewer.id:
        call.refuse("other_viewer")


def viewing_app(call: Call) -> FacebookApp:
    """The app itself asks, or the token of one of its developers."""
    caller = call.access_token or ""
    if app := call.world.app_of(caller):
        check_proof(call.switches, call.asked, caller, app.secret)
        return app
    token = call.world.tokens.get(caller)
    if token is None or token.trouble(call.now) or token.holder.id not in call.switches.developers:
        call.refuse("bad_caller")
    app = call.world.app(token.app_id)
    check_proof(call.switches, call.asked, caller, app.secret)
    return app


def living(call: Call, token: FacebookToken, app: FacebookApp) -> Json:
    """`issued_at` is told of long-lived ones only."""
    data_access = token.data_access_ends_at(call.switches.data_access_days)
    data: Json = {
        "app_id": app.id,
        "type": token.type,
        "application": app.name,
        "data_access_expires_at": int(data_access or 0),
        "expires_at": int(token.expires_at or 0),
        "is_valid": True,
    }
    if token.kind != "short":
        data["issued_at"] = int(token.issued_at)
    if token.page_id and call.switches.page_profile_id:
        data["profile_id"] = token.page_id
    return {
        **data,
        "scopes": list(token.granted),
        "granular_scopes": [granular(call, token, each) for each in token.granted],
        "user_id": token.user_id,
    }


def granular(call: Call, token: FacebookToken, scope: str) -> Json:
    """Without targets a permission is for whatever the holder has."""
    targets = targets_of(call, token, scope)
    return {"scope": scope, "target_ids": targets} if targets else {"scope": scope}


def targets_of(call: Call, token: FacebookToken, scope: str) -> list[str]:
    pages = token.pages()
    if scope.startswith("instagram_"):
        linked = (call.world.instagram(call.world.pages[each]) for each in pages)
        return [each.user_id for each in linked if each]
    if scope.startswith("pages_"):
        everything = scope == PAGE_LIST and len(pages) == len(token.holder.roles)
        return [] if everything else pages
    if scope.startswith("ads_") and isinstance(token.holder, SystemUser):
        return list(token.holder.ad_accounts)
    return []


def dead(call: Call, token: FacebookToken, app: FacebookApp, trouble: str) -> Json:
    zero = call.switches.invalid_expires_at_zero or token.expires_at is None
    bare = invalid(call, end_of(token, trouble, call.switches, call.now))
    return {
        "app_id": app.id,
        "type": token.type,
        "application": app.name,
        **{name: value for name, value in bare.items() if name == "error"},
        "expires_at": 0 if zero else int(token.expires_at or 0),
        "is_valid": False,
        "scopes": [],
    }


def invalid(call: Call, spec: Spec) -> Json:
    """The key is `subcode` here, where everybody else says `error_subcode`."""
    error: Json = {"code": spec.code, "message": spec.message}
    if spec.subcode is not None:
        error["subcode"] = spec.subcode
    return {**({"error": error} if call.switches.invalid_error else {}), "is_valid": False, "scopes": []}
