"""What the page of the permissions that a workspace needs shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from accounts.models import Tenant
from tokens import needs
from tokens.models import Connection, MetaApp
from tokens.wording import PERMISSIONS_OF, stops_without


@dataclass(frozen=True, slots=True)
class Choice:
    """One permission that the Meta app can ask for, and how many of the active accounts lack it."""

    name: str
    purpose: str
    stops: str
    ticked: bool
    fixed: bool
    lacking: int


@dataclass(frozen=True, slots=True)
class NeedsPage:
    """All of them; what the Meta app can't ask for; of how many accounts Meta did not tell what was granted."""

    choices: list[Choice]
    not_asked: list[tuple[str, str]]
    untold: int


def needs_page(tenant: Tenant, meta_app: MetaApp, *, ticked: Sequence[str] | None = None) -> NeedsPage:
    """What the page shows.

    Args:
        tenant: the workspace.
        meta_app: the app that it connects through now.
        ticked: as a form has it that can't be saved; by default what is needed.
    """
    offered, purposes = needs.askable(meta_app), PERMISSIONS_OF[meta_app.flavour]
    shown = needs.of_workspace(tenant.pk, meta_app) if ticked is None else [*needs.basics(meta_app.flavour), *ticked]
    counts = _counts(tenant, meta_app.flavour, offered)
    return NeedsPage(
        choices=[
            Choice(
                name=name,
                purpose=purposes.get(name, ""),
                stops=stops_without(name),
                ticked=name in shown,
                fixed=name in needs.basics(meta_app.flavour),
                lacking=counts[f"lacking_{number}"],
            )
            for number, name in enumerate(offered)
        ],
        not_asked=[(name, purpose) for name, purpose in purposes.items() if name not in offered],
        untold=counts["untold"],
    )


def _counts(tenant: Tenant, flavour: str, offered: Sequence[str]) -> dict[str, int]:
    """How many active accounts lack each, in one query."""
    numbers: dict[str, Any] = {
        f"lacking_{number}": Count("pk", filter=needs.not_granted(name, flavour)) for number, name in enumerate(offered)
    }
    rows = Connection.objects.for_tenant(tenant).active().filter(meta_app__flavour=flavour)
    return rows.aggregate(untold=Count("pk", filter=Q(permissions__isnull=True)), **numbers)
