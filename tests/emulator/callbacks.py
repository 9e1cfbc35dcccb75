"""Meta's callbacks (meta-wire section 6): an app is told that somebody removed it, or wants their data deleted."""

import base64
import hashlib
import hmac
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, Literal, Protocol
from urllib.parse import urlencode, urlsplit, urlunsplit

from .forms import callback_url
from .records import App, iso
from .refusals import Wrong
from .switches import Switches

Kind = Literal["deauthorize", "deletion"]
ALGORITHM = "HMAC-SHA256"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE = 10.0  # seconds for the receiver to say something
LONGEST_ANSWER = 65_536
MOST_REPEATS = 100
MOST_KEPT = 1_000
LONGEST_NUMBER = 100
OWN_SECRETS = ("instagram", "facebook", "meta")


@dataclass(frozen=True)
class Wish:
    """How a callback is to be; whatever is not said is as Meta sends it.

    secret: "instagram" or "meta" for the app's own, "facebook" at Facebook; any other text is the very secret to sign
        with.
    id: "id", "user_id" or "other" for one of the person's three, any other text is the very id to tell.
    issued_at: in seconds.
    url: instead of the app's.
    repeat: the very same request so many times.
    keep_grant: the app is told although nobody removed it.
    """

    secret: str | None = None
    id: str | None = None
    algorithm: str = ALGORITHM
    padded: bool = False
    issued_at: int | None = None
    user_id_as_number: bool = False
    url: str | None = None
    repeat: int = 1
    keep_grant: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.repeat <= MOST_REPEATS:
            raise Wrong(f"repeat takes a number from 1 to {MOST_REPEATS}.")


@dataclass(frozen=True)
class Reception:
    """What came back: JSON or else text, or no status and the reason why nothing came."""

    status: int | None
    answer: object

    def as_json(self) -> dict[str, object]:
        return {"status": self.status, "answer": self.answer}


@dataclass
class Callback:
    kind: Kind
    username: str
    app_id: str
    url: str
    user_id: str | int
    secret: str  # which; never the secret itself
    algorithm: str
    issued_at: int
    at: float
    signed_request: str = field(repr=False)
    ended: int = 0  # tokens that died of the removal
    receptions: list[Reception] = field(default_factory=list)

    @property
    def last(self) -> Reception | None:
        return self.receptions[-1] if self.receptions else None

    def as_json(self) -> dict[str, object]:
        last = self.last or Reception(None, None)
        return {
            "kind": self.kind,
            "username": self.username,
            "app_id": self.app_id,
            "url": self.url,
            "user_id": self.user_id,
            "secret": self.secret,
            "algorithm": self.algorithm,
            "issued_at": self.issued_at,
            "at": iso(self.at),
            "ended": self.ended,
            **last.as_json(),
            "answers": [each.as_json() for each in self.receptions],
        }


class Named(Protocol):
    """Somebody whom a callback can be about."""

    @property
    def username(self) -> str: ...

    @property
    def user_id(self) -> str: ...

    def scoped_id(self, app_id: str) -> str: ...

    def other_id(self, app_id: str) -> str: ...


class Callbacks:
    """The part of the state that tells apps."""

    lock: threading.RLock
    switches: Switches
    callbacks: deque[Callback]
    _secrets: list[str]

    # What this part asks of the whole, which is made of several parts and has these.
    def now(self) -> float:
        raise NotImplementedError

    def app(self, app_id: str | None = None) -> App:
        raise NotImplementedError

    def person(self, username: str) -> Named:
        raise NotImplementedError

    def remove_app(self, username: str, app_id: str | None = None) -> int:
        raise NotImplementedError

    def signing_secret(self) -> str:
        """Which of an app's secrets signs, unless a wish says so."""
        return self.switches.callback_secret

    def naming_id(self) -> str:
        """By which id somebody is named, unless a wish says so."""
        return self.switches.callback_id

    def deauthorize(self, username: str, app_id: str | None = None, **wish: Any) -> Callback:
        """The person removes the app, which is told so. For `wish` see there."""
        return self._tell("deauthorize", username, app_id, Wish(**wish))

    def request_deletion(self, username: str, app_id: str | None = None, **wish: Any) -> Callback:
        """The person removes the app and asks it to delete everything."""
        return self._tell("deletion", username, app_id, Wish(**wish))

    def signed_request(self, username: str, app_id: str | None = None, **wish: Any) -> str:
        """What such a callback brings, for tests that bring it themselves. Nothing is removed, nothing sent."""
        with self.lock:
            return self._written("deauthorize", self.person(username), self.app(app_id), Wish(**wish)).signed_request

    def clear_callbacks(self) -> None:
        with self.lock:
            self.callbacks.clear()

    def told_callbacks(self) -> list[dict[str, object]]:
        with self.lock:
            return [each.as_json() for each in self.callbacks]

    def _tell(self, kind: Kind, username: str, app_id: str | None, wish: Wish) -> Callback:
        """Sent outside of the lock: the receiver may ask this emulator before it answers."""
        with self.lock:
            person, app = self.person(username), self.app(app_id)
            url = callback_url(address_of(app, kind) if wish.url is None else wish.url)
            if not url:
                raise Wrong(f"The app {app.id} has no address for that: give it {kind}_url.")
            callback = self._written(kind, person, app, wish, url)
            callback.ended = 0 if wish.keep_grant else self.remove_app(username, app.id)
            self.callbacks.append(callback)
        for _ in range(wish.repeat):
            reception = deliver(callback)
            with self.lock:
                callback.receptions.append(reception)
        return callback

    def _written(self, kind: Kind, person: Named, app: App, wish: Wish, url: str = "") -> Callback:
        secret = wish.secret or self.signing_secret()
        user_id = self._told_id(person, app, wish)
        issued_at = int(self.now()) if wish.issued_at is None else wish.issued_at
        payload = {"algorithm": wish.algorithm, "issued_at": issued_at, "user_id": user_id}
        signed = sign(payload, secret_of(app, secret), padded=wish.padded)
        self._secrets += [signed, *signed.split(".")]
        name = secret if secret in OWN_SECRETS else "another"
        return Callback(
            kind, person.username, app.id, url, user_id, name, wish.algorithm, issued_at, self.now(), signed
        )

    def _told_id(self, person: Named, app: App, wish: Wish) -> str | int:
        wanted = self.naming_id() if wish.id is None else wish.id
        known = {"id": person.scoped_id, "user_id": lambda app_id: person.user_id, "other": person.other_id}
        told = known[wanted](app.id) if wanted in known else wanted
        if not wish.user_id_as_number:
            return told
        if not told.isdecimal() or len(told) > LONGEST_NUMBER:
            raise Wrong(f"{told[:LONGEST_NUMBER]!r} is no number.")
        return int(told)


def address_of(app: App, kind: Kind) -> str:
    return app.deauthorize_url if kind == "deauthorize" else app.deletion_url


def secret_of(app: App, name: str) -> str:
    if name == "meta" and not app.meta_secret:
        raise Wrong(f"The app {app.id} has no Meta app secret: give it meta_secret.")
    return {"instagram": app.secret, "facebook": app.secret, "meta": app.meta_secret}.get(name, name)


def sign(payload: Mapping[str, object], secret: str, *, padded: bool = False) -> str:
    """The signature is of the text that is sent, not of what it decodes to."""
    body = encoded(json.dumps(payload, separators=(",", ":")).encode(), padded)
    signature = hmac.new(secret.encode("utf-8", "surrogatepass"), body.encode(), hashlib.sha256).digest()
    return f"{encoded(signature, padded)}.{body}"


def encoded(content: bytes, padded: bool) -> str:
    text = base64.urlsafe_b64encode(content).decode()
    return text if padded else text.rstrip("=")


def deliver(callback: Callback) -> Reception:
    """One POST over real HTTP; a redirect is an answer like any other."""
    address = urlsplit(callback.url)
    line = HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    target = urlunsplit(("", "", address.path or "/", address.query, ""))
    try:
        line.request("POST", target, urlencode({"signed_request": callback.signed_request}), FORM)
        response = line.getresponse()
        return Reception(response.status, readable(response.read(LONGEST_ANSWER)))
    except (OSError, HTTPException) as problem:
        return Reception(None, getattr(problem, "strerror", None) or str(problem) or type(problem).__name__)
    finally:
        line.close()


def readable(body: bytes) -> object:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
