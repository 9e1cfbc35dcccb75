"""Reading the successes of graph.facebook.com: from parsed JSON to a value, or to `None` where the shape is wrong."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .lenient import mapping, sequence, truth, whole_number
from .secret import Secret
from .shapes import read_id, read_label, read_names, read_profile, read_token
from .types import AdAccount, Inspection, Page, Profile

T = TypeVar("T")

_CURSOR = re.compile(r"[\x21-\x7e]{1,1000}")
_HUNDRED_YEARS = 100 * 366 * 86_400
# So far a clock of Meta's may be ahead of ours.
_AHEAD = 3600


@dataclass(frozen=True, slots=True)
class Results(Generic[T]):
    """One page of a list.

    Args:
        items: those that could be read.
        after: where the next page begins; `None` where Meta did not tell.
        goes_on: whether there is a next page.
    """

    items: tuple[T, ...]
    after: Secret | None
    goes_on: bool


def read_results(body: object, read: Callable[[object], T | None]) -> Results[T] | None:
    """`{"data": […], "paging": {"cursors": {"before": "…", "after": "…"}, "next": "https://…"}}`.

    `next` tells that there is more; it is an address with the token in it, so nothing of it is kept.
    """
    answer = mapping(body)
    listed, paging = answer.get("data"), mapping(answer.get("paging"))
    if not isinstance(listed, list):
        return None
    after = mapping(paging.get("cursors")).get("after")
    return Results(
        items=tuple(item for item in map(read, listed) if item is not None),
        after=Secret(after) if isinstance(after, str) and _CURSOR.fullmatch(after) else None,
        goes_on=bool(paging.get("next")),
    )


def read_page(body: object) -> Page | None:
    """`{"id", "name", "access_token", "tasks": […], "instagram_business_account": {"id", "username"}}` (D-IGFB)."""
    answer = mapping(body)
    page_id, account = read_id(answer.get("id")), mapping(answer.get("instagram_business_account"))
    if page_id is None:
        return None
    return Page(
        id=page_id,
        name=read_label(answer.get("name")) or "",
        token=read_token(answer),
        instagram_id=read_id(account.get("id")),
        instagram_username=read_label(account.get("username")),
        tasks=read_names(answer.get("tasks")) or (),
    )


def read_inspection(body: object) -> Inspection | None:
    """`{"data": {"type": "USER", "is_valid": true, …}}`, in which any field may be absent (D-debug)."""
    data = mapping(mapping(body).get("data"))
    if truth(data.get("is_valid")) is not True:
        return None
    return Inspection(
        kind=(read_label(data.get("type")) or "").upper(),
        app_id=read_id(data.get("app_id")),
        user_id=read_id(data.get("user_id")),
        profile_id=read_id(data.get("profile_id")),
        issued_at=_past(data.get("issued_at")),
        expires_at=_end(data.get("expires_at")),
        data_access_expires_at=_end(data.get("data_access_expires_at")),
        scopes=read_names(data.get("scopes")),
        targets=_targets(data.get("granular_scopes")),
    )


def read_person(body: object) -> Profile | None:
    """`{"id": "1…", "name": "…"}`: of a person, a Page or a system user."""
    answer = mapping(body)
    user_id, name = read_id(answer.get("id")), read_label(answer.get("name"))
    return None if user_id is None else Profile(user_id, None, None, name, None, None)


def read_account(body: object) -> Profile | None:
    """`{"id": "1784…", "username", "name", "profile_picture_url"}`: here `id` is the professional account's."""
    answer = mapping(body)
    return read_profile({**answer, "user_id": answer["id"], "id": None}) if "id" in answer else None


def read_ad_account(body: object) -> AdAccount | None:
    """`{"id": "act_1…", "name": "…"}`."""
    answer = mapping(body)
    account_id = read_id(answer.get("id"))
    return None if account_id is None else AdAccount(account_id, read_label(answer.get("name")) or "")


def read_success(body: object) -> bool | None:
    """`{"success": true}` (D-FLperm)."""
    return truth(mapping(body).get("success")) or None


def read_no_denial(body: object) -> bool | None:
    """Any answer but one that denies success: what a revocation is answered with is not published (D-sysuser)."""
    return None if truth(mapping(body).get("success")) is False or body is False else True


def _end(value: object) -> int | None:
    """When something ends; 0 is never, and so is what nobody of today will see."""
    seconds = whole_number(value)
    if seconds is None or seconds < 0:
        return None
    return seconds if seconds < time.time() + _HUNDRED_YEARS else 0


def _past(value: object) -> int | None:
    """When something was done; nothing was in 1970, nor is yet to be."""
    seconds = whole_number(value)
    return seconds if seconds is not None and 0 < seconds <= time.time() + _AHEAD else None


def _targets(value: object) -> dict[str, tuple[str, ...]]:
    """`[{"scope": "instagram_basic", "target_ids": ["1784…"]}, {"scope": "pages_show_list"}]`."""
    found: dict[str, tuple[str, ...]] = {}
    for each in map(mapping, sequence(value)):
        scope = read_label(each.get("scope"))
        if scope:
            ids = [target for raw in sequence(each.get("target_ids")) if (target := read_id(raw)) is not None]
            found[scope] = tuple(dict.fromkeys([*found.get(scope, ()), *ids]))
    return found
