"""What the page's buttons for apps do, and the sentences that say so: breaking, mending, telling an app."""

from collections.abc import Callable
from typing import Any

from .apps import BREAKAGES, Apps
from .callbacks import Callback
from .forms import Fields, shown
from .records import App, Person
from .refusals import Missing
from .state import State
from .words import answered, died, handle, masked

# These wait for whoever is told: pressed without the lock.
TellingButton = Callable[[State, Person, Fields], str]


def break_app(state: State, fields: Fields) -> str:
    app = known_app(state, fields)
    app = side_of(state, app).break_app(fields.get("how", ""), app.id)
    return f"{app.name} is broken: {BREAKAGES[app.broken or ''].about}, until you mend it."


def mend_app(state: State, fields: Fields) -> str:
    app = known_app(state, fields)
    return f"{side_of(state, app).mend_app(app.id).name} works again."


def known_app(state: State, fields: Fields) -> App:
    app_id = fields.get("app", "")
    app = state.apps.get(app_id) or state.facebook.apps.get(app_id)
    if app is None:
        raise Missing(f"There is no app {shown(app_id)}.")
    return app


def side_of(state: State, app: App) -> Apps[Any]:
    return state if app.id in state.apps else state.facebook


def deauthorize(state: State, person: Person, fields: Fields) -> str:
    app = known_app(state, fields)
    callback = state.deauthorize(person.username, app.id)
    return f"{handle(person)} removed {app.name}. {died(callback.ended)} {received(state, callback)}"


def request_deletion(state: State, person: Person, fields: Fields) -> str:
    app = known_app(state, fields)
    callback = state.request_deletion(person.username, app.id)
    what = f"{handle(person)} removed {app.name} and asks it to delete everything."
    return f"{what} {died(callback.ended)} {received(state, callback)}"


def received(state: State, callback: Callback) -> str:
    return f"{masked(state, callback.url)} {answered(state, callback)}"


TELLING_BUTTONS: dict[str, TellingButton] = {"deauthorize": deauthorize, "request-deletion": request_deletion}
