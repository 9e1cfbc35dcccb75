"""Facebook's flavours over the scripted wire: what each question is answered with, and what each death must come to."""

from __future__ import annotations

import json
from copy import copy
from functools import cache
from typing import Any

from requests.structures import CaseInsensitiveDict

from tests.emulator.errors import render
from tests.emulator.facebook.errors import told
from tests.emulator.switches import Switches
from tests.factories import made_up_token
from tests.flows.faults import Case
from tests.matrix.expected import CAUSES
from tests.matrix.scripted import APP_ID, APP_SECRET, SIXTY_DAYS, URL, ScriptedWire, played
from tokens.fields import seal
from tokens.flavours.facebook_login import FacebookLogin
from tokens.flavours.system_user import SystemUser
from tokens.meta import AppCredentials, FacebookClient, FacebookEndpoints, Secret
from tokens.meta.wire import Fault, Question, Reply
from tokens.models import Connection, Credential, MetaApp
from tokens.services.ask import Inquiry

FLAVOURS: dict[str, Any] = {"facebook_login": FacebookLogin, "system_user": SystemUser}
# The first question of each kind of attempt; the second opinion is `/me` for all.
FIRST = {
    "facebook_login": {"refresh": "long_lived_exchange", "check": "inspect"},
    "system_user": {"refresh": "refresh", "check": "inspect"},
}
# Facebook's host tells more apart than Instagram's; what only the subcode tells is unknown without it.
BY_SUBCODE = {**CAUSES, "killed": "revoked", "page_role_lost": "page_role_lost", "user_gone": "user_gone"}
BY_TEXT = {**BY_SUBCODE, "page_role_lost": "unknown", "user_gone": "unknown"}
GONE = {"facebook_login": "ended_by_meta", "system_user": "system_user_deleted"}
# Facebook's tokens know no age under which they are not renewed: what says so is a refusal, or passes.
FAMILIES = {"too_young": "refused", "too_young_100": "refused", "too_young_1": "passing"}


def reason(flavour: str, cause: str, *, subcodes: bool) -> str:
    found = (BY_SUBCODE if subcodes else BY_TEXT)[cause]
    return GONE[flavour] if found == "user_gone" else found


def family(case: Case) -> str:
    return FAMILIES.get(case.kind, case.family)


def is_death(flavour: str, case: Case) -> bool:
    """An object that is missing is the system user itself where it is asked who it is."""
    return flavour == "system_user" and case.kind == "object_missing"


def deadly(call: str, cause: str, *, subcodes: bool) -> Reply:
    """How Meta tells of a death: `debug_token` inside of a success, everybody else as an error."""
    spec = told(cause, Switches(), {"app_id": APP_ID}, subcode=subcodes)
    if call != "inspect":
        answer = render(spec)
        return Reply(answer.status, CaseInsensitiveDict(dict(answer.headers)), answer.body)
    error: dict[str, Any] = {"code": spec.code, "message": spec.message}
    if spec.subcode is not None:
        error["subcode"] = spec.subcode
    return reply({"data": {"error": error, "is_valid": False, "scopes": []}})


def well(call: str, connection: Connection) -> Reply:
    return reply(
        {
            "long_lived_exchange": {"access_token": made_up_token(prefix="EAA"), "expires_in": SIXTY_DAYS},
            "code_exchange": {"access_token": made_up_token(prefix="EAA"), "expires_in": 4_172},
            "pages": {"data": [_page(connection)]},
            "refresh": {"access_token": made_up_token(prefix="EAA"), "expires_in": SIXTY_DAYS},
            "page": {"id": connection.page_id, "name": "Page", "access_token": made_up_token(prefix="EAA")},
            "inspect": {
                "data": {
                    "is_valid": True,
                    "app_id": APP_ID,
                    "user_id": connection.exchange_user_id,
                    "scopes": connection.permissions,
                }
            },
            "account": {"id": connection.instagram_id, "username": connection.handle},
            "me": {"id": connection.page_id or connection.instagram_id, "name": connection.name or "Page"},
        }[call]
    )


def _page(connection: Connection) -> dict[str, Any]:
    account = {"id": connection.instagram_id, "username": connection.handle}
    known = {"id": connection.page_id, "name": "Page", "access_token": made_up_token(prefix="EAA")}
    return {**known, "instagram_business_account": account}


def reply(body: object) -> Reply:
    return Reply(200, CaseInsensitiveDict(), json.dumps(body).encode())


def answer_of(case: Case, call: str, connection: Connection) -> Reply | Fault:
    return well(call, connection) if case.family == "well" else played(case)


def keeper_over(flavour: str, connection: Connection, **told: Any) -> Any:
    """The product's keeper; what is not told is answered as it should be."""
    return FLAVOURS[flavour](client_of(Answers(connection, told)))


class Answers(ScriptedWire):
    """Answers as told, and well where nothing is."""

    def __init__(self, connection: Connection, told: dict[str, list[Any]]) -> None:
        super().__init__(**told)
        self.connection = connection

    def ask(self, question: Question, deadline: float) -> Reply | Fault:
        if question.call not in self.told:
            self.told[question.call] = [well(question.call, self.connection)]
        return super().ask(question, deadline)


def client_of(wire: ScriptedWire) -> FacebookClient:
    """The product's client, whose questions end here; made anew it would cost more than what it is asked."""
    client = copy(_client())
    client._wire = wire  # type: ignore[assignment]
    return client


@cache
def _client() -> FacebookClient:
    return FacebookClient(FacebookEndpoints(URL, URL, "v26.0"), AppCredentials(APP_ID, Secret(APP_SECRET)))


def unsaved(flavour: str) -> Credential:
    """A row that no database knows: what is asked and judged needs none."""
    names = {"handle": "creator"} if flavour == "facebook_login" else {"name": "Reporting"}
    connection = Connection(
        meta_app=MetaApp(flavour=flavour, app_id=APP_ID),
        instagram_id="17841",
        page_id="2001" if flavour == "facebook_login" else "",
        permissions=["instagram_basic"],
        **names,
    )
    renewal = seal(made_up_token(prefix="EAA")) if flavour == "facebook_login" else None
    row = Credential(connection=connection, token=seal(made_up_token(prefix="EAA")), renewal=renewal)
    return row


def verdict(flavour: str, row: Credential, purpose: str, **told: Any) -> Any:
    inquiry = Inquiry(keeper_over(flavour, row.connection, **told), pause=lambda seconds: None)
    return inquiry.refresh(row) if purpose == "refresh" else inquiry.check(row)
