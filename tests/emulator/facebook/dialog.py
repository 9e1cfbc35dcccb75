"""www.facebook.com: the dialog in its two steps, who somebody is and what they allow, and the way back."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode, urlsplit

from tests.emulator.forms import refuse_foreign, sound_username
from tests.emulator.oauth import DENIAL, acceptable, back
from tests.emulator.pages import error_page
from tests.emulator.refusals import Missing, Refusal
from tests.emulator.wire import Answer, Refused, Request, html_answer, page_answer

from .dialog_pages import NEWCOMER, Asked, hindrance, permission_step, person_step
from .records import SCOPES, FacebookApp, FacebookPerson

if TYPE_CHECKING:
    from tests.emulator.state import State

OUR_FIELDS = ("person", "new_name", "new_instagram", "permission", "page", "decision")
PATH = "/dialog/oauth"
DENIED_CODE = {"error_code": "200"}


def answer(state: "State", request: Request) -> Answer:
    if request.host_path != PATH:
        return html_answer(error_page("This page isn’t available"), 404)
    if request.method == "GET":
        return ask(state, request)
    if request.method == "POST":
        return decide(state, request)
    return html_answer(error_page("This page can't be asked that way"), 405)


def ask(state: "State", request: Request) -> Answer:
    asked = dialog(state, request, carried_by(request.query))
    person = state.facebook.persons.get(request.query.get("person", ""))
    return shown(permission_step(asked, person, offered(asked, person)) if person else person_step(asked))


def shown(page: str, status: int = 200) -> Answer:
    return page_answer(page, status)


def carried_by(fields: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in fields.items() if key not in OUR_FIELDS}


def dialog(state: "State", request: Request, carried: Mapping[str, str], notice: str = "") -> Asked:
    app = check_dialog(state, carried)
    site = urlsplit(carried["redirect_uri"]).netloc
    return Asked(app, state.facebook, wanted_scopes(app, carried), carried, site, request.path, notice, request.fields)


def check_dialog(state: "State", query: Mapping[str, str]) -> FacebookApp:
    """Whatever is wrong here is told to the person on Facebook's own page; nobody is sent back."""
    app = state.facebook.apps.get(query.get("client_id", ""))
    if app is None:
        refuse_dialog("Invalid App ID")
    if state.facebook.breakage(app.id).dialog:
        refuse_dialog("App not active")
    if not acceptable(app, query.get("redirect_uri", "")):
        refuse_dialog("URL Blocked: this redirect failed because the redirect URI is not allowed")
    if query.get("response_type", "code") != "code":
        refuse_dialog(f"Invalid response type: {query['response_type']}")
    if (config_id := query.get("config_id")) and config_id not in app.configs:
        refuse_dialog("Invalid configuration ID")
    wrong = [each for each in wanted_scopes(app, query) if each not in SCOPES]
    if wrong or not wanted_scopes(app, query):
        refuse_dialog(f"Invalid Scopes: {', '.join(wrong)}")
    return app


def refuse_dialog(title: str) -> NoReturn:
    raise Refused(html_answer(error_page(title), 400))


def wanted_scopes(app: FacebookApp, query: Mapping[str, str]) -> list[str]:
    """A configuration of Facebook Login for Business takes the place of `scope`."""
    if config_id := query.get("config_id"):
        return list(app.configs.get(config_id, ()))
    return list(dict.fromkeys(filter(None, re.split(r"[,\s]+", query.get("scope", "")))))


def offered(asked: Asked, person: FacebookPerson) -> list[str]:
    """What somebody declined before is asked for again only when the app says so."""
    grant = person.grants.get(asked.app.id)
    if grant is None or asked.carried.get("auth_type") == "rerequest":
        return asked.scopes
    return [each for each in asked.scopes if grant.permissions.get(each) != "declined"]


def decide(state: "State", request: Request) -> Answer:
    try:
        refuse_foreign(request)
    except Refusal as refusal:
        return shown(error_page(str(refusal)), refusal.status)
    carried = carried_by(request.form)
    asked = dialog(state, request, carried)
    match request.form.get("decision"):
        case "cancel":
            return denied(state, carried, coded=state.switches.denial_code)
        case "next":
            return choose(state, request, asked)
        case "allow":
            return allow(state, request, asked)
    return shown(person_step(asked.told("Please press Continue or Cancel.")), 400)


def denied(state: "State", carried: Mapping[str, str], *, coded: bool) -> Answer:
    told = {**DENIAL, **(DENIED_CODE if coded else {})}
    return back(carried, told, carry_state=state.switches.denial_state)


def choose(state: "State", request: Request, asked: Asked) -> Answer:
    """On to the second step, at an address of its own: the browser's way back works."""
    try:
        person = chosen_person(state, request.form)
    except Refusal as refusal:
        return shown(person_step(asked.told(str(refusal))), 400)
    query = urlencode({**asked.carried, "person": person.id})
    return Answer(303, (("Location", f"{request.path}?{query}"), ("Cache-Control", "no-store")))


def chosen_person(state: "State", form: Mapping[str, str]) -> FacebookPerson:
    """Somebody on the list, or somebody new, who gets a Page if an Instagram account is named for it."""
    world, choice, name = state.facebook, form.get("person", ""), form.get("new_name", "").strip()
    if choice in world.persons:
        return world.persons[choice]
    if choice not in ("", NEWCOMER) or not (choice or name):
        raise Missing("Please choose who you are.")
    if not name:
        raise Missing("Please type a name.")
    instagram = form.get("new_instagram", "").strip()
    username = sound_username(instagram) if instagram else ""
    person = world.add_person(name[:60])
    if username:
        if username not in state.persons:
            state.add_person(username)
        world.link(world.add_page(f"{person.name}’s Page", person.id).id, username)
    return person


def allow(state: "State", request: Request, asked: Asked) -> Answer:
    world = state.facebook
    person = world.persons.get(request.form.get("person", ""))
    if person is None:
        return shown(person_step(asked.told("Please choose who you are.")), 400)
    if person.id in state.switches.no_role:
        return denied(state, asked.carried, coded=True)
    scopes = offered(asked, person)
    if person.hindrance:
        return shown(permission_step(asked.told(hindrance(person)), person, scopes), 403)
    granted = [each for each in scopes if each in request.every("permission")]
    world.consent(person.id, asked.app.id, scopes, granted, request.every("page"))
    kept = person.granted(asked.app.id, tuple(asked.scopes))
    code = world.issue_code(person, asked.app.id, asked.carried["redirect_uri"], kept)
    return back(asked.carried, {"code": code.value}, mark="_=_")
