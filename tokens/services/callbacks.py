"""What Meta told by a callback, whom it concerns, and what becomes of one that comes late."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from accounts import events
from accounts.models import Event
from tokens.flavours import FLAVOURS
from tokens.models import Connection, Credential, Status
from tokens.querysets import ConnectionQuerySet


@dataclass(frozen=True, slots=True)
class Signer:
    """A Meta app that signed, and which of its secrets that was. Without a row it has made no connection yet."""

    app_id: uuid.UUID | None
    signed_with: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback whose signature was verified. Nothing of it but `signers` may stand in a log line."""

    user_id: str = field(repr=False)
    issued_at: int | None
    """When the person did it, in seconds since 1970; None where Meta did not tell."""
    signers: tuple[Signer, ...]
    digest: str = field(repr=False)
    """Keyed: tells a request that is repeated, and nothing about who it is about."""

    @property
    def signed_with(self) -> str:
        return self.signers[0].signed_with


@dataclass(frozen=True, slots=True)
class Concerned:
    """A connection that a callback is about, and the app whose secret proves it."""

    connection_id: uuid.UUID
    tenant_id: uuid.UUID
    app_id: uuid.UUID
    signed_with: str


def concerned(callback: Callback) -> Iterator[Concerned]:
    """The connections that carry the id, in every workspace, but only those of the apps that signed.

    Whoever knows the secret of an app of its own can sign any id with it: it reaches nobody else's connections.
    """
    for signer in callback.signers:
        if signer.app_id is not None:
            rows = _rows(callback, signer.app_id).order_by("pk").values_list("pk", "tenant_id")
            for pk, tenant_id in list(rows):
                yield Concerned(pk, tenant_id, signer.app_id, signer.signed_with)


def lock_concerned(callback: Callback, one: Concerned) -> Connection | None:
    """The connection and its credential as they stand now, both locked until the transaction ends.

    Returns:
        None where it is concerned no more: erased meanwhile, or moved to another Meta app.
    """
    rows = _rows(callback, one.app_id).select_related("meta_app")
    locked = rows.defer("meta_app__secret", "meta_app__meta_secret").select_for_update(no_key=True, of=("self",))
    connection = locked.filter(pk=one.connection_id).first()
    if connection is not None:
        # Whoever stores an answer has this row: it comes before us with all that it writes, or finds its claim lost.
        connection.credential = Credential.objects.select_for_update(no_key=True).get(pk=connection.pk)
    return connection


def _rows(callback: Callback, app_id: uuid.UUID) -> ConnectionQuerySet[Connection]:
    return Connection.objects.known_as(app_id, {callback.user_id})


def is_late(connection: Connection, since: int) -> bool:
    """Whether the person has allowed it again after what they did at `since`, in whole seconds."""
    return since < int(connection.consented_at.timestamp())


def note_late(connection: Connection, *, call: str, signed_with: str, since: int, now: dt.datetime) -> None:
    """Nothing ends by a callback that comes late: `/me` is asked instead, at once. Repeated, it changes nothing.

    Args:
        connection: locked by the caller.
        call: `deauthorize` or `data_deletion`.
        signed_with: which secret of the app signed it.
        since: when the person did it.
        now: the instant.
    """
    detail = {"call": call, "signed_with": signed_with, "issued_at": since}
    told = Event.objects.filter(tenant=connection.tenant_id, subject_id=connection.pk, kind="callback_late")
    if told.filter(detail=detail).exists():
        return
    host = FLAVOURS[connection.flavour].host
    if connection.status == Status.ACTIVE:
        Credential.objects.filter(pk=connection.pk).update(check_due_at=now)
    events.record(
        tenant=connection.tenant_id,
        kind="callback_late",
        text=f"{host} told of a removal from before the account was last connected. We ask whether it still works.",
        subject_id=connection.pk,
        actor=events.META,
        detail=detail,
        at=now,
    )
