"""How soon PostgreSQL tidies a table up: settings of single tables, for migrations.

Its own rule waits until a fifth of a table is dead: two million rows of ten million. By then whoever looks for the
next due rows wades through the dead ones, several times slower.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunPython


def tidy_sooner(table: str, **parameters: float) -> RunPython:
    """A reversible migration step; nothing happens where the database is not PostgreSQL.

    Args:
        table: its name in the database.
        **parameters: PostgreSQL's storage parameters, without their prefix `autovacuum_`.
    """
    names = {f"autovacuum_{name}": value for name, value in parameters.items()}

    def set_them(apps: Any, editor: Any) -> None:
        _alter(editor, table, f"SET ({', '.join(f'{name} = {value}' for name, value in names.items())})")

    def reset_them(apps: Any, editor: Any) -> None:
        _alter(editor, table, f"RESET ({', '.join(names)})")

    return RunPython(set_them, reset_them)


def _alter(editor: Any, table: str, change: str) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(f"ALTER TABLE {editor.quote_name(table)} {change}")
