"""Sets columns of many claimed rows in one statement, each by compare-and-set on its version, fence and owner."""

from __future__ import annotations

import functools
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from notifications.arrays import array_literal
from tokens.models import Credential
from tokens.services.claims import Claim

_ENDED: dict[str, Any] = {"lease_owner": "", "lease_until": None}


@dataclass(frozen=True, slots=True)
class Write:
    """The columns, by the names of their fields, that a claimed row is to have."""

    claim: Claim
    columns: dict[str, Any]


def write_rows(writes: Sequence[Write]) -> set[uuid.UUID]:
    """Sets the columns and ends the leases, inside the caller's transaction.

    On PostgreSQL one statement for all that set the same columns: `UPDATE … FROM unnest(…)`; elsewhere one a row.

    Args:
        writes: at most one for a row.

    Returns:
        The ids of the rows whose claim still stood.
    """
    alike: dict[tuple[str, ...], list[Write]] = defaultdict(list)
    for write in writes:
        alike[tuple(write.columns)].append(write)
    # Not `django.db.connection`: that one looks up the thread's connection for each attribute of each value.
    connection = connections[DEFAULT_DB_ALIAS]
    how = _at_once if connection.vendor == "postgresql" else _one_by_one
    written: set[uuid.UUID] = set()
    for names, group in alike.items():
        fields = [_field(name) for name in (*names, *_ENDED)]
        rows = [[*write.columns.values(), *_ENDED.values()] for write in group]
        written |= how(connection, fields, [write.claim for write in group], rows)
    return written


def _field(name: str) -> Any:
    return Credential._meta.get_field(name)


_TABLE = Credential._meta.db_table
_KEY: Any = Credential._meta.pk


def _at_once(connection: Any, fields: list[Any], claims: list[Claim], rows: list[list[Any]]) -> set[uuid.UUID]:
    """What all rows have in common goes once, the rest as arrays."""
    columns = {field: [row[place] for row in rows] for place, field in enumerate(fields)}
    common = [field for field, values in columns.items() if all(value == values[0] for value in values)]
    own = [field for field in fields if field not in common]
    # To prepare a value costs more than to compare it: what is common is prepared once.
    columns = {
        field: [field.get_db_prep_save(value, connection) for value in (values[:1] if field in common else values)]
        for field, values in columns.items()
    }
    sets = [f"{field.column} = %s::{field.db_type(connection)}" for field in common]
    sets += [f"{field.column} = n.{field.column}" for field in own]
    types = ["uuid", "bigint", "bigint", "text", *(field.db_type(connection) for field in own)]
    sql = (
        f"UPDATE {_TABLE} AS c SET {', '.join(sets)}"  # noqa: S608 - names of ours
        f" FROM unnest({', '.join(f'%s::{each}[]' for each in types)})"
        f" AS n({', '.join(['id', 'old_version', 'old_fence', 'old_owner', *(field.column for field in own)])})"
        f" WHERE c.{_KEY.column} = n.id AND c.version = n.old_version AND c.fence = n.old_fence"
        f" AND c.lease_owner = n.old_owner"
        f" RETURNING c.{_KEY.column}"
    )
    asked = [
        *(columns[field][0] for field in common),
        array_literal(claim.connection_id for claim in claims),
        array_literal(claim.version for claim in claims),
        array_literal(claim.fence for claim in claims),
        array_literal(claim.owner for claim in claims),
        # Of bytes the driver's wrapper for them is left off.
        *(array_literal(getattr(value, "obj", value) for value in columns[field]) for field in own),
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return {key for (key,) in cursor.fetchall()}


def _one_by_one(connection: Any, fields: list[Any], claims: list[Claim], rows: list[list[Any]]) -> set[uuid.UUID]:
    sql = (
        f"UPDATE {_TABLE} SET {', '.join(f'{field.column} = %s' for field in fields)}"  # noqa: S608 - names of ours
        f" WHERE {_KEY.column} = %s AND version = %s AND fence = %s AND lease_owner = %s"
    )
    written = set()

    @functools.cache
    def prepared(field: Any, kind: str, value: Any) -> Any:
        """Most rows have most values in common, and to prepare one costs more than to look it up."""
        return field.get_db_prep_save(value, connection)

    with connection.cursor() as cursor:
        for claim, row in zip(claims, rows, strict=True):
            values = [prepared(field, type(value).__name__, value) for field, value in zip(fields, row, strict=True)]
            key = _KEY.get_db_prep_value(claim.connection_id, connection)
            cursor.execute(sql, [*values, key, claim.version, claim.fence, claim.owner])
            if cursor.rowcount:
                written.add(claim.connection_id)
    return written
