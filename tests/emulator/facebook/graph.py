"""graph.facebook.com: every call finds its way here, and leaves with the version and the usage told."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.emulator.graph import answered, served_version, usage_of_all
from tests.emulator.wire import Answer, Request

from .calls import Call, subject
from .errors import error
from .exchange import access_token, revoke
from .inspecting import inspect
from .nodes import accounts, ad_accounts, instagram_node, me, page_node, permissions
from .records import FacebookToken

if TYPE_CHECKING:
    from tests.emulator.state import State

Endpoint = Callable[[Call], Answer]
Edge = Callable[[Call, FacebookToken], Answer]
EDGES: dict[str, Edge] = {"accounts": accounts, "adaccounts": ad_accounts, "permissions": permissions}
METHODS = {"permissions": ("GET", "DELETE")}
FIXED: dict[str, Endpoint] = {
    "/oauth/access_token": access_token,
    "/oauth/revoke": revoke,
    "/debug_token": inspect,
}


def answer(state: "State", request: Request) -> Answer:
    version = served_version(state, request)
    app_id = asking_app(state, request)
    broken = state.facebook.breakage(app_id).graph
    limit = state.limits.get(app_id)
    if broken:
        said = error(broken, state.switches)
    elif limit and limit.count(state.now()):
        said = limit.refusal(state.switches, {})
    else:
        said = answered(lambda _, asked: route(Call(state, asked)), state, request)
    usage = limit.headers() if limit else usage_of_all(state)
    return said.with_headers(("facebook-api-version", version), *usage)


def asking_app(state: "State", request: Request) -> str:
    """By the token that a call is about, by an app's own token, or by the id that an exchange names."""
    call, world = Call(state, request), state.facebook
    token = world.tokens.get(subject(request) or "")
    app = world.app_of(call.access_token or "")
    return token.app_id if token else app.id if app else call.asked.get("client_id", "")


def route(call: Call) -> Answer:
    path = call.request.host_path.rstrip("/")
    if path in FIXED:
        return FIXED[path](call)
    parts = path.split("/")[1:]
    if not parts or not parts[0] or call.method not in ("GET", "DELETE"):
        call.no_object(parts[0] if parts else "")
    token = call.caller(without="code_2500" if parts[0] == "me" else "code_104")
    if len(parts) == 1:
        return node(call, token, parts[0])
    return edge(call, token, *parts)


def node(call: Call, token: FacebookToken, node_id: str) -> Answer:
    if call.method != "GET":
        call.no_object(node_id)
    if is_self(token, node_id):
        return me(call, token)
    if page := call.world.pages.get(node_id):
        return page_node(call, token, page)
    account = next((each for each in call.state.persons.values() if each.user_id == node_id), None)
    if account is None:
        call.no_object(node_id)
    return instagram_node(call, token, account)


def edge(call: Call, token: FacebookToken, node_id: str, name: str, *more: str) -> Answer:
    if call.method not in METHODS.get(name, ("GET",)) or not is_self(token, node_id):
        call.no_object(node_id)
    if name == "permissions" and len(more) == 1 and call.method == "DELETE":
        return permissions(call, token, more[0])
    if name not in EDGES or more:
        call.refuse("unknown_path", path=call.request.host_path)
    return EDGES[name](call, token)


def is_self(token: FacebookToken, node_id: str) -> bool:
    return node_id in ("me", token.page_id or token.user_id)
