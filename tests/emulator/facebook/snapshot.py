"""What Facebook knows as JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from tests.emulator.apps import BREAKAGES

from .records import (
    FacebookApp,
    FacebookCode,
    FacebookPerson,
    FacebookToken,
    Grant,
    Holder,
    Page,
    SystemUser,
)
from .world import Facebook

Json = dict[str, Any]


def snapshot(world: Facebook) -> Json:
    return {
        "born": world._born,
        "apps": [asdict(each) for each in world.apps.values()],
        "persons": [told_person(each) for each in world.persons.values()],
        "system_users": [flat(each, "tokens") for each in world.system_users.values()],
        "pages": [asdict(each) for each in world.pages.values()],
        "codes": [flat(each, "person") | {"person": each.person.id} for each in world.codes.values()],
        "tokens": [flat(each, "holder") | {"holder": each.holder.id} for each in world.tokens.values()],
    }


def flat(record: Holder | FacebookCode | FacebookToken, left_out: str) -> Json:
    """One level only: `asdict` would follow holders into their tokens and back."""
    return {each.name: getattr(record, each.name) for each in fields(record) if each.name != left_out}


def told_person(person: FacebookPerson) -> Json:
    return flat(person, "tokens") | {"grants": {app_id: asdict(each) for app_id, each in person.grants.items()}}


def read(told: Json) -> Json:
    """Attributes of a `Facebook`."""
    persons = {each["id"]: read_person(each) for each in told["persons"]}
    users = {each["id"]: SystemUser(**read_holder(each)) for each in told["system_users"]}
    holders: dict[str, Holder] = {**persons, **users}
    tokens = [FacebookToken(**listed(each, "scopes") | {"holder": holders[each["holder"]]}) for each in told["tokens"]]
    for each in tokens:
        each.holder.tokens.append(each)
    return {
        "_born": int(told["born"]),
        "apps": {each["id"]: read_app(each) for each in told["apps"]},
        "persons": persons,
        "system_users": users,
        "pages": {each["id"]: Page(**each) for each in told["pages"]},
        "codes": {each["value"]: read_code(each, persons) for each in told["codes"]},
        "tokens": {each.access_token: each for each in tokens},
    }


def listed(told: Json, name: str) -> Json:
    return told | {name: tuple(told[name])}


def read_app(told: Json) -> FacebookApp:
    configs = {name: tuple(scopes) for name, scopes in told["configs"].items()}
    app = FacebookApp(**listed(told, "redirect_uris") | {"configs": configs})
    if app.broken not in (None, *BREAKAGES):
        raise ValueError(app.broken)
    return app


def read_holder(told: Json) -> Json:
    return told | {"roles": {page: tuple(tasks) for page, tasks in told["roles"].items()}}


def read_person(told: Json) -> FacebookPerson:
    grants = {app_id: Grant(**listed(each, "pages")) for app_id, each in told["grants"].items()}
    return FacebookPerson(**read_holder(told) | {"grants": grants})


def read_code(told: Json, persons: Mapping[str, FacebookPerson]) -> FacebookCode:
    return FacebookCode(**listed(told, "scopes") | {"person": persons[told["person"]]})
