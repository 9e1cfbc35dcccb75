"""The part of the JSON control below `/_control/facebook/`: Facebook's apps, persons, Pages and system users."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.emulator.app_control import APP_FIELDS, WISHES
from tests.emulator.callbacks import Callback
from tests.emulator.state import State
from tests.emulator.verbs import APP, NUMBER, TEXT, TEXTS, TRUTH, Verb

from .cast import MANY, add_cast
from .world import Facebook

PREFIX = "facebook"


def show(state: State) -> object:
    return state.facebook.as_json()


def show_apps(state: State) -> object:
    return {"apps": [each.as_json() for each in state.facebook.apps.values()]}


def add_app(state: State, **details: Any) -> object:
    return state.facebook.add_app(**details).as_json()


def break_app(state: State, app_id: str, how: str) -> object:
    return state.facebook.break_app(how, app_id).as_json()


def mend_app(state: State, app_id: str) -> object:
    return state.facebook.mend_app(app_id).as_json()


def cast(state: State, **details: Any) -> object:
    return add_cast(state, **details)


# persons


def add_person(state: State, **details: Any) -> object:
    return state.facebook.add_person(**details).as_json()


def show_person(state: State, person_id: str) -> object:
    with state.lock:
        person = state.facebook.person(person_id)
        tokens = [state.facebook.told(each) for each in person.tokens]
        return {**person.as_json(), "tokens": tokens}


def act(verb: Callable[..., object], state: State, person_id: str, **details: Any) -> object:
    """A life event; answers with the person as they are afterwards."""
    with state.lock:
        state.facebook.person(person_id)
        verb(state.facebook, person_id, **details)
        return show_person(state, person_id)


def tell(verb: Callable[..., Callback], state: State, person_id: str, **details: Any) -> object:
    """Unlike a life event it waits for somebody else, so it must not hold the lock."""
    return verb(state.facebook, person_id, **details).as_json()


def add_token(state: State, person: str, **details: Any) -> object:
    return state.facebook.issue_token(person, **details).as_json()


# Pages


def add_page(state: State, **details: Any) -> object:
    return state.facebook.add_page(**details).as_json()


def of_page(verb: Callable[..., Any], state: State, page_id: str, **details: Any) -> object:
    return verb(state.facebook, page_id, **details).as_json()


# system users


def add_system_user(state: State, **details: Any) -> object:
    return state.facebook.add_system_user(**details).as_json()


def show_system_user(state: State, user_id: str) -> object:
    with state.lock:
        user = state.facebook.system_user(user_id)
        return {**user.as_json(), "tokens": [state.facebook.told(each) for each in user.tokens]}


def act_on_system_user(verb: Callable[..., object], state: State, user_id: str, **details: Any) -> object:
    with state.lock:
        state.facebook.system_user(user_id)
        verb(state.facebook, user_id, **details)
        return show_system_user(state, user_id)


def generate_token(state: State, user_id: str, **details: Any) -> object:
    return state.facebook.generate_token(user_id, **details).as_json()


TOKEN = {"token": TEXT}
KILL = {"cause": TEXT, "subcode": TRUTH, **TOKEN}
ROLE = {"page": TEXT}
OF_ANYBODY: dict[str, tuple[Callable[..., object], Any, Any]] = {
    "kill": (Facebook.kill, {}, KILL),
    "kill-session": (Facebook.kill_session, {}, {}),
    "invalidate": (Facebook.invalidate, {}, {}),
    "expire": (Facebook.expire, {}, TOKEN),
    "age": (Facebook.age, {"days": NUMBER}, TOKEN),
    "give-role": (Facebook.give_role, ROLE, {"tasks": TEXTS}),
    "lose-role": (Facebook.lose_role, {}, ROLE),
}
ACTS: dict[str, Verb] = {
    **{name: Verb(partial(act, verb), needs, takes) for name, (verb, needs, takes) in OF_ANYBODY.items()},
    "change-password": Verb(partial(act, Facebook.change_password)),
    "remove-app": Verb(partial(act, Facebook.remove_app), takes=APP),
    "checkpoint": Verb(partial(act, Facebook.checkpoint), takes={"wording": TEXT}),
    "clear-checkpoint": Verb(partial(act, Facebook.clear_checkpoint)),
    "unconfirm": Verb(partial(act, Facebook.unconfirm)),
    "confirm": Verb(partial(act, Facebook.confirm)),
    "logout": Verb(partial(act, Facebook.logout), takes={"wording": TEXT}),
    "permission": Verb(partial(act, Facebook.set_permission), {"permission": TEXT, "status": TEXT}, APP),
    "revoke": Verb(partial(act, Facebook.revoke), {"permission": TEXT}, APP),
    "grant": Verb(partial(act, Facebook.grant), {"permission": TEXT}, APP),
    "share": Verb(partial(act, Facebook.share), {"pages": TEXTS}, APP),
    "consented": Verb(partial(act, Facebook.set_consented), {"days": NUMBER}, APP),
    "deauthorize": Verb(partial(tell, Facebook.deauthorize), takes=WISHES),
    "request-deletion": Verb(partial(tell, Facebook.request_deletion), takes=WISHES),
}
SYSTEM_USER_ACTS: dict[str, Verb] = {
    **{
        name: Verb(partial(act_on_system_user, verb), needs, takes) for name, (verb, needs, takes) in OF_ANYBODY.items()
    },
    "generate-token": Verb(generate_token, takes={**APP, "expires": TEXT, "scopes": TEXTS, "age_days": NUMBER}),
    "revoke-tokens": Verb(partial(act_on_system_user, Facebook.revoke_tokens)),
    "delete": Verb(partial(act_on_system_user, Facebook.delete_system_user)),
    "remove-app": Verb(partial(act_on_system_user, Facebook.remove_app_from_business), takes=APP),
}
PAGE_ACTS: dict[str, Verb] = {
    "link": Verb(partial(of_page, Facebook.link), needs={"username": TEXT}),
    "unlink": Verb(partial(of_page, Facebook.unlink)),
}
APP_ACTS: dict[str, Verb] = {
    "break": Verb(break_app, needs={"how": TEXT}),
    "mend": Verb(mend_app),
}
OF_ONE = {"persons": ACTS, "system-users": SYSTEM_USER_ACTS, "pages": PAGE_ACTS, "apps": APP_ACTS}
SHOWN = {"persons": Verb(show_person), "system-users": Verb(show_system_user)}
TOKEN_FIELDS = {
    **APP,
    **ROLE,
    "kind": TEXT,
    "scopes": TEXTS,
    "age_days": NUMBER,
    "expires_in": NUMBER,
}
ROUTES: dict[tuple[str, str], Verb] = {
    ("GET", ""): Verb(show),
    ("GET", "apps"): Verb(show_apps),
    ("POST", "apps"): Verb(
        add_app,
        {"id": TEXT},
        {**{name: kind for name, kind in APP_FIELDS.items() if name != "meta_secret"}, "configs": (dict,)},
    ),
    ("POST", "persons"): Verb(add_person, {"name": TEXT}, {"id": TEXT}),
    ("POST", "pages"): Verb(add_page, {"name": TEXT}, {"person": TEXT, "id": TEXT, "instagram": TEXT, "tasks": TEXTS}),
    ("POST", "system-users"): Verb(
        add_system_user, {"name": TEXT}, {"business": TEXT, "id": TEXT, "ad_accounts": TEXTS}
    ),
    ("POST", "tokens"): Verb(add_token, {"person": TEXT}, TOKEN_FIELDS),
    ("POST", "cast"): Verb(cast, takes={"many": MANY}),
}


def find(method: str, parts: list[str]) -> tuple[Verb, list[str]] | None:
    """parts: of the path below `/_control/facebook/`."""
    match method, *parts:
        case "POST", kind, key, name if name in OF_ONE.get(kind, {}):
            return OF_ONE[kind][name], [key]
        case "GET", kind, key if kind in SHOWN:
            return SHOWN[kind], [key]
        case method, *rest if len(rest) < 2 and (method, "".join(rest)) in ROUTES:
            return ROUTES[method, "".join(rest)], []
    return None
