"""The WSGI application: notes every request, lets faults strike, and routes to the endpoints."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from . import control, graph, oauth, pages
from .callers import Caller, caller_of
from .desk import Desk
from .errors import error
from .facebook import dialog as facebook_dialog
from .facebook import graph as facebook_graph
from .faults import Fault
from .journal import Entry
from .kinds import KINDS, Scene
from .state import State
from .wire import (
    FACEBOOK_DIALOG,
    FACEBOOK_GRAPH,
    Answer,
    Headers,
    Refused,
    Request,
    html_answer,
    json_answer,
    read_request,
)

Endpoint = Callable[[State, Request], Answer]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
ENDPOINTS: Mapping[str, Endpoint] = {**oauth.ENDPOINTS, **graph.ENDPOINTS}
FACEBOOK: Mapping[str, Endpoint] = {FACEBOOK_DIALOG: facebook_dialog.answer, FACEBOOK_GRAPH: facebook_graph.answer}


class Emulator:
    def __init__(self, state: State) -> None:
        self.state = state
        self.desk = Desk(state)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        answer = self.answer(read_request(environ))
        environ["emulator.answer"] = answer  # how to send it is the server's business
        start_response(status_line(answer.status), [*answer.headers, *length_of(answer), *date_of(answer, self.state)])
        return [answer.body]

    def answer(self, request: Request) -> Answer:
        try:
            return self._route(request)
        finally:
            self.state.changed.set()

    def _route(self, request: Request) -> Answer:
        if request.path.startswith(control.PREFIX):
            return control.answer(self.state, request)
        if self.desk.serves(request.path):
            return self.desk.answer(request)
        return play(self.state, request)


def status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def length_of(answer: Answer) -> Headers:
    if answer.header("Content-Length") is not None:
        return ()  # a `raw` fault may lie about it
    return (("Content-Length", str(len(answer.body))),)


def date_of(answer: Answer, state: State) -> Headers:
    """By the clock of the Meta that is played: whoever compares clocks sees when it was moved."""
    return () if answer.header("Date") else (("Date", formatdate(state.now(), usegmt=True)),)


def play(state: State, request: Request) -> Answer:
    """A fault is taken under the lock but plays outside: it may hang for as long as it likes."""
    with state.lock:
        caller = caller_of(state, request)
        journal = state.journal
        entry = journal.arrived(request, state.now(), caller.username, caller.string)
        caller.uses(state.now())
        fault = state.faults.take(request.bare_path, caller.string, caller.username)
        state.changed.set()  # already now: a fault may hang
    answer = strike(state, request, fault, caller, entry) if fault else perform(state, request)
    with state.lock:
        journal.answered(entry, answer.status)
    return answer


def strike(state: State, request: Request, fault: Fault, caller: Caller, entry: Entry) -> Answer:
    """Facebook's hosts always tell subcodes."""
    switches = replace(state.switches, subcodes=True) if request.base else state.switches
    entry.fault = fault.kind
    scene = Scene(
        request=request,
        params=fault.params,
        proceed=lambda: perform(state, request),
        gate=state.gate,
        switches=switches,
        facts=caller.facts(request, state.now()),
    )
    return KINDS[fault.kind].play(scene)


def perform(state: State, request: Request) -> Answer:
    endpoint = FACEBOOK[request.base] if request.base else ENDPOINTS.get(request.bare_path, nowhere)
    with state.lock:
        try:
            return endpoint(state, request)
        except Refused as refused:
            return refused.answer


def nowhere(state: State, request: Request) -> Answer:
    if request.path.startswith("/accounts/"):
        return html_answer(pages.login_page())
    if request.path == "/favicon.ico":
        return json_answer({}, 404)
    return error("unknown_path", state.switches, {"path": request.bare_path})
