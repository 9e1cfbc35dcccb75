"""The product's own client over a wire that plays the emulator's faults by heart: every answer of Meta's, no socket."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from requests.structures import CaseInsensitiveDict

from tests.emulator.errors import error
from tests.emulator.gate import Gate
from tests.emulator.kinds import KINDS, Scene
from tests.emulator.switches import Switches
from tests.emulator.wire import Answer, Request
from tests.flows.faults import Case
from tokens.meta import AppCredentials, Endpoints, InstagramClient, Secret
from tokens.meta.observation import observe
from tokens.meta.wire import Fault, Question, Reply

APP_ID, APP_SECRET = "4711", "an app secret of no use"
URL = "https://meta.example"
SIXTY_DAYS = 5_184_000
# Their outcome depends on sockets and time; what the client makes of them is one of these.
BY_HEART: dict[str, Fault] = {
    "hang": Fault("timeout"),
    "drip": Fault("timeout"),
    "truncated": Fault("connection"),
    "reset": Fault("connection"),
    "reset_after_request": Fault("connection"),
    "redirect": Fault("redirect", 302),
    "huge": Fault("too_large", 200),
}


def well(call: str, *, username: str = "", user_id: str = "1") -> Reply:
    """The success of a call."""
    bodies: dict[str, dict[str, Any]] = {
        "code_exchange": {
            "access_token": "IGAAshort",
            "user_id": user_id,
            "permissions": "instagram_business_basic",
        },
        "long_lived_exchange": {"access_token": "IGAAlong", "token_type": "bearer", "expires_in": SIXTY_DAYS},
        "refresh": {"access_token": "IGAArenewed", "token_type": "bearer", "expires_in": SIXTY_DAYS},
        "me": {"user_id": user_id, **({"username": username} if username else {})},
    }
    return Reply(200, CaseInsensitiveDict(), json.dumps(bodies[call]).encode())


def played(case: Case, *, subcodes: bool = False) -> Reply | Fault:
    """What the client's wire brings where this fault strikes."""
    if case.kind in BY_HEART:
        return BY_HEART[case.kind]
    kind = KINDS[case.kind]
    scene = Scene(
        request=_request(),
        params={**kind.params, **case.params},
        proceed=lambda: Answer(),
        gate=Gate(),
        switches=Switches(subcodes=subcodes),
        facts={"app_id": APP_ID, "token": "…", "expired_at": "Tuesday", "now": "Thursday", "method": "get"},
    )
    return _reply(kind.play(scene))


def deadly(cause: str, *, subcodes: bool = False) -> Reply:
    """The answer by which Meta tells of a death."""
    return _reply(error(cause, Switches(subcodes=subcodes), {"app_id": APP_ID}))


def _request() -> Request:
    return Request(method="GET", path="/")


def _reply(answer: Answer) -> Reply:
    return Reply(answer.status, CaseInsensitiveDict(dict(answer.headers)), answer.body)


class ScriptedWire:
    """Answers each call with the next thing that is told for it; the last one for ever."""

    def __init__(self, **told: Sequence[Reply | Fault]) -> None:
        self.told = {call: list(answers) for call, answers in told.items()}
        self.asked: list[str] = []

    def ask(self, question: Question, deadline: float) -> Reply | Fault:
        self.asked.append(question.call)
        left = self.told[question.call]
        answer = left.pop(0) if len(left) > 1 else left[0]
        headers = answer.headers if isinstance(answer, Reply) else None
        observe(question.call, time.monotonic(), answer.status, headers)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def client_of(wire: ScriptedWire) -> InstagramClient:
    """The product's client, whose questions end here."""
    endpoints = Endpoints(f"{URL}/oauth/authorize", URL, URL, "v26.0")
    client = InstagramClient(endpoints, AppCredentials(APP_ID, Secret(APP_SECRET)))
    client._wire = wire  # type: ignore[assignment]
    return client
