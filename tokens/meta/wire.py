"""HTTP and nothing else: a question goes out, a reply or a fault comes back, no exception ever does.

Exceptions of requests and urllib3 carry URLs, and their tracebacks frames full of secrets. They end in
here, as the plain value `Fault`, before anybody raises anything.
"""

import io
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Literal
from urllib.parse import urlencode, urlsplit

import requests
import urllib3

from .exceptions import TransientKind
from .observation import observe
from .redaction import hiding
from .secret import Secret
from .sockets import DeadlineAdapter, ends_at, fetch
from .types import Call, Host

VERSION = "0.1.0"
LARGEST_BODY = 1024 * 1024
# What fits into an HTTP header: Latin-1 without control characters.
_SENDABLE = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_HEADERS = {
    "User-Agent": f"Perennial/{VERSION}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # answers are small, and nobody shall send us a compressed bomb
}

Values = Mapping[str, str | Secret]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. Secrets stay sealed in it, so that it may stand in any traceback.

    Args:
        call: which of our calls.
        url: the same for all requests of a call.
        path: what follows it, where that differs from request to request.
        method: only POST has a form.
        query, form: parameters by name.
        bearer: goes into the header `Authorization`.
        host: whose rules the answer is read by.
    """

    call: Call
    url: str
    path: str = ""
    method: Literal["GET", "DELETE", "POST"] = "GET"
    query: Values = field(default_factory=dict)
    form: Values = field(default_factory=dict)
    bearer: Secret | None = None
    host: Host = "instagram"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        values = (*self.query.values(), *self.form.values(), self.bearer)
        return tuple(value for value in values if isinstance(value, Secret))


@dataclass(frozen=True, slots=True)
class Reply:
    """What Meta said; empty in print, since answers repeat tokens."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why there is no reply to read."""

    kind: TransientKind | Literal["unsendable"]
    status: int | None = None


class Wire:
    """A pool of kept-alive connections; safe to share between threads, not across a fork.

    Args:
        pool_size: connections kept a host; as many as there are threads.
        connect_timeout: seconds to connect, for each address that the host name stands for.
        read_timeout: seconds to wait for the next byte.
    """

    def __init__(self, *, pool_size: int, connect_timeout: float, read_timeout: float) -> None:
        self._timeouts = (connect_timeout, read_timeout)
        self._adapter = DeadlineAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=0)
        self._session = _bare_session(self._adapter)
        self._places: dict[str, tuple[urllib3.HTTPConnectionPool, str]] = {}

    def ask(self, question: Question, deadline: float) -> Reply | Fault:
        """Send `question`; be back by `deadline` (seconds, monotonic clock) whatever the server does."""
        if not all(_SENDABLE.fullmatch(secret.reveal()) for secret in question.secrets):
            return Fault("unsendable")
        with hiding(question.secrets):
            started = time.monotonic()
            answer = self._exchange(question, deadline)
        observe(question.call, started, answer.status, answer.headers if isinstance(answer, Reply) else None)
        return answer

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def _exchange(self, question: Question, deadline: float) -> Reply | Fault:
        before = ends_at.set(deadline)
        try:
            return self._posted(question, deadline) if question.method == "POST" else self._got(question, deadline)
        except urllib3.exceptions.NewConnectionError:  # refused, or no such host: a child of its timeouts
            return Fault("connection")
        except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
            return Fault("timeout")
        except urllib3.exceptions.DecodeError:  # a compressed body that is none
            return Fault("not_json")
        except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError):
            return Fault("connection")
        finally:
            ends_at.reset(before)

    def _got(self, question: Question, deadline: float) -> Reply | Fault:
        """Renewing and asking, millions of times: straight over a connection of the adapter's pool.

        `Session.prepare_request`, `HTTPAdapter.send` and `urlopen` around it cost more than the call itself
        (`make bench`, docs/performance.md), and all that they would add is switched off here.
        """
        pool, path = self._place(question.url)
        headers = _HEADERS
        if question.bearer is not None:
            headers = {**_HEADERS, "Authorization": f"Bearer {question.bearer.reveal()}"}
        connect, read = self._patience(deadline)
        try:
            target = f"{path}{question.path}?{urlencode(_revealed(question.query))}"
        except UnicodeEncodeError:  # half of a surrogate pair
            return Fault("unsendable")
        came = fetch(pool, question.method, target, headers, connect=connect, read=read, most=LARGEST_BODY + 1)
        encoding = came.headers.get("Content-Encoding")
        return _received(came.status, came.headers, _unpacked(came.body, encoding) if encoding else came.body)

    def _place(self, url: str) -> tuple[urllib3.HTTPConnectionPool, str]:
        """The pool of an address's host, and the path there; addresses are few and the same all the time."""
        known = self._places.get(url)
        if known is None:
            parts = urlsplit(url)
            known = self._adapter.pool_of(url), parts.path
            self._places[url] = known
        return known

    def _posted(self, question: Question, deadline: float) -> Reply | Fault:
        try:
            prepared = self._session.prepare_request(_request(question))
        except (requests.RequestException, ValueError):
            return Fault("unsendable")
        # the adapter's `send`, not the session's: that one reads Location, cookies and the environment
        response = self._adapter.send(prepared, stream=True, timeout=self._patience(deadline), verify=True)
        with response:
            content = b"" if response.is_redirect else response.raw.read(LARGEST_BODY + 1, decode_content=True)
            return _received(response.status_code, response.headers, content)

    def _patience(self, deadline: float) -> tuple[float, float]:
        """Seconds to connect and to wait for a byte, cut to what is left of the call."""
        left = max(deadline - time.monotonic(), 0.001)
        connect, read = self._timeouts
        return min(connect, left), min(read, left)


def _received(status: int, headers: Mapping[str, str], content: bytes) -> Reply | Fault:
    if 300 <= status < 400:
        return Fault("redirect", status)  # never followed: the next host would get the token
    return Fault("too_large", status) if len(content) > LARGEST_BODY else Reply(status, headers, content)


def _unpacked(body: bytes, encoding: str) -> bytes:
    """A body that was compressed although nobody asked for it, no further than to the limit."""
    packed = urllib3.HTTPResponse(io.BytesIO(body), {"Content-Encoding": encoding}, preload_content=False)
    return packed.read(LARGEST_BODY + 1, decode_content=True)


def _request(question: Question) -> requests.Request:
    return requests.Request(question.method, question.url, data=_revealed(question.form))


def _revealed(values: Values) -> dict[str, str]:
    return {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}


def _bare_session(adapter: DeadlineAdapter) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy, .netrc or certificate bundle out of the environment
    session.headers.clear()
    session.headers.update(_HEADERS)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
