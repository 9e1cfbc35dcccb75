"""PostgreSQL tidies large tables up early, by settings of their own; on SQLite the same migrations do nothing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection as database
from django.db.migrations import RunPython
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db

QUEUES = {"vacuum_scale_factor": "0.01", "analyze_scale_factor": "0.02"}
THOUSAND = {"vacuum_threshold": "1000", "analyze_threshold": "1000"}
TABLES = {
    "tokens_credential": {**QUEUES, **THOUSAND, "vacuum_cost_limit": "1000"},
    "notifications_outboxmessage": {**QUEUES, **THOUSAND},
    "accounts_event": {
        **QUEUES,
        **dict.fromkeys(["vacuum_threshold", "analyze_threshold", "vacuum_insert_threshold"], "10000"),
        "vacuum_insert_scale_factor": "0.02",
    },
}
MIGRATIONS = {
    "tokens_credential": "tokens.migrations.0008_autovacuum",
    "notifications_outboxmessage": "notifications.migrations.0004_autovacuum",
    "accounts_event": "accounts.migrations.0004_history_for_years",
}
ON_POSTGRESQL = database.vendor == "postgresql"


def options(table: str) -> dict[str, str]:
    """What the database says of the table; SQLite has no such thing."""
    if not ON_POSTGRESQL:
        return {}
    with database.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [table])
        [found] = cursor.fetchone()
    return dict(option.removeprefix("autovacuum_").split("=") for option in found or [])


def step(table: str) -> Any:
    migration: Any = import_module(MIGRATIONS[table]).Migration
    [found] = [each for each in migration.operations if isinstance(each, RunPython)]
    return found


@pytest.mark.parametrize("table", TABLES)
def test_migrating_has_set_them(table):
    assert options(table) == (TABLES[table] if ON_POSTGRESQL else {})


# Outside a transaction: within one, SQLite's editor refuses.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", TABLES)
def test_going_back_takes_them_off_and_forward_sets_them_again(table):
    way = step(table)
    with CaptureQueriesContext(database) as queries, database.schema_editor(atomic=False) as editor:
        way.reverse_code(apps, editor)
        assert options(table) == {}
        way.code(apps, editor)
    assert options(table) == (TABLES[table] if ON_POSTGRESQL else {})
    assert any("ALTER" in query["sql"] for query in queries.captured_queries) is ON_POSTGRESQL
