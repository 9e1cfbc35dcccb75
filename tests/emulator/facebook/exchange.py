"""graph.facebook.com: codes and tokens exchanged for others, and tokens revoked."""

from typing import Any

from tests.emulator.graph import lifetime
from tests.emulator.records import App
from tests.emulator.wire import Answer, json_answer

from .calls import Call
from .proof import check_proof
from .records import FacebookApp, FacebookCode, FacebookPerson, FacebookToken

# GET and POST /oauth/access_token


def access_token(call: Call) -> Answer:
    app = call.client()
    grant_type = call.asked.get("grant_type", "authorization_code")
    if grant_type == "fb_exchange_token":
        return exchange(call, app)
    if grant_type != "authorization_code":
        call.refuse("grant_type")
    return redeem(call, app)


def redeem(call: Call, app: FacebookApp) -> Answer:
    call.need("redirect_uri", "code")
    code = usable_code(call, app)
    code.used = True
    told = call.switches.facebook_code_expires_in
    lasts = lifetime(told) if isinstance(told, int | float) else 4_172.0
    return token_answer(call.world.mint("short", code.person, app.id, code.scopes, lasts), told)


def usable_code(call: Call, app: App) -> FacebookCode:
    code = call.world.codes.get(call.asked["code"])
    if code is None or code.app_id != app.id:
        call.refuse("code_unknown")
    if code.redirect_uri != call.asked["redirect_uri"]:
        call.refuse("redirect_uri")
    if code.used:
        call.refuse("code_used")
    if code.expired(call.now):
        call.refuse("code_expired")
    return code


def token_answer(token: FacebookToken, expires_in: object) -> Answer:
    body: dict[str, Any] = {"access_token": token.access_token, "token_type": "bearer"}
    return json_answer(body if expires_in is None else {**body, "expires_in": expires_in})


def exchange(call: Call, app: FacebookApp) -> Answer:
    """The token that is sent lives on until its own end, whatever comes of it."""
    call.need("fb_exchange_token")
    token = call.alive(call.asked["fb_exchange_token"])
    if token.app_id != app.id:
        call.refuse("other_app", app_id=app.id)
    return {"short": lengthen, "long": extend, "system_user": renew, "page": refuse_page}[token.kind](call, token)


def refuse_page(call: Call, token: FacebookToken) -> Answer:
    call.refuse("not_exchanged")


def lengthen(call: Call, token: FacebookToken) -> Answer:
    told = call.switches.facebook_exchange_expires_in
    return fresh(call, token, lifetime(told), told)


def extend(call: Call, token: FacebookToken) -> Answer:
    """Whether the sixty days begin anew is not known (meta-wire 2)."""
    way = call.switches.facebook_long_to_exchange
    if way == "refuse":
        call.refuse("not_exchanged")
    call.state.journal.refreshed(token.holder.id)
    if way == "extends" or token.expires_at is None:
        return lengthen(call, token)
    left = token.expires_at - call.now
    return fresh(call, token, left, int(left))


def renew(call: Call, token: FacebookToken) -> Answer:
    """A system user's (meta-wire 3)."""
    switches = call.switches
    asked = call.asked.get("set_token_expires_in_60_days", "").lower() in ("true", "1")
    if not asked and switches.exchange_without_sixty_days == "refuse":
        call.refuse("missing", field="set_token_expires_in_60_days")
    if token.expires_at is None and switches.never_expiring_exchange == "refuse":
        call.refuse("not_exchanged")
    call.state.journal.refreshed(token.holder.id)
    if token.expires_at is None and switches.never_expiring_exchange == "never":
        return fresh(call, token, None, None)
    return lengthen(call, token)


def fresh(call: Call, token: FacebookToken, lasts: float | None, told: object) -> Answer:
    kind = "long" if token.kind == "short" else token.kind
    made = call.world.mint(kind, token.holder, token.app_id, token.scopes, lasts)
    if call.switches.exchange_resets_data_access and isinstance(token.holder, FacebookPerson):
        for grant in (each for app_id, each in token.holder.grants.items() if app_id == token.app_id):
            grant.consented_at = call.now
    return token_answer(made, told)


# GET /oauth/revoke


def revoke(call: Call) -> Answer:
    """Ends a token of the same app at once, and with it the Pages' tokens that were told to it."""
    if call.method != "GET":
        call.no_object("oauth")
    app = call.client()
    call.need("revoke_token")
    caller = revoking_app(call)
    gone = call.alive(call.asked["revoke_token"])
    if {caller, gone.app_id} != {app.id}:
        call.refuse("other_app", app_id=app.id)
    of_it = [each for each in gone.holder.tokens if each.parent == gone.access_token]
    call.world.end([gone, *of_it], "killed")
    return json_answer({"success": True})


def revoking_app(call: Call) -> str:
    """Id of the app that asks, by a token of its own or by one that it was given."""
    own = call.access_token or ""
    if app := call.world.app_of(own):
        check_proof(call.switches, call.asked, own, app.secret)
        return app.id
    return call.caller().app_id
