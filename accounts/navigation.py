"""The way around: which workspaces a user may switch to, and which pages of the present one a member may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from accounts.models import Membership, Role, Tenant, User
from accounts.rights import Right, may


@dataclass(frozen=True, slots=True)
class Choice:
    """One workspace in the switcher."""

    name: str
    url: str
    current: bool
    deleted: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of the workspace. `current` is `page` on it, `true` below it, else empty."""

    label: str
    url: str
    current: str


@dataclass(frozen=True, slots=True)
class _Place:
    label: str
    name: str
    right: Right


# The first is the page above all others of a workspace: it stands for connections, too.
PLACES = (
    _Place("Accounts", "workspace", Right.SEE),
    _Place("Creators", "creators", Right.INVITE_CREATORS),
    _Place("Team", "team", Right.SEE_TEAM),
    _Place("History", "workspace_history", Right.SEE_EVENTS),
    _Place("Settings", "workspace_settings", Right.CHANGE_SETTINGS),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The template context of header and tabs; it asks the database once, and only where a page shows the header."""
    return {
        "switcher": SimpleLazyObject(lambda: _choices(request)),
        "tabs": SimpleLazyObject(lambda: _tabs(request)),
    }


def _choices(request: HttpRequest) -> list[Choice]:
    """The user's workspaces by name; deleted ones come last, and only where the user could undo it."""
    user, present = getattr(request, "user", None), getattr(request, "tenant", None)
    if not isinstance(user, User):
        return []
    rows = Membership.objects.filter(user=user).values_list(
        "tenant__name", "tenant__slug", "tenant__deleted_at", "role", "tenant_id"
    )
    choices = [
        Choice(name, reverse("workspace", args=[slug]), _is(present, pk), deleted_at is not None)
        for name, slug, deleted_at, role, pk in rows
        if deleted_at is None or role == Role.OWNER or _is(present, pk)
    ]
    return sorted(choices, key=lambda each: (each.deleted, each.name.casefold(), each.url))


def _is(tenant: Tenant | None, pk: Any) -> bool:
    return tenant is not None and tenant.pk == pk


def _tabs(request: HttpRequest) -> list[Tab]:
    membership: Membership | None = getattr(request, "membership", None)
    if membership is None or membership.tenant.deleted_at is not None:
        return []
    seen = [place for place in PLACES if may(membership.role, place.right)]
    urls = {place: _url(place, membership.tenant.slug) for place in seen}
    here = max((url for url in urls.values() if url and request.path.startswith(url)), key=len, default="")
    return [
        Tab(place.label, url, "" if url != here else "page" if request.path == url else "true")
        for place, url in urls.items()
        if url
    ]


def _url(place: _Place, slug: str) -> str:
    try:
        return reverse(place.name, args=[slug])
    except NoReverseMatch:
        return ""
