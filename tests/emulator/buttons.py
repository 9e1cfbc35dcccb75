"""What each button of the page for people does, and the sentence that says so afterwards."""

from collections.abc import Callable

from . import mishaps
from .app_buttons import break_app, mend_app
from .forms import Fields, number, shown, sound_username
from .records import DAY, PERMISSIONS, Person
from .refusals import Missing, Wrong
from .state import State
from .words import ACCOUNT_TYPES, account_type, died, handle, plural, short_scope, span

PersonButton = Callable[[State, Person, Fields], str]
Button = Callable[[State, Fields], str]
FARTHEST = 3650  # days
TYPES = {"business": "Business", "media_creator": "Media_Creator", "personal": "Personal"}


# one person


def change_password(state: State, person: Person, fields: Fields) -> str:
    return f"{handle(person)} changed the password. {died(state.change_password(person.username))}"


def remove_app(state: State, person: Person, fields: Fields) -> str:
    return f"{handle(person)} removed the app. {died(state.remove_app(person.username))}"


def checkpoint(state: State, person: Person, fields: Fields) -> str:
    state.checkpoint(person.username)
    return f"{handle(person)} is at a checkpoint: no token of theirs works until it is cleared."


def clear_checkpoint(state: State, person: Person, fields: Fields) -> str:
    state.clear_checkpoint(person.username)
    return f"{handle(person)} passed the checkpoint: tokens that were alive before work again."


def unconfirm(state: State, person: Person, fields: Fields) -> str:
    state.unconfirm(person.username)
    return f"{handle(person)} is not confirmed any more: no token of theirs works."


def confirm(state: State, person: Person, fields: Fields) -> str:
    state.confirm(person.username)
    return f"{handle(person)} is confirmed: tokens that were alive before work again."


def log_out(state: State, person: Person, fields: Fields) -> str:
    return f"{handle(person)} logged out everywhere. {died(state.logout(person.username))}"


def expire(state: State, person: Person, fields: Fields) -> str:
    return f"{handle(person)}: {plural(state.expire(person.username), 'token')} expired."


def age(state: State, person: Person, fields: Fields) -> str:
    days = number(fields, "days", 0, FARTHEST)
    aged = state.age(person.username, days)
    return f"{handle(person)}: {plural(aged, 'token')} grew {days:g} days older."


def revoke(state: State, person: Person, fields: Fields) -> str:
    """Taken from every app that has it."""
    permission = known_permission(fields)
    state.revoke(person.username, permission)
    return f"{handle(person)} took back {short_scope(permission)}. Their tokens live on without it."


def grant(state: State, person: Person, fields: Fields) -> str:
    """Given to every app that is allowed something."""
    permission = known_permission(fields)
    state.grant(person.username, permission)
    return f"{handle(person)} granted {short_scope(permission)}. Tokens that had it before have it again."


def known_permission(fields: Fields) -> str:
    permission = fields.get("permission", "")
    if permission not in PERMISSIONS:
        raise Missing(f"There is no permission {shown(permission)}.")
    return permission


def set_account_type(state: State, person: Person, fields: Fields) -> str:
    state.set_account_type(person.username, known_type(fields.get("account_type", "")))
    return f"{handle(person)} now has a {account_type(person)} account."


def known_type(text: str) -> str:
    if text.lower() not in TYPES:
        raise Wrong(f"An account is one of: {', '.join(ACCOUNT_TYPES.values())}.")
    return TYPES[text.lower()]


def rename(state: State, person: Person, fields: Fields) -> str:
    before = handle(person)
    state.rename(person.username, free_username(state, fields.get("username", "")))
    return f"{before} is now called {handle(person)}."


def free_username(state: State, text: str) -> str:
    username = sound_username(text)
    if username in state.persons:
        raise Wrong(f"There is somebody called @{username} already.")
    return username


# everybody


def outage(state: State, fields: Fields) -> str:
    mishaps.switch_on(state, "outage")
    return "Outage: everything answers 500 until you end it."


def end_outage(state: State, fields: Fields) -> str:
    return "The outage is over." if mishaps.switch_off(state, "outage") else "There was no outage."


def rate_limit(state: State, fields: Fields) -> str:
    mishaps.switch_on(state, "rate-limit")
    return "Rate limit: programs are told to come back later, until you lift it."


def end_rate_limit(state: State, fields: Fields) -> str:
    return "The rate limit is lifted." if mishaps.switch_off(state, "rate-limit") else "There was no rate limit."


def slow(state: State, fields: Fields) -> str:
    seconds = number(fields, "seconds", 0.1, 600)
    mishaps.switch_on(state, "slow", seconds=seconds)
    return f"Slow answers: programs wait {seconds:g} seconds for each, until you end it."


def end_slow(state: State, fields: Fields) -> str:
    return "Answers come at once again." if mishaps.switch_off(state, "slow") else "Answers were not slow."


def lose_next(state: State, fields: Fields) -> str:
    mishaps.switch_on(state, "lose")
    return "The next call of a program will be carried out, and its answer lost."


def remove_fault(state: State, fields: Fields) -> str:
    wanted = fields.get("fault", "")
    if not (wanted.isdecimal() and len(wanted) < 10):
        raise Missing(f"There is no fault {shown(wanted)}.")
    state.remove_fault(int(wanted))
    return "The fault is removed."


def new_person(state: State, fields: Fields) -> str:
    kind = known_type(fields.get("account_type") or "business")
    person = state.add_person(free_username(state, fields.get("username", "")), account_type=kind)
    return f"{handle(person)} has an account now."


def move_clock(state: State, fields: Fields) -> str:
    days = number(fields, "days", -FARTHEST, FARTHEST)
    state.set_clock(offset_seconds=state.offset + days * DAY)
    return f"The clock moved {span(days * DAY)} {'back' if days < 0 else 'ahead'}."


def real_time(state: State, fields: Fields) -> str:
    state.set_clock(offset_seconds=0)
    return "The clock shows real time again."


def clear_log(state: State, fields: Fields) -> str:
    state.clear_requests()
    return "The log is empty."


PERSON_BUTTONS: dict[str, PersonButton] = {
    "change-password": change_password,
    "remove-app": remove_app,
    "checkpoint": checkpoint,
    "clear-checkpoint": clear_checkpoint,
    "unconfirm": unconfirm,
    "confirm": confirm,
    "log-out": log_out,
    "expire": expire,
    "age": age,
    "revoke": revoke,
    "grant": grant,
    "account-type": set_account_type,
    "rename": rename,
}
BUTTONS: dict[str, Button] = {
    "outage": outage,
    "end-outage": end_outage,
    "rate-limit": rate_limit,
    "end-rate-limit": end_rate_limit,
    "slow": slow,
    "end-slow": end_slow,
    "lose-next": lose_next,
    "remove-fault": remove_fault,
    "new-person": new_person,
    "move-clock": move_clock,
    "real-time": real_time,
    "clear-log": clear_log,
    "break-app": break_app,
    "mend-app": mend_app,
}
