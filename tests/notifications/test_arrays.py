"""Arrays are written as text that PostgreSQL reads back as what was meant, whatever is in it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import connection

from notifications.arrays import array_literal

NOON = dt.datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC)
WORDS = [
    "",
    "NULL",
    "null",
    'a "word"',
    "back\\slash",
    "{a,b}",
    "it's",
    " edges ",
    "two\nlines",
    "ünïcode ✓",
    "%s",
    None,
]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([], "{}"),
        ([None], "{NULL}"),
        (["a,b", "NULL", ""], '{"a,b","NULL",""}'),
        (['"', "\\"], '{"\\"","\\\\"}'),
        ([b"\x00ab"], '{"\\\\x006162"}'),
        ([1, -2.5, True], '{"1","-2.5","True"}'),
    ],
)
def test_each_value_is_quoted_and_escaped(values: list[Any], written: str) -> None:
    assert array_literal(values) == written


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", WORDS),
        ("bytea", [b"", b"\\x00", bytes(range(256)), None]),
        ("uuid", [uuid.UUID(int=7), None]),
        ("timestamptz", [NOON, None]),
        ("boolean", [True, False, None]),
        ("bigint", [2**62, -1, None]),
        ("double precision", [0.1, None]),
    ],
)
def test_postgresql_reads_it_as_it_was_meant(kind: str, values: list[Any]) -> None:
    if connection.vendor != "postgresql":
        # There is nobody to read them: SQLite has no arrays, and nothing sends it any.
        pytest.skip("Arrays are PostgreSQL's alone.")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{kind}[])", [array_literal(values)])
        found = [bytes(value) if isinstance(value, memoryview) else value for (value,) in cursor.fetchall()]
    assert found == values
