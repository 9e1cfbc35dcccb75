"""The part of the JSON control that is about apps: adding, breaking and mending them, and what they are told."""

from collections.abc import Callable
from functools import partial
from typing import Any

from .callbacks import Callback
from .state import State
from .verbs import APP, TEXT, TEXTS, TRUTH, WHOLE, Verb


def add_app(state: State, **details: Any) -> object:
    return state.add_app(**details).as_json()


def show_apps(state: State) -> object:
    return {"apps": [app.as_json() for app in state.apps.values()]}


def break_app(state: State, app_id: str, how: str) -> object:
    return state.break_app(how, app_id).as_json()


def mend_app(state: State, app_id: str) -> object:
    return state.mend_app(app_id).as_json()


def tell(verb: Callable[..., Callback], state: State, username: str, **details: Any) -> object:
    """Unlike a life event it waits for somebody else, so it must not hold the lock."""
    return verb(state, username, **details).as_json()


def show_callbacks(state: State) -> object:
    return {"callbacks": state.told_callbacks()}


def clear_callbacks(state: State) -> object:
    state.clear_callbacks()
    return {"ok": True}


APP_FIELDS = {
    "secret": TEXT,
    "name": TEXT,
    "redirect_uris": TEXTS,
    "meta_secret": TEXT,
    "deauthorize_url": TEXT,
    "deletion_url": TEXT,
}
WISHES = {
    **APP,
    "secret": TEXT,
    "id": TEXT,
    "algorithm": TEXT,
    "padded": TRUTH,
    "issued_at": WHOLE,
    "user_id_as_number": TRUTH,
    "url": TEXT,
    "repeat": WHOLE,
    "keep_grant": TRUTH,
}
TELLINGS: dict[str, Verb] = {
    "deauthorize": Verb(partial(tell, State.deauthorize), takes=WISHES),
    "request-deletion": Verb(partial(tell, State.request_deletion), takes=WISHES),
}
APP_ACTS: dict[str, Verb] = {
    "break": Verb(break_app, needs={"how": TEXT}),
    "mend": Verb(mend_app),
}
APP_ROUTES: dict[tuple[str, str], Verb] = {
    ("GET", "apps"): Verb(show_apps),
    ("POST", "apps"): Verb(add_app, needs={"id": TEXT}, takes=APP_FIELDS),
    ("GET", "callbacks"): Verb(show_callbacks),
    ("DELETE", "callbacks"): Verb(clear_callbacks),
}
