"""The worked example of docs/adding-a-flavour.md is loaded as it stands there, and kept alive by the engine."""

from __future__ import annotations

import datetime as dt
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.factories import make_connection
from tests.tokens.helpers import attempt_for_real, credential_of, events_of, owed, status_of
from tests.tokens.trouble.seeing import flags
from tokens import flavours
from tokens.clients import keeper_of
from tokens.meta import PermissionMissing, TokenDead
from tokens.services.sweep import Sweep

pytestmark = pytest.mark.django_db

DOC = Path(__file__).parents[3] / "docs" / "adding-a-flavour.md"
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def threads(monkeypatch, settings) -> Any:
    """The module of the page, with its entry in the table."""
    (source,) = re.findall(r"```python\n(\"\"\"Threads.*?)```", DOC.read_text(), re.S)
    module = ModuleType("tokens.flavours.threads")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look for it there
    exec(source, module.__dict__)  # noqa: S102 - our own page
    monkeypatch.setitem(flavours.FLAVOURS, module.FLAVOUR.name, module.FLAVOUR)
    settings.THREADS_APP_ID, settings.THREADS_APP_SECRET = "4242", "a secret of Threads"
    return module


@pytest.fixture
def connection(threads, travel):
    travel(NOW)
    return make_connection(
        flavour="threads", issued_at=NOW - 49 * DAY, due_at=NOW, check_due_at=NOW, contact_email="anna@mail.example"
    )


def test_it_is_renewed_by_rule_1_through_its_own_app(connection, threads):
    assert connection.meta_app.app_id == "4242"
    assert dict(Sweep("refresh", keeper_of, threads=1).run()) == {"refreshed": 1}
    row = credential_of(connection)
    assert row.expires_at == NOW + 60 * DAY
    assert row.due_at == dt.datetime(2026, 6, 7, 2, tzinfo=dt.UTC)
    assert events_of(connection) == ["refreshed"]


def test_it_is_checked_and_its_names_are_followed(connection, threads):
    assert dict(Sweep("check", keeper_of, threads=1).run()) == {"alive": 1}
    connection.refresh_from_db()
    assert connection.handle == "anna.on.threads"


def test_its_deaths_have_the_products_reasons_and_need_a_second_opinion(connection, threads, monkeypatch):
    def dead(*args: Any, **details: Any) -> Any:
        raise TokenDead("user_gone", call="me", status=400, code=190)

    monkeypatch.setattr(threads.Client, "renew", dead)
    assert attempt_for_real(connection) == "cannot_refresh"
    assert flags(connection) >= {"cannot_be_refreshed"}
    monkeypatch.setattr(threads.Client, "me", dead)
    assert attempt_for_real(connection) == "died"
    assert status_of(connection) == ("inactive", "ended_by_meta")
    assert owed("reconnect_needed") == ["anna@mail.example"]


def test_its_permissions_are_its_own(connection, threads, monkeypatch):
    def missing(*args: Any, **details: Any) -> Any:
        raise PermissionMissing(call="me", status=400, code=10)

    monkeypatch.setattr(threads.Client, "me", missing)
    assert attempt_for_real(connection, "check") == "permission_missing"
    assert "permission_missing" in flags(connection)
