"""Arrays for statements about many rows of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable


def array_literal(values: Iterable[object]) -> str:
    """Values as the text of one array, to be passed as a single parameter: `%s::uuid[]`.

    The driver would prepare each element of a list by itself, which takes ten times as long.
    Page: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-INPUT.

    Args:
        values: None, text, bytes, or whatever PostgreSQL reads as Python prints it: numbers, truth values, UUIDs,
            instants.
    """
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    text = f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
