"""www.instagram.com and api.instagram.com: consent, the redirect back, and the code's exchange."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit, urlunsplit

from . import pages
from .errors import error
from .forms import refuse_foreign, sound_username
from .records import HOUR, PERMISSIONS, App, Code, Person, Token
from .refusals import Missing, Refusal
from .state import State
from .wire import Answer, Refused, Request, html_answer, json_answer, page_answer, redirect

DENIAL = {
    "error": "access_denied",
    "error_reason": "user_denied",
    "error_description": "The user denied your request",
}
OUR_FIELDS = ("person", "new_username", "permission", "decision")


# GET and POST /oauth/authorize


def authorize(state: State, request: Request) -> Answer:
    if request.method == "GET":
        return ask(state, {key: value for key, value in request.query.items() if key not in OUR_FIELDS})
    if request.method == "POST":
        return decide(state, request)
    return html_answer(pages.error_page("This page can't be asked that way"), 405)


def ask(state: State, query: Mapping[str, str]) -> Answer:
    return page_answer(pages.consent_page(dialog(state, query)))


def dialog(state: State, carried: Mapping[str, str]) -> pages.Dialog:
    app = check_dialog(state, carried)
    site = urlsplit(carried["redirect_uri"]).netloc
    return pages.Dialog(app, list(state.persons.values()), wanted_scopes(carried), carried, site)


def ask_again(state: State, request: Request, notice: str, status: int = 400) -> Answer:
    """The same page with a sentence; what was chosen stays chosen."""
    again = replace(
        dialog(state, carried_by(request)),
        notice=notice,
        chosen=request.form.get("person", ""),
        newcomer=request.form.get("new_username", ""),
        ticked=request.every("permission"),
    )
    return page_answer(pages.consent_page(again), status)


def carried_by(request: Request) -> dict[str, str]:
    return {key: value for key, value in request.fields if key not in OUR_FIELDS}


def decide(state: State, request: Request) -> Answer:
    refuse_stray(request)
    carried = carried_by(request)
    app = check_dialog(state, carried)
    decision = request.form.get("decision")
    if decision == "cancel":
        return back(carried, DENIAL, carry_state=state.switches.denial_state)
    if decision != "allow":
        return ask_again(state, request, "Please press Allow or Cancel.")
    try:
        person = chosen_person(state, request.form)
    except Refusal as refusal:
        return ask_again(state, request, str(refusal))
    if person.username in state.switches.no_role:
        refuse_dialog("Insufficient developer role")
    if person.hindrance:
        return ask_again(state, request, pages.hindrance(person), 403)
    return allow(state, app, person, carried, request.every("permission"))


def refuse_stray(request: Request) -> None:
    try:
        refuse_foreign(request)
    except Refusal as refusal:
        raise Refused(page_answer(pages.error_page(str(refusal)), refusal.status)) from None


def chosen_person(state: State, form: Mapping[str, str]) -> Person:
    """Somebody on the list, or whoever the new username names: they are made here if need be."""
    choice, newcomer = form.get("person", ""), form.get("new_username", "").strip()
    if choice in state.persons:
        return state.persons[choice]
    if choice not in ("", pages.NEWCOMER) or not (choice or newcomer):
        raise Missing("Please choose which account to continue with.")
    username = sound_username(newcomer)
    return state.persons.get(username) or state.add_person(username)


def allow(state: State, app: App, person: Person, carried: Mapping[str, str], ticked: list[str]) -> Answer:
    granted = tuple(each for each in wanted_scopes(carried) if each in ticked)
    code = state.issue_code(person, app.id, carried["redirect_uri"], granted)
    return back(carried, {"code": code.value}, mark="_")


def back(carried: Mapping[str, str], params: Mapping[str, str], *, carry_state: bool = True, mark: str = "") -> Answer:
    """Back to the app; whatever its own query was stays in front."""
    echoed = {"state": carried["state"]} if carry_state and "state" in carried else {}
    address = urlsplit(carried["redirect_uri"])
    query = "&".join(filter(None, [address.query, urlencode({**params, **echoed})]))
    return redirect(urlunsplit(address._replace(query=query, fragment=mark)))


def check_dialog(state: State, query: Mapping[str, str]) -> App:
    """Whatever is wrong here is told to the person on Meta's own page; nobody is sent back."""
    app = state.apps.get(query.get("client_id", ""))
    if app is None:
        refuse_dialog("Invalid platform app")
    if broken := state.breakage(app.id).dialog:
        refuse_dialog(broken)
    if not acceptable(app, query.get("redirect_uri", "")):
        refuse_dialog("Invalid redirect_uri")
    if query.get("response_type") != "code":
        refuse_dialog(f"Invalid response type: {query.get('response_type', '')}")
    wrong = [each for each in wanted_scopes(query) if each not in PERMISSIONS]
    if wrong or not wanted_scopes(query):
        refuse_dialog(f"Invalid scope: {wrong}")
    return app


def refuse_dialog(title: str) -> NoReturn:
    raise Refused(html_answer(pages.error_page(title), 400))


def wanted_scopes(query: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(filter(None, re.split(r"[,\s]+", query.get("scope", "")))))


def acceptable(app: App, redirect_uri: str) -> bool:
    if app.redirect_uris:
        return redirect_uri in app.redirect_uris
    if not re.fullmatch(r"[!-~]+", redirect_uri):
        return False
    try:
        address = urlsplit(redirect_uri)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.netloc)


# POST /oauth/access_token


def exchange_code(state: State, request: Request) -> Answer:
    if request.method != "POST":
        raise Refused(error("unsupported_request", state.switches, {"method": request.method.lower()}))
    form = request.form
    check_client(state, form)
    check_registered(state, form)
    if form.get("grant_type") != "authorization_code":
        refuse(state, "flat_grant_type")
    code = usable_code(state, form)
    code.used = True
    return code_answer(state, state.mint(code.person, code.app_id, "short", HOUR, code.permissions))


def refuse(state: State, name: str, **facts: str) -> NoReturn:
    raise Refused(error(name, state.switches, facts))


def check_client(state: State, form: Mapping[str, str]) -> None:
    for name in ("client_id", "client_secret", "grant_type", "redirect_uri", "code"):
        if not form.get(name):
            refuse(state, "flat_missing", field=name)
    app = state.apps.get(form["client_id"])
    if app is None:
        refuse(state, "invalid_platform_app")
    if broken := state.breakage(app.id).exchange:
        refuse(state, broken)
    if form["client_secret"] != app.secret:
        told = {"client_secret": "flat_client_secret", "platform_app": "invalid_platform_app"}
        refuse(state, told[state.switches.wrong_secret])


def check_registered(state: State, form: Mapping[str, str]) -> None:
    """Nobody has published whether Meta looks at the app's list here too, or at the code's own address alone."""
    app = state.apps[form["client_id"]]
    if state.switches.unregistered_redirect == "refuse" and not acceptable(app, form["redirect_uri"]):
        refuse(state, "invalid_redirect")


def usable_code(state: State, form: Mapping[str, str]) -> Code:
    code = state.codes.get(form["code"])
    if code is None or code.app_id != form["client_id"] or not code.usable(state.now()):
        refuse(state, "code_not_found")
    if code.redirect_uri != form["redirect_uri"]:
        refuse(state, "redirect_mismatch")
    return code


def code_answer(state: State, token: Token) -> Answer:
    told = {
        "scoped": token.id,
        "professional": token.user_id,
        "other": token.person.other_id(token.app_id),
    }[state.switches.code_user_id]
    return json_answer(SHAPES[state.switches.code_shape](token, told))


def wrapped(token: Token, user_id: str) -> dict[str, Any]:
    return {"data": [flat_string(token, user_id)]}


def flat_number(token: Token, user_id: str) -> dict[str, Any]:
    return {"access_token": token.access_token, "user_id": int(user_id)}


def flat_list(token: Token, user_id: str) -> dict[str, Any]:
    return {
        "access_token": token.access_token,
        "user_id": user_id,
        "permissions": list(token.granted),
    }


def flat_string(token: Token, user_id: str) -> dict[str, Any]:
    return {**flat_list(token, user_id), "permissions": ",".join(token.granted)}


SHAPES = {"data": wrapped, "flat_number": flat_number, "flat_list": flat_list, "flat_string": flat_string}
ENDPOINTS = {"/oauth/authorize": authorize, "/oauth/access_token": exchange_code}
