"""`export_tenant`: a workspace as JSON lines, in the contract's forms, never with a token."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from accounts import events
from accounts.models import Tenant
from tests.emulator.server import EmulatorServer
from tests.factories import credential_of, make_connection, make_connections, make_tenant
from tests.flows.processes import start
from tests.tokens.commands.shell import run
from tokens.fields import Sealed
from tokens.models import Connection, Credential

pytestmark = pytest.mark.django_db

FIELDS = {
    "type",
    "id",
    "flavour",
    "handle",
    "instagram_id",
    "status",
    "reason",
    "permissions",
    "issued_at",
    "expires_at",
    "due_at",
    "contact_email",
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("Café & Söhne")


def exported(tenant: Tenant) -> list[dict[str, Any]]:
    ran = run("export_tenant", tenant.slug)
    assert ran.code == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_the_tenant_comes_first_then_connections_then_events(tenant: Tenant) -> None:
    connections = make_connections(3, tenant=tenant)
    events.record(tenant=tenant, kind="imported", text="Imported.", subject_id=connections[0].pk)
    rows = exported(tenant)
    assert [row["type"] for row in rows] == ["tenant", *["connection"] * 3, *["event"] * 2]
    assert rows[0]["name"] == "Café & Söhne"
    assert rows[0]["slug"] == tenant.slug
    assert rows[-1]["connection"] == str(connections[0].pk)


def test_a_connection_has_the_fields_of_the_contract_and_no_others(tenant: Tenant) -> None:
    issued_at = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)
    connection = make_connection(
        tenant=tenant,
        handle="anna",
        instagram_id="17841400000000001",
        issued_at=issued_at,
        expires_at=issued_at + dt.timedelta(days=60),
        contact_email="anna@example.com",
    )
    row = exported(tenant)[1]
    assert row == {
        "type": "connection",
        "id": str(connection.pk),
        "flavour": "instagram_login",
        "handle": "anna",
        "instagram_id": "17841400000000001",
        "status": "active",
        "reason": None,
        "permissions": ["instagram_business_basic"],
        "issued_at": "2026-03-01T01:00:00Z",
        "expires_at": "2026-04-30T01:00:00Z",
        "due_at": "2026-04-19T02:00:00Z",
        "contact_email": "anna@example.com",
    }
    assert set(row) == FIELDS


def test_what_is_unknown_is_null(tenant: Tenant) -> None:
    make_connection(tenant=tenant, issued_at=None, expires_at=None, permissions=None, status="inactive")
    row = exported(tenant)[1]
    for name in ("issued_at", "expires_at", "due_at", "permissions", "contact_email"):
        assert row[name] is None
    assert (row["status"], row["reason"]) == ("inactive", "password_changed")


def test_instants_end_in_z_and_ids_are_text(tenant: Tenant) -> None:
    make_connection(tenant=tenant, issued_at=dt.datetime(2026, 3, 1, 1, 2, 3, 456, tzinfo=dt.UTC))
    for row in exported(tenant):
        for name, value in row.items():
            if value is not None and (name.endswith("_at") or name == "at"):
                assert INSTANT.fullmatch(value), name
            if name in {"id", "instagram_id", "connection"}:
                assert value is None or isinstance(value, str)


def test_a_disconnected_connection_is_exported_too(tenant: Tenant) -> None:
    make_connection(tenant=tenant, status="disconnected")
    assert exported(tenant)[1]["status"] == "disconnected"


def test_an_undecryptable_row_is_exported_like_any_other(tenant: Tenant) -> None:
    broken, sound = make_connection(tenant=tenant), make_connection(tenant=tenant)
    Credential.objects.filter(pk=broken.pk).update(token=Sealed(b"gAAAAAnonsense"))
    assert [row["id"] for row in exported(tenant)[1:3]] == [str(broken.pk), str(sound.pk)]


def test_rows_of_another_tenant_are_never_exported(tenant: Tenant) -> None:
    make_connection(tenant=make_tenant("Other"), handle="c4n4ry")
    ran = run("export_tenant", tenant.slug)
    assert "c4n4ry" not in ran.stdout
    assert "Other" not in ran.stdout


def test_no_secret_is_exported_in_any_form(tenant: Tenant) -> None:
    connection = make_connection(tenant=tenant)
    token = credential_of(connection).token
    assert token is not None
    ran = run("export_tenant", tenant.slug)
    for secret in (token.reveal(), token.ciphertext.decode(), "token"):
        assert secret not in ran.stdout + ran.stderr


def test_more_rows_than_one_batch_are_exported_once_each(tenant: Tenant) -> None:
    first = make_connection(tenant=tenant)
    others = [
        Connection(tenant=tenant, meta_app=first.meta_app, instagram_id=f"9{number:05d}") for number in range(600)
    ]
    Connection.objects.bulk_create(others)
    Credential.objects.bulk_create(
        [Credential(connection=each, tenant=tenant, obtained_at=each.created_at) for each in others]
    )
    ids = [row["id"] for row in exported(tenant) if row["type"] == "connection"]
    assert len(ids) == len(set(ids)) == 601


def test_an_unknown_slug_is_a_wrong_call(tenant: Tenant) -> None:
    ran = run("export_tenant", "nobody")
    assert (ran.code, ran.stdout) == (2, "")
    assert "nobody" in ran.stderr


def test_with_json_the_last_line_counts_what_was_exported(tenant: Tenant) -> None:
    make_connection(tenant=tenant)
    assert run("export_tenant", tenant.slug, "--json").json == {"connections": 1, "events": 1}


def test_a_file_holds_the_same_lines_and_is_its_owners_alone(tenant: Tenant, tmp_path: Path) -> None:
    make_connection(tenant=tenant)
    target = tmp_path / "export.jsonl"
    ran = run("export_tenant", tenant.slug, "--output", str(target))
    assert (ran.code, ran.stdout) == (0, "")
    assert "1 connections" in ran.stderr
    assert [json.loads(line) for line in target.read_text("utf-8").splitlines()] == exported(tenant)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["export.jsonl"]


def test_a_file_that_was_there_is_replaced_as_a_whole(tenant: Tenant, tmp_path: Path) -> None:
    target = tmp_path / "export.jsonl"
    target.write_text("old\n" * 1000)
    target.chmod(0o644)
    run("export_tenant", tenant.slug, "--output", str(target))
    assert "old" not in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_an_export_that_breaks_off_leaves_the_old_file_and_no_half_one(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_connections(2, tenant=tenant)
    target = tmp_path / "export.jsonl"
    target.write_text("old\n")

    def breaks(connection: Connection) -> dict[str, Any]:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("tokens.services.export_tenant._connection", breaks)
    with pytest.raises(RuntimeError):
        run("export_tenant", tenant.slug, "--output", str(target))
    assert os.listdir(tmp_path) == ["export.jsonl"]
    assert target.read_text() == "old\n"


def test_a_link_is_followed_and_stays_one(tenant: Tenant, tmp_path: Path) -> None:
    target, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    target.write_text("old\n")
    link.symlink_to(target)
    run("export_tenant", tenant.slug, "--output", str(link))
    assert link.is_symlink()
    assert "old" not in target.read_text()


@pytest.mark.parametrize("place", ["missing/export.jsonl", "", "a-file/export.jsonl"])
def test_a_path_that_can_not_be_written_is_a_wrong_call(place: str, tenant: Tenant, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    ran = run("export_tenant", tenant.slug, "--output", str(tmp_path / place))
    assert (ran.code, ran.stdout) == (2, "")
    assert len(ran.stderr.strip().splitlines()) == 1
    assert os.listdir(tmp_path) == ["a-file"]


def test_a_device_is_never_replaced_by_a_file(tenant: Tenant) -> None:
    assert run("export_tenant", tenant.slug, "--output", os.devnull).code == 2
    assert not Path(os.devnull).is_file()


@pytest.mark.django_db(transaction=True)
def test_a_process_writes_the_export_alone_to_standard_output(emulator: EmulatorServer) -> None:
    tenant = make_tenant("Alone")
    make_connection(tenant=tenant)
    process = start(emulator.url, "export_tenant", tenant.slug)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["tenant", "connection", "event"]
    assert "1 connections and 1 events exported." in errors

    process = start(emulator.url, "export_tenant", "nobody")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert "Traceback" not in errors
