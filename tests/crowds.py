"""Very many rows, written by the database itself: copies of one row that the product made."""

from __future__ import annotations

from django.db import connection as database
from django.db.models import ForeignKey, Model, UUIDField

MANY = 1000


def copy_row(row: Model, times: int, *, offset: int = 0, **columns: str) -> None:
    """Copies `row` so many times.

    Args:
        row: the original, as it stands in the database.
        times: how many copies.
        offset: the copies are numbered from `offset` + 1 on; a key of type UUID is that number.
        **columns: what differs between copies, as SQL in which `n.i` is the copy's number; columns of type UUID as a
            number. The others stand as in the original, but for a key that counts up by itself.
    """
    meta, quote = row._meta, database.ops.quote_name
    key = meta.pk
    assert key is not None and key.column is not None
    if isinstance(key, UUIDField):
        columns.setdefault(key.column, "n.i")
    names, values = [], []
    for field in meta.concrete_fields:
        assert field.column is not None
        if field.column in columns:
            target = field.target_field if isinstance(field, ForeignKey) else field
            names.append(quote(field.column))
            values.append(_uuid(columns[field.column]) if isinstance(target, UUIDField) else columns[field.column])
        elif not field.primary_key or field.is_relation:
            names.append(quote(field.column))
            values.append(f"t.{quote(field.column)}")
    with database.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(meta.db_table)} ({', '.join(names)}) "  # noqa: S608 - names from our own models
            "WITH RECURSIVE n(i) AS (SELECT %s UNION ALL SELECT i + 1 FROM n WHERE i < %s) "
            f"SELECT {', '.join(values)} FROM {quote(meta.db_table)} t, n WHERE t.{quote(key.column)} = %s",
            [offset + 1, offset + times, key.get_db_prep_value(row.pk, database)],
        )
        if database.vendor == "postgresql" and times >= MANY:
            # As autovacuum has long done where a table is so large. Without, a join may be planned for a few rows, and
            # take minutes.
            cursor.execute(f"ANALYZE {quote(meta.db_table)}")


def _uuid(number: str) -> str:
    if database.vendor == "sqlite":
        return f"printf('%032x', {number})".replace("%", "%%")
    return f"lpad(to_hex({number}), 32, '0')::uuid"
