"""What happens to Facebook persons and their Pages, and what that does to tokens."""

from collections.abc import Iterable

from tests.emulator.apps import Apps
from tests.emulator.life import LOGOUTS, WORDINGS, sane, worded
from tests.emulator.records import DAY, Person
from tests.emulator.refusals import Missing, Wrong

from .errors import FACEBOOK_SPECS
from .records import (
    SCOPES,
    STATUSES,
    TASKS,
    FacebookApp,
    FacebookCode,
    FacebookPerson,
    FacebookToken,
    Grant,
    Holder,
    Page,
)

FIRST_PERSON = 100_000_000_000_000
FIRST_PAGE = 200_000_000_000_000


class FacebookLife(Apps[FacebookApp]):
    """The part of Facebook that plays persons and Pages."""

    persons: dict[str, FacebookPerson]
    pages: dict[str, Page]
    codes: dict[str, FacebookCode]

    # What this part asks of the whole, which is made of several parts and has these.
    def now(self) -> float:
        raise NotImplementedError

    def born(self) -> int:
        raise NotImplementedError

    def holder(self, holder_id: str) -> Holder:
        raise NotImplementedError

    def instagram_person(self, username: str) -> Person:
        raise NotImplementedError

    def new_id(self, first: int, wanted: str | None) -> str:
        told = wanted or str(first + self.born())
        if not (told.isascii() and told.isdecimal()):
            raise Wrong("An id at Facebook is a number.")
        return told

    # persons

    def add_person(self, name: str, id: str | None = None) -> FacebookPerson:
        """id: told to nobody; each app knows the person by an id of its own."""
        with self.lock:
            if not name.strip():
                raise Wrong("A person at Facebook has a name.")
            person = FacebookPerson(self.new_id(FIRST_PERSON, id), name.strip())
            if person.id in self.persons:
                raise Wrong(f"There is a person with the id {person.id} already.")
            self.persons[person.id] = person
            return person

    def person(self, username: str) -> FacebookPerson:
        """By id: persons at Facebook are called by nothing else."""
        if username not in self.persons:
            raise Missing(f"There is no person with the id {username!r} at Facebook.")
        return self.persons[username]

    def change_password(self, username: str) -> int:
        return self.kill(self.person(username).id, "password_changed")

    def invalidate(self, username: str) -> int:
        return self.kill(username, "invalid_190")

    def kill_session(self, username: str) -> int:
        return self.kill(username, "killed")

    def logout(self, username: str, wording: str = "logged_out") -> int:
        return self.kill(self.person(username).id, worded(LOGOUTS, wording))

    def kill(
        self, username: str, cause: str = "generic_190", token: str | None = None, *, subcode: bool | None = None
    ) -> int:
        """Ends somebody's living tokens for any cause that has an error; returns how many.

        subcode: whether they tell the cause's subcode; None: they do.
        """
        if cause not in FACEBOOK_SPECS or FACEBOOK_SPECS[cause].code not in (190, 102, 452):
            raise Wrong(f"{cause!r} is no cause of death.")
        with self.lock:
            return self.end(self.tokens_of(username, token), cause, subcode)

    def end(self, tokens: Iterable[FacebookToken], cause: str, subcode: bool | None = None) -> int:
        alive = [each for each in tokens if not each.cause]
        for each in alive:
            each.cause, each.subcode = cause, subcode
        return len(alive)

    def tokens_of(self, username: str, token: str | None = None) -> list[FacebookToken]:
        """A person's, or a system user's."""
        chosen = [each for each in self.holder(username).tokens if token in (None, each.access_token)]
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
            return self.end([each for each in person.tokens if each.app_id in gone], "app_removed")

    def checkpoint(self, username: str, wording: str = "login") -> None:
        self.person(username).checkpoint = worded(WORDINGS, wording)

    def clear_checkpoint(self, username: str) -> None:
        self.person(username).checkpoint = None

    def unconfirm(self, username: str) -> None:
        self.person(username).confirmed = False

    def confirm(self, username: str) -> None:
        self.person(username).confirmed = True

    # what is granted

    def consent(
        self, username: str, app_id: str, asked: Iterable[str], granted: Iterable[str], pages: Iterable[str]
    ) -> Grant:
        """What was asked for and not granted is declined; permissions that were not asked for stay as they were."""
        with self.lock:
            person, chosen = self.person(username), set(granted)
            before = person.grants.get(app_id)
            statuses = {each: "granted" if each in chosen else "declined" for each in asked}
            shared = tuple(each for each in pages if each in person.roles)
            grant = Grant({**(before.permissions if before else {}), **statuses}, shared, self.now())
            person.grants[app_id] = grant
            return grant

    def set_permission(self, username: str, permission: str, status: str, app_id: str | None = None) -> None:
        """Told to living tokens at once; they never gain what they did not have. Without an app id, for every app."""
        if status not in STATUSES:
            raise Wrong(f"status takes one of: {', '.join(STATUSES)}.")
        if permission not in SCOPES:
            raise Wrong(f"There is no permission {permission!r} at Facebook.")
        with self.lock:
            for grant in self.grants_of(username, app_id):
                grant.permissions[permission] = status

    def revoke(self, username: str, permission: str, app_id: str | None = None) -> None:
        self.set_permission(username, permission, "declined", app_id)

    def grant(self, username: str, permission: str, app_id: str | None = None) -> None:
        self.set_permission(username, permission, "granted", app_id)

    def share(self, username: str, pages: Iterable[str], app_id: str | None = None) -> None:
        """These Pages, and no others, with an app or with every app."""
        with self.lock:
            chosen = tuple(self.page(each).id for each in pages)
            for grant in self.grants_of(username, app_id):
                grant.pages = chosen

    def set_consented(self, username: str, days: float, app_id: str | None = None) -> None:
        """As if the last consent was so many days ago."""
        with self.lock:
            for grant in self.grants_of(username, app_id):
                grant.consented_at = self.now() - sane(days * DAY)

    def grants_of(self, username: str, app_id: str | None = None) -> list[Grant]:
        person = self.person(username)
        wanted = person.grants if app_id is None else [self.app(app_id).id]
        found = [person.grants[each] for each in wanted if each in person.grants]
        if not found:
            raise Wrong(f"{person.name} allows {'no app' if app_id is None else 'this app not'} anything.")
        return found

    # Pages

    def add_page(
        self,
        name: str,
        person: str | None = None,
        id: str | None = None,
        *,
        instagram: str | None = None,
        tasks: Iterable[str] = TASKS,
    ) -> Page:
        """A Page, on which a person gets a role and to which an Instagram account may be linked, by its username."""
        with self.lock:
            if not name.strip():
                raise Wrong("A Page has a name.")
            page = Page(self.new_id(FIRST_PAGE, id), name.strip())
            if page.id in self.pages:
                raise Wrong(f"There is a Page with the id {page.id} already.")
            page.instagram_id = self.instagram_person(instagram).user_id if instagram else None
            if person is not None:
                self.holder(person).roles[page.id] = checked_tasks(tasks)
            self.pages[page.id] = page
            return page

    def page(self, page_id: str) -> Page:
        if page_id not in self.pages:
            raise Missing(f"There is no Page with the id {page_id!r}.")
        return self.pages[page_id]

    def link(self, page_id: str, username: str) -> Page:
        """An account is linked to one Page at most: the one that had it loses it."""
        with self.lock:
            page, account = self.page(page_id), self.instagram_person(username)
            for each in self.pages.values():
                if each.instagram_id == account.user_id:
                    each.instagram_id = None
            page.instagram_id = account.user_id
            return page

    def unlink(self, page_id: str) -> Page:
        page = self.page(page_id)
        page.instagram_id = None
        return page

    def give_role(self, username: str, page: str, tasks: Iterable[str] = TASKS) -> None:
        with self.lock:
            self.holder(username).roles[self.page(page).id] = checked_tasks(tasks)

    def lose_role(self, username: str, page: str | None = None) -> int:
        """On one Page, or on all of them: the tokens of these Pages end."""
        with self.lock:
            holder = self.holder(username)
            lost = list(holder.roles) if page is None else [self.page(page).id]
            for each in lost:
                holder.roles.pop(each, None)
            return self.end([each for each in holder.tokens if each.page_id in lost], "page_role_lost")

    # time

    def expire(self, username: str, token: str | None = None) -> int:
        """Of those that end by date at all."""
        with self.lock:
            mine = [each for each in self.tokens_of(username, token) if each.expires_at is not None]
            for each in mine:
                back = max(0.0, (each.expires_at or 0.0) - self.now() + 1)
                shift(each, back)
            return len(mine)

    def age(self, username: str, days: float, token: str | None = None) -> int:
        """Makes tokens older: issued and expiring that much earlier."""
        back = sane(days * DAY)
        with self.lock:
            mine = self.tokens_of(username, token)
            for each in mine:
                shift(each, back)
            return len(mine)


def shift(token: FacebookToken, back: float) -> None:
    token.issued_at -= back
    if token.expires_at is not None:
        token.expires_at -= back


def checked_tasks(tasks: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(tasks)
    unknown = [each for each in wanted if each not in TASKS]
    if unknown:
        raise Wrong(f"tasks takes some of: {', '.join(TASKS)}.")
    return wanted
