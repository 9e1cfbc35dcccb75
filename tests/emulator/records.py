"""Who and what the emulator knows: apps, persons, codes, tokens."""

import base64
import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime

BASIC = "instagram_business_basic"
PERMISSIONS = (
    BASIC,
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_messages",
    "instagram_business_manage_insights",
)
HOUR = 3_600
DAY = 86_400


def random_text(length: int) -> str:
    """Letters and digits, as seen in Meta's tokens."""
    return base64.b64encode(os.urandom(length * 3 // 4 + 3), altchars=b"Zd").decode()[:length]


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:12]


@dataclass
class App:
    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...] = ()
    meta_secret: str = ""  # beside the Instagram app secret; empty: not told
    deauthorize_url: str = ""
    deletion_url: str = ""
    broken: str | None = None  # how, while it is
    former_secret: str = ""  # before it was reset

    @property
    def secrets(self) -> list[str]:
        return [each for each in (self.secret, self.meta_secret, self.former_secret) if each]

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "secret": self.secret,
            "name": self.name,
            "redirect_uris": list(self.redirect_uris),
            "meta_secret": self.meta_secret,
            "deauthorize_url": self.deauthorize_url,
            "deletion_url": self.deletion_url,
            "broken": self.broken,
        }


@dataclass
class Person:
    username: str
    name: str
    account_type: str
    user_id: str
    checkpoint: str | None = None  # the name of the error a checkpoint answers with
    confirmed: bool = True
    grants: dict[str, tuple[str, ...]] = field(default_factory=dict)  # app id -> permissions
    tokens: list["Token"] = field(default_factory=list, repr=False)

    @property
    def personal(self) -> bool:
        return self.account_type.upper() == "PERSONAL"

    @property
    def hindrance(self) -> str | None:
        """What keeps this person from logging in anywhere."""
        return self.checkpoint or (None if self.confirmed else "unconfirmed")

    def scoped_id(self, app_id: str) -> str:
        return self._derived(app_id)

    def other_id(self, app_id: str) -> str:
        """The third alias: the code exchange was seen to tell an id that `/me` does not."""
        return self._derived(f"other:{app_id}")

    def _derived(self, salt: str) -> str:
        digest = hashlib.sha256(f"{salt}:{self.user_id}".encode()).hexdigest()
        return str(10**16 + int(digest[:13], 16))

    def as_json(self) -> dict[str, object]:
        return {
            "username": self.username,
            "name": self.name,
            "account_type": self.account_type,
            "user_id": self.user_id,
            "ids": {app_id: self.scoped_id(app_id) for app_id in self.grants},
            "checkpoint": self.checkpoint is not None,
            "confirmed": self.confirmed,
            "granted": {app_id: list(granted) for app_id, granted in self.grants.items()},
        }


@dataclass
class Code:
    value: str
    person: Person
    app_id: str
    redirect_uri: str
    permissions: tuple[str, ...]
    issued_at: float
    used: bool = False

    def usable(self, now: float) -> bool:
        return not self.used and now < self.issued_at + HOUR


@dataclass
class Token:
    access_token: str = field(repr=False)
    kind: str  # "short" or "long"
    person: Person
    app_id: str
    permissions: tuple[str, ...]
    issued_at: float
    expires_at: float
    cause: str | None = None  # the name of the error it answers with since it died
    dies_at: float | None = None  # replaced by a newer string, alive until then
    used_at: float | None = None
    subcode: bool | None = None  # whether its end is told with the subcode; None: as the switch `subcodes` says

    @property
    def user_id(self) -> str:
        return self.person.user_id

    @property
    def id(self) -> str:
        return self.person.scoped_id(self.app_id)

    @property
    def granted(self) -> tuple[str, ...]:
        """A token never gains permissions; taken from the person, they are gone from it too."""
        now_granted = self.person.grants.get(self.app_id, ())
        return tuple(each for each in self.permissions if each in now_granted)

    def trouble(self, now: float) -> str | None:
        """The name of the error this token answers with, or None while it lives."""
        if self.cause:
            return self.cause
        if self.dies_at is not None and now >= self.dies_at:
            return "session_mismatch"
        if self.person.hindrance:
            return self.person.hindrance
        return "expired" if now >= self.expires_at else None

    def as_json(self) -> dict[str, object]:
        return {
            "access_token": self.access_token,
            "kind": self.kind,
            "username": self.person.username,
            "app_id": self.app_id,
            "user_id": self.user_id,
            "id": self.id,
            "permissions": list(self.granted),
            "issued_at": iso(self.issued_at),
            "expires_at": iso(self.expires_at),
        }
