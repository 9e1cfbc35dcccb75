"""The JSON control under `/_control/`: a thin map from paths and fields onto the state's verbs."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from .app_control import APP_ACTS, APP_ROUTES, TELLINGS
from .facebook import control as facebook
from .forms import refuse_foreign
from .kinds import KINDS
from .records import Token
from .refusals import Missing, Refusal, Wrong
from .state import State
from .verbs import APP, NOTHING, NUMBER, TEXT, TEXTS, TRUTH, WHOLE, Verb
from .wire import Answer, Request, json_answer

PREFIX = "/_control/"
Body = dict[str, Any]


# what the calls answer


def reset(state: State) -> object:
    state.reset()
    return {"ok": True}


def show_state(state: State) -> object:
    return state.as_json()


def show_config(state: State) -> object:
    return state.switches.as_json()


def config(state: State, /, **changes: Any) -> object:
    return state.configure(**changes).as_json()


def add_person(state: State, **details: Any) -> object:
    return state.add_person(**details).as_json()


def show_person(state: State, username: str) -> object:
    with state.lock:
        person = state.person(username)
        return {**person.as_json(), "tokens": [state.told(token) for token in person.tokens]}


def act(verb: Callable[..., object], state: State, username: str, **details: Any) -> object:
    """A life event; answers with the person as they are afterwards."""
    with state.lock:
        person = state.person(username)
        verb(state, username, **details)
        return show_person(state, person.username)


def rename(state: State, old: str, username: str) -> object:
    return state.rename(old, username).as_json()


def add_tokens(state: State, count: int | None = None, **details: Any) -> object:
    needed, refused = ("username", "username_prefix")[:: 1 if count is None else -1]
    if needed not in details or refused in details:
        raise Wrong("Give username for one token, count and username_prefix for many.")
    if count is None:
        return issued(state.issue_token(**details))
    return {"tokens": [issued(token) for token in state.issue_tokens(count, **details)]}


def issued(token: Token) -> dict[str, object]:
    return token.as_json()


def clock(state: State, **details: Any) -> object:
    state.set_clock(**details)
    return show_clock(state)


def show_clock(state: State) -> object:
    told = state.as_json()
    return {"now": told["now"], "offset_seconds": told["offset_seconds"]}


def add_fault(state: State, /, **details: Any) -> object:
    return {"id": state.add_fault(**details)}


def show_faults(state: State) -> object:
    return {"faults": [fault.as_json() for fault in state.faults.all()], "kinds": sorted(KINDS)}


def clear_faults(state: State) -> object:
    state.clear_faults()
    return {"ok": True}


def remove_fault(state: State, fault_id: str) -> object:
    if not fault_id.isdecimal():
        raise Missing(f"There is no fault {fault_id!r}.")
    state.remove_fault(int(fault_id))
    return {"ok": True}


def limit_app(state: State, app_id: str | None = None, **details: Any) -> object:
    return state.limit_app(app_id, **details)


def show_limits(state: State) -> object:
    return {"limits": state.told_limits()}


def clear_limits(state: State) -> object:
    state.clear_limits()
    return {"ok": True}


def show_requests(
    state: State, path: str | None = None, username: str | None = None, limit: str | None = None
) -> object:
    if limit is not None and not limit.isdecimal():
        raise Wrong("limit takes a number.")
    return {"requests": state.requests(path, username, int(limit) if limit else None)}


def clear_requests(state: State) -> object:
    state.clear_requests()
    return {"ok": True}


def show_counts(state: State, token: str | None = None) -> object:
    return state.counts(token)


def show_secrets(state: State) -> object:
    return {"secrets": state.secrets()}


def release(state: State) -> object:
    return {"released": state.release()}


TOKEN = {"token": TEXT}
ACTS: dict[str, Verb] = {
    "change-password": Verb(partial(act, State.change_password)),
    "remove-app": Verb(partial(act, State.remove_app), takes=APP),
    "checkpoint": Verb(partial(act, State.checkpoint), takes={"wording": TEXT}),
    "clear-checkpoint": Verb(partial(act, State.clear_checkpoint)),
    "unconfirm": Verb(partial(act, State.unconfirm)),
    "confirm": Verb(partial(act, State.confirm)),
    "logout": Verb(partial(act, State.logout), takes={"wording": TEXT}),
    "kill-session": Verb(partial(act, State.kill_session)),
    "invalidate": Verb(partial(act, State.invalidate)),
    "kill": Verb(partial(act, State.kill), takes={"cause": TEXT, "subcode": TRUTH, **TOKEN}),
    "rename": Verb(rename, needs={"username": TEXT}),
    "permissions": Verb(partial(act, State.set_permissions), needs={"granted": TEXTS}, takes=APP),
    "revoke": Verb(partial(act, State.revoke), needs={"permission": TEXT}, takes=APP),
    "grant": Verb(partial(act, State.grant), needs={"permission": TEXT}, takes=APP),
    "account-type": Verb(partial(act, State.set_account_type), needs={"account_type": TEXT}),
    "expire": Verb(partial(act, State.expire), takes=TOKEN),
    "age": Verb(partial(act, State.age), needs={"days": NUMBER}, takes=TOKEN),
}
TOKEN_FIELDS = {
    "username": TEXT,
    "app_id": TEXT,
    "age_days": NUMBER,
    "expires_in": NUMBER,
    "kind": TEXT,
    "permissions": TEXTS,
    "count": WHOLE,
    "username_prefix": TEXT,
}
FAULT_FIELDS = {
    "path": TEXT,
    "token": (str, NOTHING),
    "username": (str, NOTHING),
    "times": (int, NOTHING),
    "after": WHOLE,
}
LIMIT_FIELDS = {
    **APP,
    "percent": (*NUMBER, NOTHING),
    "per_hour": (*WHOLE, NOTHING),
    "kind": TEXT,
    "status": WHOLE,
    "retry_after": (*NUMBER, *TEXT, NOTHING),
    "minutes": (*NUMBER, NOTHING),
}
QUERY = {"path": TEXT, "username": TEXT, "limit": TEXT}
ROUTES: dict[tuple[str, str], Verb] = {
    ("POST", "reset"): Verb(reset),
    ("GET", "state"): Verb(show_state),
    ("GET", "config"): Verb(show_config),
    ("POST", "config"): Verb(config, free=True),
    **APP_ROUTES,
    ("POST", "persons"): Verb(add_person, needs={"username": TEXT}, takes={"name": TEXT, "account_type": TEXT}),
    ("POST", "tokens"): Verb(add_tokens, takes=TOKEN_FIELDS),
    ("GET", "clock"): Verb(show_clock),
    ("POST", "clock"): Verb(clock, takes={"offset_seconds": NUMBER, "now": TEXT}),
    ("GET", "faults"): Verb(show_faults),
    ("POST", "faults"): Verb(add_fault, needs={"kind": TEXT}, takes=FAULT_FIELDS, free=True),
    ("DELETE", "faults"): Verb(clear_faults),
    ("GET", "limits"): Verb(show_limits),
    ("POST", "limits"): Verb(limit_app, takes=LIMIT_FIELDS),
    ("DELETE", "limits"): Verb(clear_limits),
    ("GET", "requests"): Verb(show_requests, takes=QUERY),
    ("DELETE", "requests"): Verb(clear_requests),
    ("GET", "counts"): Verb(show_counts, takes=TOKEN),
    ("GET", "secrets"): Verb(show_secrets),
    ("POST", "release"): Verb(release),
}


def answer(state: State, request: Request) -> Answer:
    try:
        if request.method != "GET":
            refuse_foreign(request)
        verb, names = find(request)
        return json_answer(verb(state, *names, **sent(request)))
    except Refusal as refusal:
        return json_answer({"error": str(refusal)}, refusal.status)


def find(request: Request) -> tuple[Verb, list[str]]:
    parts = request.path.removeprefix(PREFIX).rstrip("/").split("/")
    if parts[0] == facebook.PREFIX and (found := facebook.find(request.method, parts[1:])):
        return found
    match request.method, *parts:
        case "POST", "persons", username, act_name if act_name in ACTS:
            return ACTS[act_name], [username]
        case "POST", "persons", username, name if name in TELLINGS:
            return TELLINGS[name], [username]
        case "POST", "apps", app_id, name if name in APP_ACTS:
            return APP_ACTS[name], [app_id]
        case "GET", "persons", username:
            return Verb(show_person), [username]
        case "DELETE", "faults", fault_id:
            return Verb(remove_fault), [fault_id]
        case method, name if (method, name) in ROUTES:
            return ROUTES[method, name], []
    raise Missing(f"The control has no {request.method} {request.path}.")


def no_number(text: str) -> None:
    raise ValueError(text)


def sent(request: Request) -> Body:
    if request.method == "GET":
        return dict(request.query)
    try:
        body = json.loads(request.body or b"{}", parse_constant=no_number)
    except ValueError:
        raise Wrong("The body is no JSON.") from None
    if not isinstance(body, dict):
        raise Wrong("The body is no JSON object.")
    return body
