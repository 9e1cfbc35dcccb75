"""All rows of the database, to show that nothing changed."""

from __future__ import annotations

from django.db import connection

# Rate limits, and when a session was last seen: written down whatever is asked.
OF_A_VISIT = {"perennial_cache", "usersessions_usersession"}


def all_rows(*, apart_from: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Every row of every table, apart from what a mere visit writes down, as text, as the database holds it."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in OF_A_VISIT and table not in apart_from:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names from the schema
                found[table] = sorted(repr(row) for row in cursor.fetchall())
    return found
