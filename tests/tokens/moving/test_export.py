"""The export in the browser: the same lines as the command's, streamed, never a token."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Tenant
from tests.factories import credential_of, make_connection, make_connections
from tests.markup import Page
from tests.tokens.commands.shell import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tenant: Tenant) -> str:
    return f"/w/{tenant.slug}/settings/export/"


def body(response: Any) -> str:
    return str(b"".join(response.streaming_content).decode())


def test_the_page_says_what_the_file_holds_and_has_one_button(signed_in: Client, path: str) -> None:
    page = Page(signed_in.get(path).content.decode())
    assert "Never a key" in page.text
    assert page.form_of("Download").action == path


def test_the_file_is_line_by_line_what_the_command_writes(signed_in: Client, path: str, tenant: Tenant) -> None:
    make_connections(3, tenant=tenant, contact_email="äöü@example.com")
    make_connection(handle="somebody.elses")
    response = signed_in.post(path)
    assert response.status_code == 200
    assert response.streaming
    assert body(response) == run("export_tenant", tenant.slug).stdout


def test_it_is_a_file_named_after_workspace_and_day_that_nobody_keeps(
    signed_in: Client, path: str, tenant: Tenant
) -> None:
    response = signed_in.post(path)
    name = rf'attachment; filename="{tenant.slug}-\d{{4}}-\d\d-\d\d\.jsonl"'
    assert re.fullmatch(name, response["Content-Disposition"])
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Type"].startswith("application/x-ndjson")


def test_no_token_is_in_it(signed_in: Client, path: str, tenant: Tenant) -> None:
    connection = make_connection(tenant=tenant)
    token = credential_of(connection).token
    assert token is not None
    text = body(signed_in.post(path))
    assert connection.handle in text
    assert token.reveal() not in text
    assert token.ciphertext.decode() not in text


def test_nothing_is_read_before_it_is_asked_for_and_never_more_than_a_batch(
    signed_in: Client, path: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_connections(7, tenant=tenant)
    monkeypatch.setattr("tokens.services.export_tenant.BATCH", 2)
    response = signed_in.post(path)
    with CaptureQueriesContext(
        database,
    ) as queries:
        lines = response.streaming_content  # type: ignore[attr-defined]
        next(lines)
        assert len(queries) == 0
        assert len(list(lines)) > 7
        assert len(queries) == 2
