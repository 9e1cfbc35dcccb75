"""What happens to persons: life events, and what they do to tokens."""

from collections.abc import Callable, Iterable

from .apps import Apps
from .errors import SPECS
from .records import DAY, PERMISSIONS, App, Code, Person, Token
from .refusals import Missing, Wrong

WORDINGS = {"login": "checkpoint", "blocked": "checkpoint_blocked"}
LOGOUTS = {"logged_out": "logged_out", "mismatch": "session_mismatch"}
FIRST_USER_ID = 17_841_400_000_000_000
LONGEST = 100 * 366 * DAY  # as far from now as anything may be moved


class Life(Apps[App]):
    """The part of the state that plays persons."""

    persons: dict[str, Person]
    codes: dict[str, Code]
    _born: int

    def now(self) -> float:
        raise NotImplementedError

    def add_person(self, username: str, name: str | None = None, account_type: str = "Business") -> Person:
        with self.lock:
            self._check_free(username)
            self._born += 1
            user_id = str(FIRST_USER_ID + self._born)
            person = Person(username, name or username.title(), account_type, user_id)
            self.persons[username] = person
            return person

    def _check_free(self, username: str) -> None:
        if not username or "/" in username:
            raise Wrong("A username is a text without slashes.")
        if username in self.persons:
            raise Wrong(f"There is a person called {username!r} already.")

    def person(self, username: str) -> Person:
        if username not in self.persons:
            raise Missing(f"There is no person called {username!r}.")
        return self.persons[username]

    def change_password(self, username: str) -> int:
        return self.kill(username, "password_changed")

    def invalidate(self, username: str) -> int:
        return self.kill(username, "invalid_190")

    def kill_session(self, username: str) -> int:
        return self.kill(username, "killed")

    def logout(self, username: str, wording: str = "logged_out") -> int:
        return self.kill(username, worded(LOGOUTS, wording))

    def kill(
        self, username: str, cause: str = "generic_190", token: str | None = None, *, subcode: bool | None = None
    ) -> int:
        """Ends the living tokens of a person for any cause that has an error; returns how many.

        subcode: whether they tell the cause's subcode, whatever the switch `subcodes` says.
        """
        if cause not in SPECS or SPECS[cause].code not in (190, 102, 452):
            raise Wrong(f"{cause!r} is no cause of death.")
        with self.lock:
            return self._end(self._mine(username, token), cause, subcode)

    def _end(self, tokens: Iterable[Token], cause: str, subcode: bool | None = None) -> int:
        alive = [each for each in tokens if not each.cause]
        for each in alive:
            each.cause, each.subcode = cause, subcode
        return len(alive)

    def _mine(self, username: str, token: str | None = None) -> list[Token]:
        tokens = self.person(username).tokens
        chosen = [each for each in tokens if token in (None, each.access_token)]
        if token and not chosen:
            raise Missing(f"{username!r} has no such token.")
        return chosen

    def remove_app(self, username: str, app_id: str | None = None) -> int:
        """Ends tokens and codes, and forgets what was granted; without an app id, for every app."""
        with self.lock:
            person = self.person(username)
            gone = list(self.apps) if app_id is None else [self.app(app_id).id]
            for each in gone:
                person.grants.pop(each, None)
            for code in self.codes.values():
                code.used = code.used or (code.person is person and code.app_id in gone)
            return self._end([each for each in person.tokens if each.app_id in gone], "app_removed")

    def checkpoint(self, username: str, wording: str = "login") -> None:
        self.person(username).checkpoint = worded(WORDINGS, wording)

    def clear_checkpoint(self, username: str) -> None:
        self.person(username).checkpoint = None

    def unconfirm(self, username: str) -> None:
        self.person(username).confirmed = False

    def confirm(self, username: str) -> None:
        self.person(username).confirmed = True

    def rename(self, username: str, new_username: str) -> Person:
        with self.lock:
            person = self.person(username)
            self._check_free(new_username)
            self.persons[new_username] = self.persons.pop(username)
            person.username = new_username
            return person

    def set_account_type(self, username: str, account_type: str) -> None:
        self.person(username).account_type = account_type

    def set_permissions(self, username: str, granted: Iterable[str], app_id: str | None = None) -> None:
        """What the person grants an app from now on, told to living tokens as well."""
        with self.lock:
            person, app = self.person(username), self.app(app_id)
            person.grants[app.id] = checked_permissions(granted)
            for token in person.tokens:
                if token.app_id == app.id:
                    token.permissions = person.grants[app.id]

    def revoke(self, username: str, permission: str, app_id: str | None = None) -> None:
        """Takes one permission from an app, or from every app that has it. Living tokens lose it at once."""
        with self.lock:
            person = self.person(username)
            for each in self._holding(person, permission, app_id, held=True):
                person.grants[each] = tuple(scope for scope in person.grants[each] if scope != permission)

    def grant(self, username: str, permission: str, app_id: str | None = None) -> None:
        """Gives it back. Tokens never gain permissions: only those that once had it have it again."""
        with self.lock:
            person = self.person(username)
            for each in self._holding(person, permission, app_id, held=False):
                has = {*person.grants[each], permission}
                person.grants[each] = tuple(scope for scope in PERMISSIONS if scope in has)

    def _holding(self, person: Person, permission: str, app_id: str | None, *, held: bool) -> list[str]:
        """The apps that the person allows something and that have the permission, or lack it."""
        checked_permissions([permission])
        wanted = list(person.grants) if app_id is None else [self.app(app_id).id]
        found = [each for each in wanted if each in person.grants and (permission in person.grants[each]) == held]
        if not found:
            which = "any app" if app_id is None else f"the app {app_id}"
            told = f"has not granted {permission} to {which}" if held else f"allows nothing that lacks {permission}"
            raise Wrong(f"@{person.username} {told}.")
        return found

    def expire(self, username: str, token: str | None = None) -> int:
        with self.lock:
            return self._shift(username, token, lambda each: max(0.0, each.expires_at - self.now() + 1))

    def age(self, username: str, days: float, token: str | None = None) -> int:
        """Makes tokens older: issued and expiring that much earlier. Expiry keeps its distance."""
        back = sane(days * DAY)
        return self._shift(username, token, lambda each: back)

    def _shift(self, username: str, token: str | None, seconds: Callable[[Token], float]) -> int:
        with self.lock:
            mine = self._mine(username, token)
            for each in mine:
                back = seconds(each)
                each.issued_at -= back
                each.expires_at -= back
            return len(mine)


def sane(seconds: float) -> float:
    if not abs(seconds) <= LONGEST:
        raise Wrong("That is too far from now.")
    return float(seconds)


def worded(wordings: dict[str, str], wording: str) -> str:
    if wording not in wordings:
        raise Wrong(f"wording takes {' or '.join(wordings)}.")
    return wordings[wording]


def checked_permissions(permissions: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(permissions)
    unknown = [each for each in wanted if each not in PERMISSIONS]
    if unknown:
        raise Wrong(f"There is no permission {unknown[0]!r}.")
    return wanted
