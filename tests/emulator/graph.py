"""graph.instagram.com: the exchange for a long-lived token, the refresh, and `/me`."""

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from .errors import end_of, error
from .life import LONGEST
from .limits import app_usage
from .records import BASIC, DAY, Token
from .state import State
from .switches import SIXTY_DAYS
from .wire import Answer, Headers, Refused, Request, json_answer

Field = Callable[[Token], object]


def refuse(state: State, name: str, **facts: str) -> NoReturn:
    raise Refused(error(name, state.switches, facts))


def unsupported(state: State, request: Request) -> NoReturn:
    refuse(state, "unsupported_request", method=request.method.lower())


def need_get(state: State, request: Request) -> None:
    if request.method != "GET":
        unsupported(state, request)


def need_grant(state: State, request: Request, grant_type: str) -> None:
    if request.query.get("grant_type") != grant_type:
        unsupported(state, request)


def live_token(state: State, request: Request, without: str) -> Token:
    """Tokens are checked before anything else (meta-wire 4.4)."""
    if not request.token:
        refuse(state, without)
    token = state.tokens.get(request.token)
    if token is None:
        refuse(state, "cannot_parse")
    if trouble := token.trouble(state.now()):
        raise Refused(end_of(token, trouble, state.switches, state.now()))
    return token


def need_basic(state: State, request: Request, token: Token) -> None:
    if BASIC in token.granted:
        return
    if state.switches.no_basic == "unsupported":
        unsupported(state, request)
    refuse(state, "permission_10")


# GET /access_token


def exchange(state: State, request: Request) -> Answer:
    need_get(state, request)
    need_grant(state, request, "ig_exchange_token")
    token = live_token(state, request, without="code_104")
    need_secret(state, request, token)
    need_basic(state, request, token)
    if token.kind == "long":
        refuse_long(state, request)
    fresh = lengthen(state, token, state.switches.exchange_expires_in)
    return token_answer(fresh, state.switches.exchange_expires_in)


def need_secret(state: State, request: Request, token: Token) -> None:
    secret = request.query.get("client_secret")
    if not secret:
        refuse(state, "missing_parameter", field="client_secret")
    if secret != state.app(token.app_id).secret:
        refuse(state, "client_secret")


def refuse_long(state: State, request: Request) -> None:
    if state.switches.long_to_exchange == "code_452":
        refuse(state, "code_452")
    if state.switches.long_to_exchange == "unsupported":
        unsupported(state, request)


def lengthen(state: State, token: Token, told: object) -> Token:
    return state.mint(token.person, token.app_id, "long", lifetime(told), token.permissions)


def lifetime(told: object) -> float:
    """How long a token really lasts, whatever is told about it."""
    sound = isinstance(told, int | float) and not isinstance(told, bool) and told > 0
    return min(float(told), LONGEST) if sound else SIXTY_DAYS  # type: ignore[arg-type]


def token_answer(token: Token, expires_in: object) -> Answer:
    body = {"access_token": token.access_token, "token_type": "bearer"}
    return json_answer(body if expires_in is None else {**body, "expires_in": expires_in})


# GET /refresh_access_token


def refresh(state: State, request: Request) -> Answer:
    need_get(state, request)
    need_grant(state, request, "ig_refresh_token")
    token = live_token(state, request, without="code_104")
    if token.kind == "short":
        unsupported(state, request)
    if token.person.personal and state.switches.personal_refresh == "unsupported":
        unsupported(state, request)
    need_basic(state, request, token)
    need_age(state, token)
    fresh = renew(state, token)
    state.journal.refreshed(token.person.username)
    return token_answer(fresh, state.switches.refresh_expires_in)


def need_age(state: State, token: Token) -> None:
    if state.now() - token.issued_at >= DAY or state.switches.too_young == "allow":
        return
    refuse(state, {"refuse_100": "too_young_100", "refuse_1": "too_young_1"}[state.switches.too_young])


def renew(state: State, token: Token) -> Token:
    told = state.switches.refresh_expires_in
    if state.switches.refresh_string == "same":
        token.issued_at = state.now()
        token.expires_at = state.now() + lifetime(told)
        return token
    fresh = lengthen(state, token, told)
    retire(state, token)
    return fresh


def retire(state: State, token: Token) -> None:
    """What becomes of the string that was replaced."""
    switches = state.switches
    grace = {
        "dies_at_once": 0.0,
        "dies_later": switches.old_string_grace_seconds,
        "lives": None,
    }[switches.old_string]
    if grace is not None and token.dies_at is None:
        token.dies_at = state.now() + grace


# GET /me


def picture(token: Token) -> str:
    return f"https://scontent.cdninstagram.com/v/{token.user_id}.jpg"


ACCOUNT_FIELDS: dict[str, Field] = {
    "user_id": lambda token: token.user_id,
    "id": lambda token: token.id,
    "username": lambda token: token.person.username,
    "name": lambda token: token.person.name,
    "account_type": lambda token: token.person.account_type,
    "profile_picture_url": picture,
    "biography": lambda token: f"This is {token.person.name}.",
    "website": lambda token: f"https://{token.person.username}.example/",
    "followers_count": lambda token: 1200,
    "follows_count": lambda token: 34,
    "media_count": lambda token: 56,
}


def me(state: State, request: Request) -> Answer:
    need_get(state, request)
    token = live_token(state, request, without="code_2500")
    if token.person.personal and state.switches.personal_me == "unsupported":
        unsupported(state, request)
    need_basic(state, request, token)
    account = told_account(state, token, wanted_fields(state, request))
    return json_answer({"data": [account]} if state.switches.me_shape == "data" else account)


def wanted_fields(state: State, request: Request) -> list[str]:
    fields = [each.strip() for each in request.query.get("fields", "").split(",") if each.strip()]
    unknown = [each for each in fields if each not in ACCOUNT_FIELDS]
    if unknown:
        refuse(state, "unknown_field", field=unknown[0])
    return fields


def told_account(state: State, token: Token, fields: list[str]) -> dict[str, Any]:
    unasked = ["id"] if state.switches.me_id_unasked or not fields else []
    wanted = dict.fromkeys([*fields, *unasked])
    return {name: ACCOUNT_FIELDS[name](token) for name in wanted if name not in state.switches.me_missing}


# versions and usage


EXISTING = {
    (major, minor)
    for major, last in {1: 0, 2: 12, 3: 3, **dict.fromkeys(range(4, 27), 0)}.items()
    for minor in range(last + 1)
}


def number(version: str) -> tuple[int, int]:
    major, _, minor = version.removeprefix("v").partition(".")
    return int(major), int(minor)


def served_version(state: State, request: Request) -> str:
    """Ended versions are served by the oldest usable one; those that never were are unknown paths."""
    oldest = state.switches.oldest_version
    if request.version is None:
        return oldest
    if number(request.version) not in EXISTING:
        refuse(state, "unknown_path", path=request.host_path)
    return max(request.version, oldest, key=number)


def graph_answer(endpoint: Callable[[State, Request], Answer], state: State, request: Request) -> Answer:
    version = served_version(state, request)
    token = state.tokens.get(request.token or "")
    broken = state.breakage(token.app_id).graph if token else None
    limit = state.limits.get(token.app_id) if token else None
    if broken:
        answer = error(broken, state.switches)
    elif token and limit and limit.count(state.now()):
        answer = limit.refusal(state.switches, {"user_id": token.user_id})
    else:
        answer = answered(endpoint, state, request)
    usage = limit.headers() if limit else usage_of_all(state)
    return answer.with_headers(("facebook-api-version", version), *usage)


def answered(endpoint: Callable[[State, Request], Answer], state: State, request: Request) -> Answer:
    try:
        return endpoint(state, request)
    except Refused as refused:
        return refused.answer


def usage_of_all(state: State) -> Headers:
    percent = state.switches.app_usage
    return () if percent is None else (("X-App-Usage", app_usage(percent)),)


ENDPOINTS = {
    "/access_token": partial(graph_answer, exchange),
    "/refresh_access_token": partial(graph_answer, refresh),
    "/me": partial(graph_answer, me),
}
