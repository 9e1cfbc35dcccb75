"""A small client on the standard library: what the emulator answers, exactly as it was sent."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from functools import cached_property
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

APP_ID = "1234567890"
SECRET = "emulator-app-secret"
META_SECRET = "emulator-meta-secret"
CALLBACK = "https://perennial.test/callback"
BASIC = "instagram_business_basic"
PUBLISH = "instagram_business_content_publish"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def until(condition: Callable[[], object], patience: float = 5) -> None:
    """Waits for what another thread is about to bring about."""
    pause, tries = threading.Event(), int(patience / 0.005)
    assert any(condition() or pause.wait(0.005) for _ in range(tries)), "it never came"


@dataclass
class Reply:
    status: int
    headers: Message
    body: bytes

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def error(self) -> dict[str, Any]:
        told: dict[str, Any] = self.json["error"]
        return told


class Client:
    """Keeps one connection alive over all its calls."""

    def __init__(self, url: str, timeout: float = 10) -> None:
        self.url = url
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=timeout)

    def close(self) -> None:
        self.connection.close()

    def send(
        self, method: str, target: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        try:
            self.connection.request(method, target, body, headers or {})
            answer = self.connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        except BaseException:
            self.connection.close()
            raise

    def get(self, path: str, headers: dict[str, str] | None = None, **query: str) -> Reply:
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path, headers=headers)

    def post(self, path: str, **form: str) -> Reply:
        return self.send("POST", path, urlencode(form), FORM)

    def control(self, method: str, path: str, /, **body: Any) -> Reply:
        return self.send(method, f"/_control/{path}", json.dumps(body) if body else None, JSON)

    def me(self, token: str, fields: str = "user_id,username") -> Reply:
        return self.get("/v26.0/me", fields=fields, access_token=token)

    def refresh(self, token: str) -> Reply:
        return self.get("/refresh_access_token", grant_type="ig_refresh_token", access_token=token)

    def lengthen(self, token: str, **changes: str) -> Reply:
        query = {"grant_type": "ig_exchange_token", "client_secret": SECRET, "access_token": token}
        return self.get("/access_token", None, **{**query, **changes})

    def exchange(self, code: str, **changes: str) -> Reply:
        return self.post("/oauth/access_token", **exchange_form(code, **changes))

    def authorize_url(self, **changes: str | None) -> str:
        query = {
            "client_id": APP_ID,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": f"{BASIC},{PUBLISH}",
            "state": "s-1",
        }
        kept = {key: value for key, value in {**query, **changes}.items() if value is not None}
        return f"{self.url}/oauth/authorize?{urlencode(kept)}"


def exchange_form(code: str, **changes: str) -> dict[str, str]:
    form = {
        "client_id": APP_ID,
        "client_secret": SECRET,
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": code,
    }
    return {**form, **changes}


def came_back(location: str) -> dict[str, str]:
    """The query of a redirect, as a browser would send it on."""
    return dict(parse_qsl(urlsplit(location).query))
