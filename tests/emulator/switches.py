"""The switches: everything about Meta that its pages leave open, or that changes between accounts."""

import re
from collections.abc import Callable
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

from .facebook.switches import FacebookSwitches
from .positions import SCALAR, TEXTS, Scalar, choice, kind
from .refusals import Wrong

SIXTY_DAYS = 5_184_000


@dataclass
class Switches(FacebookSwitches):
    # meta-wire 1.3: the three success shapes of the code exchange, and which id it tells
    code_shape: str = choice("data", "flat_number", "flat_list", "flat_string")
    code_user_id: str = choice("scoped", "professional", "other")
    wrong_secret: str = choice("client_secret", "platform_app")
    # 1.3: whether the exchange refuses an address that the app has not registered before it looks at the code
    unregistered_redirect: str = choice("refuse", "ignore")
    # 1.2: whether a denial carries the state back
    denial_state: bool = kind(True, bool)
    # 1.2: usernames, and ids of Facebook persons, that hold no role on an app in development
    no_role: list[str] = field(default_factory=list, metadata=TEXTS)
    # 1.4, 1.5: null leaves the field out; any other JSON scalar is sent as it is
    exchange_expires_in: Scalar = field(default=SIXTY_DAYS, metadata=SCALAR)
    refresh_expires_in: Scalar = field(default=SIXTY_DAYS, metadata=SCALAR)
    long_to_exchange: str = choice("unsupported", "code_452", "allow")
    too_young: str = choice("refuse_100", "refuse_1", "allow")
    refresh_string: str = choice("new", "same")
    old_string: str = choice("dies_later", "dies_at_once", "lives")
    old_string_grace_seconds: float = kind(180, int, float)
    # 1.6
    me_shape: str = choice("flat", "data")
    me_missing: list[str] = field(default_factory=list, metadata=TEXTS)
    me_id_unasked: bool = kind(True, bool)
    personal_me: str = choice("account_type", "unsupported")
    personal_refresh: str = choice("allow", "unsupported")
    # 1.9
    oldest_version: str = kind("v21.0", str)
    # 4.2, 4.3, 4.4
    no_basic: str = choice("code_10", "unsupported")
    subcodes: bool = kind(False, bool)
    status_190: int = kind(400, int)
    # 6: which of the app's secrets signs callbacks, and by which id they name the person
    callback_secret: str = choice("instagram", "meta")
    callback_id: str = choice("id", "user_id", "other")
    # 5: percent for X-App-Usage on every Graph answer; null sends none
    app_usage: int | None = kind(None, int, type(None))

    def change(self, changes: dict[str, Any]) -> None:
        """All or nothing: one wrong value leaves every switch where it was."""
        known = {each.name: each for each in fields(self)}
        for name, value in changes.items():
            check(known.get(name), name, value)
        for name, value in changes.items():
            setattr(self, name, value)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check(switch: "Field[Any] | None", name: str, value: object) -> None:
    if switch is None:
        raise Wrong(f"There is no switch called {name!r}.")
    allowed = switch.metadata.get("one_of")
    if allowed and value not in allowed:
        raise Wrong(f"{name} takes one of: {', '.join(allowed)}.")
    types = switch.metadata.get("types")
    if types and type(value) not in types:
        raise Wrong(f"{name} takes {' or '.join(each.__name__ for each in types)}.")
    if name in SOUND:
        sound, wanted = SOUND[name]
        if not sound(value):
            raise Wrong(f"{name} takes {wanted}.")


def is_status(value: object) -> bool:
    return value in range(200, 600)


def is_version(value: object) -> bool:
    return bool(re.fullmatch(r"v[1-9]\d?\.\d{1,2}", str(value), re.ASCII))


def is_natural(value: object) -> bool:
    return value is None or (isinstance(value, int) and value >= 0)


def is_positive(value: object) -> bool:
    return isinstance(value, int) and value > 0


def are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


SOUND: dict[str, tuple[Callable[[object], bool], str]] = {
    "status_190": (is_status, "an HTTP status from 200 to 599"),
    "oldest_version": (is_version, "a version such as v25.0"),
    "me_missing": (are_texts, "a list of field names"),
    "no_role": (are_texts, "a list of usernames"),
    "developers": (are_texts, "a list of Facebook ids"),
    "inspection_missing": (are_texts, "a list of field names"),
    "data_access_days": (is_natural, "a number of days from 0, or null"),
    "page_of_results": (is_positive, "a number from 1"),
}
