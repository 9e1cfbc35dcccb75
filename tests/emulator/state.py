"""The emulator's memory, and the verbs that change it. Tests call them; the control maps JSON onto them."""

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .apps import DEFAULT_APP
from .callbacks import MOST_KEPT, Callback, Callbacks
from .facebook.records import DEFAULT_APP as FACEBOOK_APP
from .facebook.records import FacebookApp
from .facebook.world import Facebook
from .faults import Fault, FaultBook
from .gate import Gate
from .journal import Journal
from .life import Life, checked_permissions, sane
from .limits import AppLimit
from .records import (
    HOUR,
    PERMISSIONS,
    App,
    Code,
    Person,
    Token,
    fingerprint,
    iso,
    random_text,
)
from .refusals import Wrong
from .switches import SIXTY_DAYS, Switches

MOST_TOKENS = 200_000


class State(Life, Callbacks):
    """Every verb takes the lock; the endpoints hold it for as long as one action lasts.

    default_app, facebook_app: the ones that are there from the start and after every reset.
    """

    def __init__(self, default_app: App = DEFAULT_APP, facebook_app: FacebookApp = FACEBOOK_APP) -> None:
        self._default_app = default_app
        self.lock = threading.RLock()
        self.gate = Gate()
        self.changed = threading.Event()  # something may have changed since it was last kept
        self._born = 0  # never back to zero: ids stay unique over a reset
        self.facebook = Facebook(self, facebook_app)
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.offset = 0.0
            self.switches = Switches()
            self.apps = {self._default_app.id: replace(self._default_app)}
            self.persons: dict[str, Person] = {}
            self.codes: dict[str, Code] = {}
            self.tokens: dict[str, Token] = {}
            self.faults = FaultBook()
            self.limits: dict[str, AppLimit] = {}
            self.journal = Journal()
            self.callbacks: deque[Callback] = deque(maxlen=MOST_KEPT)
            self._secrets = self._default_app.secrets
            self.facebook.reset()
        self.gate.release()

    # clock

    def now(self) -> float:
        return time.time() + self.offset

    def set_clock(self, *, offset_seconds: float | None = None, now: str | None = None) -> float:
        if (offset_seconds is None) == (now is None):
            raise Wrong("Give either offset_seconds or now.")
        with self.lock:
            self.offset = sane(instant(now) - time.time() if now is not None else offset_seconds or 0.0)
            return self.offset

    # switches

    def configure(self, /, **changes: Any) -> Switches:
        with self.lock:
            self.switches.change(changes)
            return self.switches

    # limits

    def limit_app(self, app_id: str | None = None, /, **details: Any) -> dict[str, Any]:
        """Gives an app a limit, in place of the one it had."""
        with self.lock:
            app = self.facebook.apps.get(app_id or "") or self.app(app_id)
            limit = AppLimit(app.id, **details)
            self.limits[limit.app_id] = limit
            return limit.as_json(self.now())

    def clear_limits(self) -> None:
        with self.lock:
            self.limits.clear()

    def told_limits(self) -> list[dict[str, Any]]:
        with self.lock:
            return [limit.as_json(self.now()) for limit in self.limits.values()]

    # tokens

    def issue_token(
        self,
        username: str,
        app_id: str | None = None,
        *,
        age_days: float = 0,
        expires_in: float | None = None,
        kind: str = "long",
        permissions: Iterable[str] | None = None,
    ) -> Token:
        """A token out of thin air, as the dashboard's button makes one. Also grants its permissions."""
        if kind not in ("long", "short"):
            raise Wrong("kind takes long or short.")
        with self.lock:
            person, app = self.person(username), self.app(app_id)
            if permissions is not None or app.id not in person.grants:
                person.grants[app.id] = checked_permissions(PERMISSIONS if permissions is None else permissions)
            lasts = expires_in if expires_in is not None else (SIXTY_DAYS if kind == "long" else HOUR)
            token = self.mint(person, app.id, kind, sane(lasts), person.grants[app.id])
            self.age(username, age_days, token.access_token)
            return token

    def issue_tokens(self, count: int, username_prefix: str, **details: Any) -> list[Token]:
        """Persons `x0` to `x<count-1>` with a token each; those who exist already get another."""
        if not 1 <= count <= MOST_TOKENS:
            raise Wrong(f"count takes a number from 1 to {MOST_TOKENS}.")
        with self.lock:
            return [self._issue_to(f"{username_prefix}{number}", details) for number in range(count)]

    def _issue_to(self, username: str, details: dict[str, Any]) -> Token:
        if username not in self.persons:
            self.add_person(username)
        return self.issue_token(username, **details)

    def mint(self, person: Person, app_id: str, kind: str, lasts: float, permissions: tuple[str, ...]) -> Token:
        now = self.now()
        token = Token("IGAA" + random_text(176), kind, person, app_id, permissions, now, now + lasts)
        self.tokens[token.access_token] = token
        person.tokens.append(token)
        self._secrets.append(token.access_token)
        return token

    def issue_code(self, person: Person, app_id: str, redirect_uri: str, permissions: tuple[str, ...]) -> Code:
        with self.lock:
            person.grants[app_id] = permissions
            value = "AQB" + random_text(120) + "-_" + random_text(80)
            code = Code(value, person, app_id, redirect_uri, permissions, self.now())
            self.codes[value] = code
            self._secrets.append(value)
            return code

    def tokens_of(self, username: str) -> list[Token]:
        return self._mine(username)

    # faults, log, secrets

    def add_fault(
        self,
        /,
        kind: str,
        *,
        path: str = "*",
        token: str | None = None,
        username: str | None = None,
        times: int | None = None,
        after: int = 0,
        **params: Any,
    ) -> int:
        with self.lock:
            return self.faults.add(Fault(0, kind, path, token, username, times, after, params))

    def remove_fault(self, fault_id: int) -> None:
        with self.lock:
            self.faults.remove(fault_id)

    def clear_faults(self) -> None:
        with self.lock:
            self.faults.clear()

    def requests(
        self, path: str | None = None, username: str | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        with self.lock:
            found = self.journal.entries(path, username)
            return [entry.as_json() for entry in (found[-limit:] if limit else found)]

    def clear_requests(self) -> None:
        with self.lock:
            self.journal = Journal()

    def counts(self, token: str | None = None) -> dict[str, Any]:
        with self.lock:
            return self.journal.counts(token)

    def refreshes(self, username: str) -> int:
        """How many refreshes of this person were performed, whether or not the answer arrived."""
        return int(self.counts()["refreshes"].get(username, 0))

    def secrets(self) -> list[str]:
        with self.lock:
            return list(self._secrets)

    def remember_secrets(self) -> None:
        """After a restart the living records tell which secrets there are."""
        of_apps = [secret for app in self.apps.values() for secret in app.secrets]
        self._secrets = [*of_apps, *self.codes, *self.tokens]
        self.facebook.remember_secrets()

    def release(self) -> int:
        return self.gate.release()

    def as_json(self) -> dict[str, Any]:
        with self.lock:
            return {
                "now": iso(self.now()),
                "offset_seconds": self.offset,
                "apps": [app.as_json() for app in self.apps.values()],
                "persons": [person.as_json() for person in self.persons.values()],
                "tokens": [self.told(token) for token in self.tokens.values()],
                "faults": [fault.as_json() for fault in self.faults.all()],
                "limits": self.told_limits(),
                "facebook": self.facebook.as_json(),
                "config": self.switches.as_json(),
                "hanging": self.gate.waiting,
            }

    def told(self, token: Token) -> dict[str, Any]:
        trouble = token.trouble(self.now())
        return {**token.as_json(), "fingerprint": fingerprint(token.access_token), "trouble": trouble}


def instant(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong("now takes an ISO instant, such as 2026-11-21T10:00:00+00:00.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
