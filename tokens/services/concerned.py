"""Whom a change of the permissions needed concerns: the accounts that lack one which is newly needed."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import Tenant
from tokens import needs
from tokens.models import Connection
from tokens.querysets import ConnectionQuerySet
from tokens.services import recipients

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """An account that would be asked: what it lacks of what is newly needed, and where the mail goes."""

    connection: Connection
    lacks: list[str]
    addresses: list[str]


@dataclass(frozen=True, slots=True)
class Concerned:
    """All whom a change concerns. `digest` tells two lists apart, those of them that are not shown included."""

    total: int
    shown: list[Asked]
    untold: int
    untold_shown: list[Connection]
    digest: str

    @property
    def more(self) -> int:
        return self.total - len(self.shown)

    @property
    def untold_more(self) -> int:
        return self.untold - len(self.untold_shown)


def lacking(tenant: Tenant, flavour: str, added: Sequence[str]) -> ConnectionQuerySet[Connection]:
    """The active connections that lack one of `added`, as far as their Meta app can ask for it."""
    if not added:
        return Connection.objects.none()
    return _active(tenant, flavour).filter(Q(*(needs.not_granted(each, flavour) for each in added), _connector=Q.OR))


def concerned(tenant: Tenant, flavour: str, added: Sequence[str]) -> Concerned:
    """Whom it concerns that `added` is needed from now on.

    Args:
        tenant: the workspace.
        flavour: of the accounts.
        added: the permissions that are newly needed.
    """
    asked = lacking(tenant, flavour, added)
    untold = _active(tenant, flavour).filter(permissions__isnull=True) if added else Connection.objects.none()
    total, digest = _digest(asked, added)
    return Concerned(
        total=total,
        shown=_shown(tenant, asked, added),
        untold=untold.count(),
        untold_shown=list(untold.only("handle", "instagram_id").order_by("handle", "pk")[:SHOWN]),
        digest=digest,
    )


def _active(tenant: Tenant, flavour: str) -> ConnectionQuerySet[Connection]:
    return Connection.objects.for_tenant(tenant).active().filter(meta_app__flavour=flavour)


def _shown(tenant: Tenant, asked: ConnectionQuerySet[Connection], added: Sequence[str]) -> list[Asked]:
    rows = list(asked.select_related("meta_app").defer("meta_app__secret").order_by("handle", "pk")[:SHOWN])
    addresses = recipients.of_connections(tenant, rows)
    return [Asked(row, _lacks(row, added), addresses[row.pk]) for row in rows]


def _lacks(connection: Connection, added: Sequence[str]) -> list[str]:
    granted = set(connection.permissions or ())
    askable = needs.askable(connection.meta_app)
    return [each for each in added if each in askable and each not in granted]


def _digest(asked: ConnectionQuerySet[Connection], added: Sequence[str]) -> tuple[int, str]:
    """How many they are, and what tells this list from another one: who, what they lack, where the mail goes."""
    total, hashed = 0, hashlib.sha256(json.dumps(list(added)).encode())
    for row in asked.order_by("pk").values_list("pk", "contact_email", "connected_by", "permissions").iterator():
        total += 1
        hashed.update(json.dumps(row, default=_as_text).encode())
    return total, hashed.hexdigest()


def _as_text(value: Any) -> str:
    assert isinstance(value, uuid.UUID)  # noqa: S101 - all else is JSON already
    return str(value)
