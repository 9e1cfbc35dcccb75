"""Facebook's memory: a part of the state that shares its lock, clock, switches and list of secrets."""

import secrets
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.emulator.callbacks import Callbacks
from tests.emulator.life import sane
from tests.emulator.records import HOUR, Person, fingerprint, random_text
from tests.emulator.refusals import Missing, Wrong
from tests.emulator.switches import SIXTY_DAYS

from .life import FacebookLife
from .records import (
    SCOPES,
    FacebookApp,
    FacebookCode,
    FacebookPerson,
    FacebookToken,
    Grant,
    Holder,
    Kind,
    Page,
)
from .system_users import SystemUsers

if TYPE_CHECKING:
    from tests.emulator.state import State

SHORTEST, LONGEST = 180, 220  # letters and digits of a token


class Facebook(SystemUsers, FacebookLife, Callbacks):
    """Every verb takes the lock; the endpoints hold it for as long as one action lasts."""

    def __init__(self, state: "State", default_app: FacebookApp) -> None:
        self._state = state
        self._default_app = default_app
        self.lock = state.lock
        self._born = 0

    def reset(self) -> None:
        self.apps = {self._default_app.id: deepcopy(self._default_app)}
        self.persons = {}
        self.system_users = {}
        self.pages = {}
        self.codes: dict[str, FacebookCode] = {}
        self.tokens: dict[str, FacebookToken] = {}
        self.bind()
        self._secrets += self._default_app.secrets

    def bind(self) -> None:
        """To what the whole state has, after it was replaced there."""
        self.switches = self._state.switches
        self.callbacks = self._state.callbacks
        self._secrets = self._state._secrets

    def remember_secrets(self) -> None:
        self.bind()
        of_apps = [secret for app in self.apps.values() for secret in app.secrets]
        self._secrets += [*of_apps, *self.codes, *self.tokens]

    def now(self) -> float:
        return self._state.now()

    def born(self) -> int:
        self._born += 1
        return self._born

    def signing_secret(self) -> str:
        return "facebook"

    def naming_id(self) -> str:
        return "id"

    def add_app(
        self, id: str, *args: Any, configs: dict[str, Iterable[str]] | None = None, **details: Any
    ) -> FacebookApp:
        """As on Instagram. configs: of Facebook Login for Business, by their id."""
        read = None if configs is None else {name: checked_config(scopes) for name, scopes in configs.items()}
        with self.lock:
            app = super().add_app(id, *args, **details)
            return app if read is None else self._keep(replace(app, configs=read))

    # who is who

    def holder(self, holder_id: str) -> Holder:
        found = self.persons.get(holder_id) or self.system_users.get(holder_id)
        if found is None:
            raise Missing(f"There is nobody with the id {holder_id!r} at Facebook.")
        return found

    def name_of(self, holder_id: str) -> str | None:
        found = self.persons.get(holder_id) or self.system_users.get(holder_id)
        return found.name if found else None

    def instagram(self, page: Page) -> Person | None:
        """The professional account that is linked to a Page. One that became personal has lost its link."""
        everybody = self._state.persons.values()
        return next((each for each in everybody if each.user_id == page.instagram_id and not each.personal), None)

    def instagram_person(self, username: str) -> Person:
        return self._state.person(username)

    def app_of(self, access_token: str) -> FacebookApp | None:
        """Whose app token `id|secret` this is."""
        app_id, _, secret = access_token.partition("|")
        app = self.apps.get(app_id)
        return app if app and secret == app.secret else None

    # codes and tokens

    def issue_code(
        self, person: FacebookPerson, app_id: str, redirect_uri: str, scopes: tuple[str, ...]
    ) -> FacebookCode:
        with self.lock:
            value = "AQD" + random_text(120) + "-_" + random_text(80)
            code = FacebookCode(value, person, app_id, redirect_uri, scopes, self.now())
            self.codes[value] = code
            self._secrets.append(value)
            return code

    def mint(
        self, kind: Kind, holder: Holder, app_id: str, scopes: tuple[str, ...], lasts: float | None, **more: Any
    ) -> FacebookToken:
        """lasts: in seconds; None for ever."""
        now = self.now()
        length = SHORTEST - 3 + secrets.randbelow(LONGEST - SHORTEST + 1)
        string = "EAA" + random_text(length)
        token = FacebookToken(string, kind, holder, app_id, scopes, now, None if lasts is None else now + lasts, **more)
        self.tokens[string] = token
        holder.tokens.append(token)
        self._secrets.append(string)
        return token

    def page_token(self, parent: FacebookToken, page_id: str) -> FacebookToken:
        """Told to a short-lived token it ends with that; otherwise it has no end by date."""
        if parent.page_id == page_id:
            return parent
        for each in parent.holder.tokens:
            if each.parent == parent.access_token and each.page_id == page_id and not each.cause:
                return each
        lasts = parent.expires_at - self.now() if parent.expires_at is not None and parent.kind != "long" else None
        return self.mint(
            "page", parent.holder, parent.app_id, parent.scopes, lasts, page_id=page_id, parent=parent.access_token
        )

    def issue_token(
        self,
        username: str,
        kind: Kind = "long",
        app_id: str | None = None,
        *,
        scopes: Iterable[str] | None = None,
        page: str | None = None,
        age_days: float = 0,
        expires_in: float | None = None,
    ) -> FacebookToken:
        """A token out of thin air; also grants its permissions, and shares every Page. kind `page` needs a page."""
        lasts = {"short": HOUR, "long": SIXTY_DAYS, "page": None}
        if kind not in lasts:
            raise Wrong("kind takes short, long or page.")
        if (kind == "page") != (page is not None):
            raise Wrong("A Page's token is of a page, and no other is.")
        with self.lock:
            person, app = self.person(username), self.app(app_id)
            if page is not None and page not in person.roles:
                raise Wrong(f"{person.name} has no role on the Page {page}.")
            if scopes is not None or app.id not in person.grants:
                granted = checked_scopes(SCOPES if scopes is None else scopes)
                person.grants[app.id] = Grant(dict.fromkeys(granted, "granted"), tuple(person.roles), self.now())
            sure = lasts[kind] if expires_in is None else sane(expires_in)
            token = self.mint(kind, person, app.id, person.grants[app.id].granted, sure, page_id=page)
            self.age(username, age_days, token.access_token)
            return token

    def told(self, token: FacebookToken) -> dict[str, Any]:
        trouble = token.trouble(self.now())
        return {**token.as_json(), "fingerprint": fingerprint(token.access_token), "trouble": trouble}

    def as_json(self) -> dict[str, Any]:
        with self.lock:
            return {
                "apps": [each.as_json() for each in self.apps.values()],
                "persons": [each.as_json() for each in self.persons.values()],
                "pages": [each.as_json() for each in self.pages.values()],
                "system_users": [each.as_json() for each in self.system_users.values()],
                "tokens": [self.told(each) for each in self.tokens.values()],
            }


def checked_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(scopes))
    unknown = [each for each in wanted if each not in SCOPES]
    if unknown:
        raise Wrong(f"There is no permission {unknown[0]!r} at Facebook.")
    return wanted


def checked_config(scopes: object) -> tuple[str, ...]:
    if not isinstance(scopes, list | tuple):
        raise Wrong("configs takes a list of permissions for each id.")
    return checked_scopes(scopes)
