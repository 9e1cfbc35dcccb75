"""The state as JSON and back: all of it but the log and the callbacks sent."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from .apps import BREAKAGES, DEFAULT_APP
from .facebook import snapshot as facebook
from .faults import Fault, FaultBook
from .limits import AppLimit
from .records import App, Code, Person, Token
from .state import State
from .switches import Switches

VERSION = 1
Json = dict[str, Any]


class Damaged(Exception):
    """What was read is not what was written."""


def snapshot(state: State) -> Json:
    with state.lock:
        return {
            "version": VERSION,
            "born": state._born,
            "offset_seconds": state.offset,
            "switches": state.switches.as_json(),
            "apps": [asdict(each) for each in state.apps.values()],
            "persons": [flat(each, "tokens") for each in state.persons.values()],
            "codes": [flat(each, "person") | {"person": each.person.username} for each in state.codes.values()],
            "tokens": [flat(each, "person") | {"person": each.person.username} for each in state.tokens.values()],
            "faults": [flat(each) for each in state.faults.all()],
            "last_fault": state.faults.last_id,
            "limits": [asdict(each) for each in state.limits.values()],
            "facebook": facebook.snapshot(state.facebook),
        }


def flat(record: App | Person | Code | Token | Fault, left_out: str = "") -> Json:
    """One level only: `asdict` would follow persons into their tokens and back."""
    return {each.name: getattr(record, each.name) for each in fields(record) if each.name != left_out}


def restore(state: State, told: Json) -> None:
    """All or nothing."""
    try:
        if told["version"] != VERSION:
            raise Damaged(f"it is of version {told['version']!r}, this program reads {VERSION}")
        parts = read(told)
        # Files of before there was Facebook have nothing of it.
        at_facebook = facebook.read(told["facebook"]) if "facebook" in told else {}
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Damaged(f"it is no state of this program ({type(problem).__name__})") from None
    with state.lock:
        state.reset()
        vars(state).update(parts)
        vars(state.facebook).update(at_facebook)
        state.remember_secrets()


def read(told: Json) -> Json:
    persons = {each["username"]: person(each) for each in told["persons"]}
    switches = Switches()
    switches.change(told["switches"])
    tokens = [Token(**owned(each, persons)) for each in told["tokens"]]
    for each in tokens:
        each.person.tokens.append(each)
    return {
        "_born": int(told["born"]),
        "offset": float(told["offset_seconds"]),
        "switches": switches,
        "apps": {each["id"]: app(each) for each in told["apps"]},
        "persons": persons,
        "codes": {each["value"]: Code(**owned(each, persons)) for each in told["codes"]},
        "tokens": {each.access_token: each for each in tokens},
        "faults": book(told),
        # Files of before there were limits have none.
        "limits": {each["app_id"]: AppLimit(**each) for each in told.get("limits", [])},
    }


def listed(told: Json, name: str) -> Json:
    return told | {name: tuple(told[name])}


def app(told: Json) -> App:
    # Files of before there were callbacks have no second secret.
    second: Json = {"meta_secret": DEFAULT_APP.meta_secret} if told["id"] == DEFAULT_APP.id else {}
    read = App(**(second | listed(told, "redirect_uris")))
    if read.broken not in (None, *BREAKAGES):
        raise ValueError(read.broken)
    return read


def person(told: Json) -> Person:
    return Person(**(told | {"grants": {app: tuple(scopes) for app, scopes in told["grants"].items()}}))


def owned(told: Json, persons: Mapping[str, Person]) -> Json:
    return listed(told, "permissions") | {"person": persons[told["person"]]}


def book(told: Json) -> FaultBook:
    faults = FaultBook()
    for each in told["faults"]:
        faults.put(Fault(**each))
    faults.last_id = int(told["last_fault"])
    return faults
