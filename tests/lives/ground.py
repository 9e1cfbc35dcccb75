"""Three workspaces and two Meta apps that are the same for all games; rows are made anew for each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.test import Client

from accounts.models import Event, Membership, Tenant, User
from notifications.models import OutboxMessage
from tests.factories import make_meta_app, make_tenant
from tests.lives.model import Slot
from tests.tokens.callbacks.signing import post, sign
from tokens.models import (
    Brake,
    CallTally,
    ConnectAttempt,
    Connection,
    Credential,
    DeletionRequest,
    Link,
    MetaApp,
    ReconnectRequest,
    Strike,
    SweepRun,
)

# One for all: each new one would load all of the middleware again.
META = Client()
OWN_SECRET = "an own app's secret of a workspace"
EMPTIED: list[Any] = [
    *(
        OutboxMessage,
        Event,
        ConnectAttempt,
        Link,
        ReconnectRequest,
        Strike,
        Brake,
        CallTally,
        SweepRun,
        DeletionRequest,
    ),
    *(Credential, Connection),
]


@dataclass(frozen=True)
class Ground:
    """What no game changes: workspaces, their owners, the apps and their secrets."""

    tenants: list[Tenant]
    owners: list[User]
    apps: list[MetaApp]
    secrets: list[str]
    paths: list[str]


def lay(installation_secret: str) -> Ground:
    """Two workspaces connect through the installation's app, the third one through its own."""
    tenants = [make_tenant(f"Workspace {number}") for number in range(3)]
    owners = [Membership.objects.select_related("user").get(tenant=tenant).user for tenant in tenants]
    own = make_meta_app(tenant=tenants[2], secret=OWN_SECRET)
    return Ground(
        tenants, owners, [make_meta_app(), own], [installation_secret, OWN_SECRET], ["/meta/", f"/meta/{own.pk}/"]
    )


def slots() -> list[Slot]:
    """The first account is connected by everybody: what is told of it must reach only those whom it concerns."""
    return [
        Slot("first account, first workspace", 0, 0, 1),
        Slot("first account, second workspace", 1, 0, 1),
        Slot("second account, first workspace", 0, 0, 2),
        Slot("first account, own app", 2, 1, 1),
    ]


def empty() -> None:
    with database.cursor() as cursor:
        for model in EMPTIED:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - names of our own tables


def call(path: str, payload: dict[str, Any], secret: str) -> Any:
    return post(sign(payload, secret), path, browser=META)


def row_of(ground: Ground, slot: Slot) -> Connection | None:
    rows = Connection.objects.filter(tenant=ground.tenants[slot.tenant], meta_app=ground.apps[slot.app])
    return rows.filter(instagram_id=instagram_id(slot.account)).first()


def instagram_id(account: int) -> str:
    return f"1784140000000000{account}"


def address(slot: Slot) -> str:
    return f"creator{slot.account}-of-{slot.tenant}@mail.example"


def seen(connection: Connection | None) -> dict[str, Any]:
    """A connection in the words of the model."""
    if connection is None:
        return {"status": "none", "reason": "", "keyed": False, "flags": set(), "events": [], "failures": Counter()}
    credential = Credential.objects.get(pk=connection.pk)
    names = ("cannot_refresh", "permission_missing", "refused")
    history = Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True)
    return {
        "status": connection.status,
        "reason": connection.reason,
        "keyed": credential.token is not None,
        "flags": {name for name in names if getattr(credential, f"{name}_since")},
        "events": list(history),
        "failures": +Counter(refresh=credential.refresh_failures, check=credential.check_failures),
    }


def mails() -> dict[str, Counter[str]]:
    """What each creator is owed, by kind; whatever goes to anybody else in a workspace under their address."""
    found: dict[str, Counter[str]] = {}
    for recipient, kind in OutboxMessage.objects.filter(tenant__isnull=False).values_list("recipient", "kind"):
        found.setdefault(recipient, Counter())[kind] += 1
    return found
