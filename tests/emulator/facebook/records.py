"""Who and what Facebook knows: apps, persons, Pages, businesses' system users, codes, tokens."""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from tests.emulator.records import DAY, HOUR, App, iso

Kind = Literal["short", "long", "page", "system_user"]
BASIC = "instagram_basic"
PAGE_LIST = "pages_show_list"
READ_PAGES = "pages_read_engagement"
STANDARD = (BASIC, PAGE_LIST, READ_PAGES)
SCOPES = (
    *STANDARD,
    "instagram_manage_insights",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_messages",
    "instagram_manage_engagement",
    "instagram_manage_contents",
    "business_management",
    "ads_read",
    "ads_management",
    "read_insights",
    "pages_manage_metadata",
    "pages_messaging",
    "public_profile",
)
STATUSES = ("granted", "declined", "expired")
TASKS = ("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MANAGE", "MESSAGING", "MODERATE")
CONFIG_ID = "555000111222333"


@dataclass
class FacebookApp(App):
    """configs: of Facebook Login for Business, by their id: the permissions that each asks for."""

    configs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        told = super().as_json()
        del told["meta_secret"]  # its secret is Meta's
        return {**told, "configs": {name: list(scopes) for name, scopes in self.configs.items()}}


DEFAULT_APP = FacebookApp(
    "987654321012345", "emulator-facebook-secret", "Perennial Demo", configs={CONFIG_ID: STANDARD}
)


@dataclass
class Page:
    id: str
    name: str
    instagram_id: str | None = None  # `user_id` of the professional account that is linked to it

    def as_json(self) -> dict[str, object]:
        return {"id": self.id, "name": self.name, "instagram_id": self.instagram_id}


@dataclass
class Grant:
    """What somebody allows an app.

    permissions: each one asked for, and what became of it.
    pages: ids of the Pages that are shared with it.
    consented_at: when the person last did so: the app's access to data is counted from here.
    """

    permissions: dict[str, str]
    pages: tuple[str, ...]
    consented_at: float

    @property
    def granted(self) -> tuple[str, ...]:
        return tuple(name for name, status in self.permissions.items() if status == "granted")

    @property
    def withheld(self) -> tuple[str, ...]:
        return tuple(name for name, status in self.permissions.items() if status != "granted")


@dataclass
class Holder:
    """Somebody who holds tokens.

    roles: by the id of a Page, what they may do with it.
    """

    id: str
    name: str
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tokens: list["FacebookToken"] = field(default_factory=list, repr=False)

    @property
    def hindrance(self) -> str | None:
        return None

    def told_id(self, app_id: str) -> str:
        """By which id an app knows them."""
        return self.id

    def granted(self, app_id: str, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these permissions are still theirs to use."""
        return scopes

    def shared(self, app_id: str) -> list[str]:
        """Ids of the Pages that an app may see."""
        return list(self.roles)


@dataclass
class FacebookPerson(Holder):
    checkpoint: str | None = None  # the name of the error a checkpoint answers with
    confirmed: bool = True
    grants: dict[str, Grant] = field(default_factory=dict)  # by app id

    @property
    def hindrance(self) -> str | None:
        return self.checkpoint or (None if self.confirmed else "unconfirmed")

    def told_id(self, app_id: str) -> str:
        return self.scoped_id(app_id)

    def granted(self, app_id: str, scopes: tuple[str, ...]) -> tuple[str, ...]:
        grant = self.grants.get(app_id)
        return tuple(each for each in scopes if grant and each in grant.granted)

    def shared(self, app_id: str) -> list[str]:
        grant = self.grants.get(app_id)
        return [each for each in self.roles if grant and each in grant.pages]

    # as callbacks name a person

    @property
    def username(self) -> str:
        return self.id

    @property
    def user_id(self) -> str:
        return self.id

    def scoped_id(self, app_id: str) -> str:
        digest = hashlib.sha256(f"facebook:{app_id}:{self.id}".encode()).hexdigest()
        return str(10**16 + int(digest[:13], 16))

    def other_id(self, app_id: str) -> str:
        return self.scoped_id(f"other:{app_id}")

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "ids": {app_id: self.scoped_id(app_id) for app_id in self.grants},
            "checkpoint": self.checkpoint is not None,
            "confirmed": self.confirmed,
            "roles": {page: list(tasks) for page, tasks in self.roles.items()},
            "permissions": {app_id: grant.permissions for app_id, grant in self.grants.items()},
            "shared": {app_id: self.shared(app_id) for app_id in self.grants},
            "consented_at": {app_id: iso(grant.consented_at) for app_id, grant in self.grants.items()},
        }


@dataclass
class SystemUser(Holder):
    """ad_accounts: names by their number, which `act_` precedes in their id."""

    business: str = ""
    ad_accounts: dict[str, str] = field(default_factory=dict)
    deleted: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "business": self.business,
            "ad_accounts": [{"id": f"act_{number}", "name": name} for number, name in self.ad_accounts.items()],
            "roles": {page: list(tasks) for page, tasks in self.roles.items()},
            "deleted": self.deleted,
        }


@dataclass
class FacebookCode:
    value: str = field(repr=False)
    person: FacebookPerson
    app_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    issued_at: float
    used: bool = False

    def expired(self, now: float) -> bool:
        return now >= self.issued_at + HOUR


@dataclass
class FacebookToken:
    """expires_at: None never. page_id, parent: of a Page's token, and the user token that it was told to."""

    access_token: str = field(repr=False)
    kind: Kind
    holder: Holder
    app_id: str
    scopes: tuple[str, ...]
    issued_at: float
    expires_at: float | None
    page_id: str | None = None
    parent: str | None = field(default=None, repr=False)
    cause: str | None = None  # the name of the error it answers with since it died
    used_at: float | None = None
    subcode: bool | None = None  # whether its end is told with the subcode; None: it is

    @property
    def user_id(self) -> str:
        return self.holder.told_id(self.app_id)

    @property
    def granted(self) -> tuple[str, ...]:
        return self.holder.granted(self.app_id, self.scopes)

    @property
    def type(self) -> str:
        return {"page": "PAGE", "system_user": "SYSTEM_USER"}.get(self.kind, "USER")

    def trouble(self, now: float) -> str | None:
        """The name of the error this token answers with, or None while it lives."""
        if self.cause:
            return self.cause
        if self.holder.hindrance:
            return self.holder.hindrance
        return "expired" if self.expires_at is not None and now >= self.expires_at else None

    def pages(self) -> list[str]:
        """Ids of the Pages that it reaches."""
        shared = self.holder.shared(self.app_id)
        return shared if self.page_id is None else [each for each in shared if each == self.page_id]

    def data_access_ends_at(self, days: int | None) -> float | None:
        """When the app loses this person's data; None never."""
        if not days or not isinstance(self.holder, FacebookPerson):
            return None
        grant = self.holder.grants.get(self.app_id)
        return grant.consented_at + days * DAY if grant else None

    def as_json(self) -> dict[str, object]:
        return {
            "access_token": self.access_token,
            "kind": self.kind,
            "holder": self.holder.id,
            "app_id": self.app_id,
            "user_id": self.user_id,
            "page_id": self.page_id,
            "permissions": list(self.granted),
            "issued_at": iso(self.issued_at),
            "expires_at": None if self.expires_at is None else iso(self.expires_at),
        }
