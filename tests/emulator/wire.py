"""What comes in and what goes out: requests read from WSGI, answers ready to be sent."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from email.parser import BytesParser
from email.policy import HTTP
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl

Manner = Literal["plain", "reset", "truncated", "drip"]
Headers = tuple[tuple[str, str], ...]

FACEBOOK_DIALOG = "/facebook"
FACEBOOK_GRAPH = "/facebook-graph"
# Two hosts of Facebook are played below a path each, since `/me` is there on Instagram's host too.
PLACE = re.compile(r"(?P<base>/facebook(?:-graph)?)?(?:/(?P<version>v\d+\.\d+))?(?=/|$)")
KEPT_HEADERS = (
    "authorization",
    "accept",
    "connection",
    "content-type",
    "cookie",
    "host",
    "origin",
    "referer",
    "user-agent",
)
JSON_TYPE = ("Content-Type", "application/json; charset=UTF-8")
HTML_TYPE = ("Content-Type", "text/html; charset=utf-8")


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    manner: Manner = "plain"
    pace: float = 0.0  # seconds between two bytes of a dripping answer

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, *headers: tuple[str, str]) -> "Answer":
        return replace(self, headers=self.headers + headers)


class Refused(Exception):
    """An endpoint says no; the answer to send travels with it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


RESET = Answer(status=0, manner="reset")


def json_answer(value: object, status: int = 200, headers: Headers = ()) -> Answer:
    return Answer(status, (JSON_TYPE, *headers), json.dumps(value).encode())


def html_answer(text: str, status: int = 200) -> Answer:
    return Answer(status, (HTML_TYPE, ("Cache-Control", "no-store")), text.encode("utf-8", "replace"))


def page_answer(text: str, status: int = 200) -> Answer:
    """A page for people; no other site may frame it to have its buttons pressed."""
    return html_answer(text, status).with_headers(("X-Frame-Options", "DENY"))


def redirect(location: str) -> Answer:
    return Answer(302, (("Location", location), ("Cache-Control", "no-store")))


def nobody_left() -> bool:
    return False


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    fields: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""
    client_gone: Callable[[], bool] = nobody_left

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(self.fields)

    @cached_property
    def version(self) -> str | None:
        return self._place["version"]

    @cached_property
    def bare_path(self) -> str:
        """The path without its Graph version: `/v26.0/me` and `/me` are one endpoint."""
        return (self.base or "") + self.host_path

    @cached_property
    def base(self) -> str | None:
        """Which of Facebook's hosts is asked; None: one of Instagram's."""
        return self._place["base"]

    @cached_property
    def host_path(self) -> str:
        """The path on its host, without version."""
        return self.path.removeprefix((self.base or "") + (f"/{self.version}" if self.version else ""))

    @cached_property
    def _place(self) -> dict[str, str | None]:
        found = PLACE.match(self.path)
        return found.groupdict() if found else {"base": None, "version": None}

    @cached_property
    def token(self) -> str | None:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        bearer = value.strip() if scheme.lower() == "bearer" else ""
        return self.query.get("access_token") or bearer or None

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]


def covers(prefix: str, path: str) -> bool:
    """Whole segments only: `/me` covers `/me/x` but not `/media`; `*` covers everything; commas list several."""
    return prefix == "*" or any(path == each or path.startswith(each.rstrip("/") + "/") for each in prefix.split(","))


def read_request(environ: dict[str, Any]) -> Request:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        fields=read_form(environ.get("CONTENT_TYPE", ""), body),
        headers=dict(kept_headers(environ)),
        body=body,
        client=f"{environ.get('REMOTE_ADDR', '')}:{environ.get('REMOTE_PORT', '')}",
        client_gone=environ.get("emulator.client_gone", nobody_left),
    )


def kept_headers(environ: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name in KEPT_HEADERS:
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        if value := environ.get(key):
            yield name, value


def read_form(content_type: str, body: bytes) -> list[tuple[str, str]]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    if kind == "multipart/form-data":
        return read_multipart(content_type, body)
    return []


def read_multipart(content_type: str, body: bytes) -> list[tuple[str, str]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = message.iter_parts() if message.is_multipart() else ()
    return [(part_name(part), part_text(part)) for part in parts]


def part_name(part: Any) -> str:
    return str(part.get_param("name", "", header="content-disposition"))


def part_text(part: Any) -> str:
    payload: bytes = part.get_payload(decode=True) or b""
    return payload.decode("utf-8", "replace")
