"""The database cache works after `migrate`, and its migration can be taken back."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection

migration: Any = importlib.import_module("notifications.migrations.0002_cache_table")
pytestmark = pytest.mark.django_db(transaction=True)


def tables() -> list[str]:
    return connection.introspection.table_names()


def test_the_cache_works_after_migrating() -> None:
    caches["default"].set("key", "value")
    assert caches["default"].get("key") == "value"
    assert migration.TABLE in tables()


def test_the_table_can_be_dropped_and_made_again_whatever_the_cache_is(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    try:
        for step, there in [(migration.drop, False), (migration.drop, False), (migration.create, True)]:
            with connection.schema_editor() as editor:
                step(None, editor)
            assert (migration.TABLE in tables()) is there
    finally:
        with connection.schema_editor() as editor:
            migration.create(None, editor)
    assert migration.TABLE in tables()
