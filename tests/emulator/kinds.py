"""What each kind of fault does to an answer: a table."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import LIMITS, SPECS, error
from .gate import Gate
from .limits import usage_headers
from .refusals import Wrong
from .switches import Switches
from .wire import HTML_TYPE, JSON_TYPE, RESET, Answer, Request, html_answer, json_answer

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Scene:
    """All a fault may look at while it plays."""

    request: Request
    params: Params
    proceed: Callable[[], Answer]  # performs what the request really asks for
    gate: Gate
    switches: Switches
    facts: Mapping[str, str]


LONGEST_PACE = 3600.0
Number = (int, float)
Maybe = type(None)
TYPES: dict[str, tuple[type, ...]] = {
    "status": (int,),
    "code": (int,),
    "subcode": (int, bool, Maybe),
    "message": (str,),
    "type": (str,),
    "transient": (bool, Maybe),
    "seconds": (*Number, Maybe),
    "minutes": (*Number, Maybe),
    "retry_after": (*Number, str, Maybe),
    "app_usage": (*Number, Maybe),
    "to": (str,),
    "bytes": (int,),
    "headers": (dict,),
    "body": (str, dict, list, int, float, bool, Maybe),
}


RANGES = {"status": range(200, 600), "bytes": range(50_000_001)}


@dataclass(frozen=True)
class Kind:
    play: Callable[[Scene], Answer]
    params: Params = field(default_factory=dict)  # names and defaults
    optional: frozenset[str] = frozenset()  # names that have no default

    def check(self, kind: str, name: str, value: object) -> None:
        if name not in self.params and name not in self.optional:
            known = ", ".join(sorted({*self.params, *self.optional})) or "none"
            raise Wrong(f"The fault {kind!r} has no parameter {name!r}; it has: {known}.")
        if type(value) not in TYPES[name]:
            raise Wrong(f"{name} takes {' or '.join(each.__name__ for each in TYPES[name])}.")
        if name in RANGES and value not in RANGES[name]:
            raise Wrong(f"{name} takes a number from {RANGES[name].start} to {RANGES[name].stop - 1}.")


SPEC_PARTS = frozenset({"status", "code", "subcode", "message", "type", "transient"})


def error_kind(name: str) -> Kind:
    def play(scene: Scene) -> Answer:
        return error(name, scene.switches, scene.facts, **scene.params)

    return Kind(play, optional=SPEC_PARTS)


def limit_kind(name: str) -> Kind:
    """Only what limits the app tells that the app's limit is used up."""
    of_app = name in ("rate_4", "rate_341")
    params = {
        "app_usage": 100 if of_app else None,
        "minutes": 19 if name == "rate_80002" else None,
        "retry_after": None,
    }

    def play(scene: Scene) -> Answer:
        changes = {key: value for key, value in scene.params.items() if key in SPEC_PARTS}
        answer = error(name, scene.switches, scene.facts, **changes)
        return answer.with_headers(*usage_headers(scene.params, scene.facts))

    return Kind(play, params, SPEC_PARTS)


def fixed(answer: Answer) -> Kind:
    """Always the same answer; its status may be changed."""
    return Kind(lambda scene: replace(answer, status=scene.params["status"]), {"status": answer.status})


def raw(scene: Scene) -> Answer:
    body = scene.params["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    headers = tuple((str(key), str(value)) for key, value in scene.params["headers"].items())
    typed = any(key.lower() == "content-type" for key, _ in headers)
    return Answer(scene.params["status"], headers if typed else (JSON_TYPE, *headers), text.encode())


def too_many(scene: Scene) -> Answer:
    pause = scene.params["retry_after"]
    headers = () if pause is None else (("Retry-After", str(pause)),)
    return Answer(scene.params["status"], headers)


def elsewhere(scene: Scene) -> Answer:
    return Answer(scene.params["status"], (("Location", scene.params["to"]),))


def huge(scene: Scene) -> Answer:
    frame = b'{"padding": "%s"}'
    return Answer(scene.params["status"], (JSON_TYPE,), frame % (b"x" * (scene.params["bytes"] - len(frame) + 2)))


def truncated(scene: Scene) -> Answer:
    return replace(scene.proceed(), manner="truncated")


def drip(scene: Scene) -> Answer:
    return replace(scene.proceed(), manner="drip", pace=min(scene.params["seconds"] or 0.0, LONGEST_PACE))


def reset_after_request(scene: Scene) -> Answer:
    scene.proceed()
    return RESET


def hang(scene: Scene) -> Answer:
    """Nothing is performed for a client that has gone, or once the server closes."""
    outcome = scene.gate.wait(scene.params["seconds"], scene.request.client_gone)
    if outcome in ("gone", "closed") or scene.request.client_gone():
        return RESET
    return scene.proceed()


def page(text: str) -> str:
    return f"<!DOCTYPE html><html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>"


KINDS: dict[str, Kind] = {
    **{name: error_kind(name) for name in SPECS if name not in LIMITS},
    **{name: limit_kind(name) for name in LIMITS},
    "190": error_kind("generic_190"),
    "http_500_empty": fixed(Answer(500)),
    "html_502": fixed(html_answer(page("502 Bad Gateway"), 502)),
    "html_200": fixed(html_answer(page("Log in to Instagram"))),
    "html_403": fixed(html_answer(page("Sorry, this content isn't available right now"), 403)),
    "empty_200": fixed(Answer(200, (HTML_TYPE,))),
    "list_200": fixed(json_answer([])),
    "null_token_200": fixed(json_answer({"access_token": None, "token_type": "bearer", "expires_in": 5_184_000})),
    "missing_token_200": fixed(json_answer({"token_type": "bearer", "expires_in": 5_184_000})),
    "number_token_200": fixed(json_answer({"access_token": 12345, "token_type": "bearer", "expires_in": 5_184_000})),
    "bad_json": fixed(Answer(200, (JSON_TYPE,), b'{"access_token": "IG')),
    "truncated": Kind(truncated),
    "reset": Kind(lambda scene: RESET),
    "reset_after_request": Kind(reset_after_request),
    "hang": Kind(hang, {"seconds": None}),
    "slow": Kind(hang, {"seconds": 1.0}),
    "drip": Kind(drip, {"seconds": 0.1}),
    "redirect": Kind(elsewhere, {"to": "/accounts/login/", "status": 302}),
    "huge": Kind(huge, {"bytes": 5 * 1024 * 1024, "status": 200}),
    "http_429_empty": Kind(too_many, {"status": 429, "retry_after": None}),
    "raw": Kind(raw, {"status": 200, "headers": {}, "body": ""}),
}
