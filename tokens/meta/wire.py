"""HTTP and nothing else: a question goes out, a reply or a fault comes back, no exception ever does.

Exceptions of requests and urllib3 carry URLs, and their tracebacks frames full of secrets. They end in
here, as the plain value `Fault`, before anybody raises anything.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Literal

import requests
import urllib3

from .exceptions import TransientKind
from .redaction import hiding
from .secret import Secret
from .sockets import DeadlineAdapter, ends_at
from .types import Call

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
    """One request. Secrets stay sealed in it, so that it may stand in any traceback."""

    call: Call
    url: str
    method: Literal["GET", "POST"] = "GET"
    query: Values = field(default_factory=dict)
    form: Values = field(default_factory=dict)
    bearer: Secret | None = None

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

    def ask(self, question: Question, deadline: float) -> Reply | Fault:
        """Send `question`; be back by `deadline` (seconds, monotonic clock) whatever the server does."""
        with hiding(question.secrets):
            prepared = self._prepared(question)
            return Fault("unsendable") if prepared is None else self._exchange(prepared, deadline)

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def _prepared(self, question: Question) -> requests.PreparedRequest | None:
        if not all(_SENDABLE.fullmatch(secret.reveal()) for secret in question.secrets):
            return None
        try:
            return self._session.prepare_request(_request(question))
        except (requests.RequestException, ValueError):
            return None

    def _exchange(self, prepared: requests.PreparedRequest, deadline: float) -> Reply | Fault:
        before = ends_at.set(deadline)
        try:
            return self._answer(prepared, deadline)
        except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
            return Fault("timeout")
        except urllib3.exceptions.DecodeError:  # a compressed body that is none
            return Fault("not_json")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            return Fault("connection")
        finally:
            ends_at.reset(before)

    def _answer(self, prepared: requests.PreparedRequest, deadline: float) -> Reply | Fault:
        left = max(deadline - time.monotonic(), 0.001)
        connect, read = (min(each, left) for each in self._timeouts)
        # the adapter's `send`, not the session's: that one reads Location, cookies and the environment
        response = self._adapter.send(prepared, stream=True, timeout=(connect, read), verify=True)
        with response:
            return _received(response)


def _received(response: requests.Response) -> Reply | Fault:
    status = response.status_code
    if 300 <= status < 400:
        return Fault("redirect", status)  # never followed: the next host would get the token
    body = response.raw.read(LARGEST_BODY + 1, decode_content=True)
    return Fault("too_large", status) if len(body) > LARGEST_BODY else Reply(status, response.headers, body)


def _request(question: Question) -> requests.Request:
    headers = {} if question.bearer is None else {"Authorization": f"Bearer {question.bearer.reveal()}"}
    return requests.Request(
        question.method,
        question.url,
        params=_revealed(question.query),
        data=_revealed(question.form),
        headers=headers,
    )


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
