"""Calls of Facebook's hosts without a wire, and what of them the tests look at."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.emulator.app import Emulator
from tests.emulator.facebook.records import FacebookToken
from tests.emulator.state import State
from tests.emulator.wire import Answer, Request

APP_ID, SECRET = "987654321012345", "emulator-facebook-secret"
APP_TOKEN = f"{APP_ID}|{SECRET}"
CALLBACK = "https://perennial.test/callback"
BASIC, PAGE_LIST, READ_PAGES = "instagram_basic", "pages_show_list", "pages_read_engagement"
CLIENT = {"client_id": APP_ID, "client_secret": SECRET}
DIALOG = {
    "client_id": APP_ID,
    "redirect_uri": CALLBACK,
    "state": "s-1",
    "response_type": "code",
    "scope": f"{BASIC},{PAGE_LIST},{READ_PAGES}",
}


@dataclass
class Said:
    answer: Answer

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def json(self) -> Any:
        return json.loads(self.answer.body)

    @property
    def text(self) -> str:
        return self.answer.body.decode()

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def error(self) -> dict[str, Any]:
        told: dict[str, Any] = self.json["error"]
        return told

    @property
    def codes(self) -> tuple[int, int, int | None]:
        """Status, code and subcode of a refusal."""
        return self.status, self.error["code"], self.error.get("error_subcode")


class Graph:
    """Asks the application itself."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.emulator = Emulator(state)

    def ask(self, method: str, path: str, /, **query: str) -> Said:
        return self.send(Request(method, f"/facebook-graph{path}", query))

    def by_header(self, path: str, token: str, /, **query: str) -> Said:
        return self.send(Request("GET", f"/facebook-graph{path}", query, headers={"authorization": f"Bearer {token}"}))

    def send(self, request: Request) -> Said:
        request.headers["host"] = "graph.test"
        return Said(self.emulator.answer(request))

    def get(self, path: str, token: FacebookToken | str | None = None, /, **query: str) -> Said:
        string = token.access_token if isinstance(token, FacebookToken) else token
        return self.ask("GET", f"/v26.0{path}", **({"access_token": string} if string else {}), **query)

    def delete(self, path: str, token: FacebookToken) -> Said:
        return self.ask("DELETE", f"/v26.0{path}", access_token=token.access_token)

    def inspect(self, token: FacebookToken | str, caller: str = APP_TOKEN, **query: str) -> Said:
        string = token.access_token if isinstance(token, FacebookToken) else token
        return self.get("/debug_token", caller, input_token=string, **query)

    def exchange(self, token: FacebookToken | str, **changes: str) -> Said:
        string = token.access_token if isinstance(token, FacebookToken) else token
        query = {**CLIENT, "grant_type": "fb_exchange_token", "fb_exchange_token": string, **changes}
        return self.get("/oauth/access_token", **query)

    def redeem(self, code: str, /, **changes: str) -> Said:
        return self.get("/oauth/access_token", **{**CLIENT, "redirect_uri": CALLBACK, "code": code, **changes})

    def follow(self, address: str) -> Said:
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("http", "graph.test")
        return self.ask("GET", parts.path.removeprefix("/facebook-graph"), **dict(parse_qsl(parts.query)))

    def open(self, *fields: tuple[str, str], path: str = "/v26.0/dialog/oauth", **changes: str) -> Said:
        """The dialog; with fields, its form is sent."""
        asked = {**DIALOG, **changes}
        if not fields:
            return Said(self.emulator.answer(Request("GET", f"/facebook{path}", asked)))
        sent = [*asked.items(), *fields]
        return Said(self.emulator.answer(Request("POST", f"/facebook{path}", fields=sent)))


def proof_of(token: str, secret: str = SECRET) -> str:
    """As meta-wire 2.2 has it, and by no code of the emulator's."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def came_back(said: Said) -> dict[str, str]:
    assert said.status == 302, said.text
    return dict(parse_qsl(urlsplit(said.answer.header("Location") or "").query))
