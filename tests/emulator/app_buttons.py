"""What the page's buttons for apps do, and the sentences that say so: breaking, mending, telling an app."""

from collections.abc import Callable

from .apps import BREAKAGES
from .callbacks import Callback
from .forms import Fields, shown
from .records import App, Person
from .refusals import Missing
from .state import State
from .words import answered, died, handle, masked

# These wait for whoever is told: pressed without the lock.
TellingButton = Callable[[State, Person, Fields], str]


def break_app(state: State, fields: Fields) -> str:
    app = state.break_app(fields.get("how", ""), known_app(state, fields).id)
    return f"{app.name} is broken: {BREAKAGES[app.broken or ''].about}, until you mend it."


def mend_app(state: State, fields: Fields) -> str:
    return f"{state.mend_app(known_app(state, fields).id).name} works again."


def known_app(state: State, fields: Fields) -> App:
    app_id = fields.get("app", "")
    if app_id not in state.apps:
        raise Missing(f"There is no app {shown(app_id)}.")
    return state.apps[app_id]


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
