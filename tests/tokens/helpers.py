"""What the tests of the rules share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection as _database
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage
from tests import factories
from tests.tokens.fake_meta import FakeMeta
from tokens.clients import keeper_of
from tokens.models import Connection, Credential
from tokens.services.attempt import work
from tokens.services.claims import Claim, Purpose, claim_batch, claim_one
from tokens.services.sweep import Sweep

# Its stubs know neither the driver nor keys of columns.
database: Any = _database


def attempt(connection: Connection, meta: FakeMeta, purpose: Purpose = "refresh", **details: Any) -> str:
    """One attempt, as a worker makes it. Returns what became of it."""
    return work(claimed(connection, purpose), meta.client_for, **{"pause": lambda seconds: None, **details})


def attempt_for_real(connection: Connection, purpose: Purpose = "refresh", **details: Any) -> str:
    """As `attempt`, with the product's client: over HTTP, to the emulator."""
    keeper = keeper_of(connection.meta_app, pool_size=1)
    try:
        return work(claimed(connection, purpose), lambda app: keeper, **{"pause": lambda seconds: None, **details})
    finally:
        keeper.close()


def claim_next(purpose: Purpose = "refresh") -> Claim | None:
    """The most urgent due one, claimed; None where nothing is due."""
    return next((held.claim for held in claim_batch(purpose, 1)), None)


def taken(purpose: Purpose = "refresh") -> Claim:
    """The most urgent due one, claimed."""
    claim = claim_next(purpose)
    assert claim is not None, "nothing is due"
    return claim


def credential_of(connection: Connection) -> Any:
    """The credential as it stands now; untyped, so that tests need not rule out empty columns."""
    return factories.credential_of(connection)


def token_of(connection: Connection) -> str:
    """The stored token in plain text."""
    return str(credential_of(connection).token.reveal())


def claimed(connection: Connection, purpose: Purpose = "refresh") -> Claim:
    claim = claim_one(connection.pk, purpose)
    assert claim is not None, "somebody is at work on it"
    return claim


def sweep(meta: FakeMeta, purpose: Purpose = "refresh", *, threads: int = 2, **details: Any) -> dict[str, int]:
    """One sweep, of two threads."""
    return dict(Sweep(purpose, meta.make_client, threads=threads, **details).run())


def row(connection: Connection) -> dict[str, Any]:
    """Every column of the credential and of the connection, the tokens as ciphertext."""
    credential: dict[str, Any] = {**Credential.objects.filter(pk=connection.pk).values().get()}
    for name in ("token", "renewal"):
        token = credential[name]
        credential[name] = None if token is None else token.ciphertext
    shown = Connection.objects.filter(pk=connection.pk).values().get()
    return {**{f"connection.{name}": value for name, value in shown.items()}, **credential}


def raw_token(connection: Connection) -> bytes:
    """What really stands in the column."""
    column, table = "token", Credential._meta.db_table
    key = _key(connection)
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE connection_id = %s", [key])  # noqa: S608
        return bytes(cursor.fetchone()[0])


def spoil(connection: Connection, ciphertext: bytes = b"gAAAAA-of-a-key-that-is-lost") -> bytes:
    """Makes the stored token undecryptable, past the field."""
    key = _key(connection)
    with database.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Credential._meta.db_table} SET token = %s WHERE connection_id = %s",  # noqa: S608
            [database.Database.Binary(ciphertext), key],
        )
    return ciphertext


def _key(connection: Connection) -> Any:
    """A primary key as this database has it."""
    return Credential._meta.pk.get_db_prep_value(connection.pk, database)


def events_of(connection: Connection) -> list[str]:
    return list(Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True))


def owed(kind: str | None = None) -> list[str]:
    """Who is owed mail (of that kind)."""
    rows = OutboxMessage.objects.order_by("created_at", "recipient")
    return list((rows.filter(kind=kind) if kind else rows).values_list("recipient", flat=True))


def status_of(connection: Connection) -> tuple[str, str]:
    return Connection.objects.values_list("status", "reason").get(pk=connection.pk)


def ago(**units: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(**units)
