"""`import_tokens`: what becomes of a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Event
from accounts.services.delete_workspace import delete_workspace
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_meta_app, make_tenant, make_user
from tests.rows import all_rows
from tests.tokens.commands.csv_files import Importer
from tests.tokens.commands.shell import run
from tokens.due_dates import refresh_due_at
from tokens.importing import verifiers_of
from tokens.meta import Secret
from tokens.models import Connection, Credential, MetaApp
from tokens.services.disconnect import disconnect
from tokens.services.import_tokens import import_lines
from tokens.services.read_import import Line

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
Travel = Callable[[dt.datetime], Any]


def iso(instant: dt.datetime) -> str:
    return instant.isoformat()


def test_every_column_is_taken(importer: Importer) -> None:
    issued_at = timezone.now().replace(microsecond=0) - 20 * DAY
    expires_at = issued_at + 60 * DAY
    token = importer.token("anna", age_days=20)
    lines = [
        "token,flavour,issued_at,expires_at,contact_email",
        f"{token},instagram_login,{iso(issued_at)},{iso(expires_at)},Anna@Example.com",
    ]
    assert importer.counts(lines) == (1, 0, 0)
    connection = importer.connection("anna")
    person = importer.emulator.state.persons["anna"]
    assert connection.instagram_id == person.user_id
    assert (connection.status, connection.contact_email) == ("active", "anna@example.com")
    assert connection.meta_app == MetaApp.objects.get(tenant=None, flavour="instagram_login")
    credential = connection.credential
    assert credential.tenant == importer.tenant
    assert importer.stored("anna") == token
    assert (credential.issued_at, credential.expires_at) == (issued_at, expires_at)
    assert credential.due_at == refresh_due_at(obtained_at=issued_at, issued_at=issued_at, expires_at=expires_at)
    assert credential.due_at is not None
    assert issued_at + 49 * DAY <= credential.due_at < issued_at + 50 * DAY
    event = Event.objects.get(subject_id=connection.pk)
    assert (event.kind, event.tenant) == ("imported", importer.tenant)


def test_nobody_is_mailed(importer: Importer) -> None:
    importer.counts(["token,contact_email", f"{importer.token('anna')},anna@example.com"])
    assert not OutboxMessage.objects.exists()


def test_an_unknown_issue_means_a_first_refresh_after_25_hours(importer: Importer, travel: Travel) -> None:
    now = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)
    travel(now)
    importer.counts(["token", importer.token("anna")])
    credential = Credential.objects.get()
    assert (credential.issued_at, credential.obtained_at) == (None, now)
    assert credential.due_at == now + 25 * HOUR


@pytest.mark.django_db(transaction=True)
def test_the_first_refresh_of_such_a_token_works_and_brings_its_dates(importer: Importer, travel: Travel) -> None:
    now = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)
    travel(now)
    importer.counts(["token", importer.token("anna")])
    travel(now + 25 * HOUR)
    assert run("refresh_tokens", "--json").json["due"] == 1


def test_a_given_issue_means_the_worked_example_of_the_contract(importer: Importer, travel: Travel) -> None:
    travel(dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
    importer.counts(["token,issued_at", f"{importer.token('anna')},2026-03-01T01:00:00Z"])
    assert Credential.objects.get().due_at == dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "written", ["2026-03-01T01:00:00Z", "2026-03-01T01:00", "2026-03-01 01:00", "2026-03-01T03:00:00+02:00"]
)
def test_instants_may_be_written_in_several_ways(written: str, importer: Importer, travel: Travel) -> None:
    travel(dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
    importer.counts(["token,issued_at", f"{importer.token('anna')},{written}"])
    assert Credential.objects.get().issued_at == dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("flavour", "threads", "flavour"),
        ("flavour", "nonsense", "flavour"),
        ("issued_at", "yesterday", "issued_at"),
        ("issued_at", "01.03.2026", "issued_at"),
        ("issued_at", "1772326800", "issued_at"),
        ("issued_at", "0001-01-01T00:00:00+23:59", "issued_at"),
        ("issued_at", "2999-01-01", "issued_at"),
        ("expires_at", "soon", "expires_at"),
        ("expires_at", "2020-01-01T00:00:00Z", "expired"),
        ("contact_email", "nobody", "contact_email"),
    ],
)
def test_a_wrong_value_refuses_the_line_before_anybody_is_asked(
    column: str, value: str, word: str, importer: Importer
) -> None:
    refused = importer.refused([f"token,{column}", f"{importer.token('anna')},{value}"])
    assert word in refused[2]
    assert importer.emulator.state.requests() == []
    assert not Connection.objects.exists()


def test_an_expiry_before_the_issue_refuses_the_line(importer: Importer) -> None:
    now = timezone.now()
    token = importer.token("anna")
    refused = importer.refused(["token,issued_at,expires_at", f"{token},{iso(now - DAY)},{iso(now - 2 * DAY)}"])
    assert list(refused) == [2]


def dead(importer: Importer) -> str:
    token = importer.token("anna")
    importer.emulator.state.change_password("anna")
    return token


def expired(importer: Importer) -> str:
    token = importer.token("anna")
    importer.emulator.state.expire("anna")
    return token


def personal(importer: Importer) -> str:
    importer.emulator.state.add_person("anna", account_type="Personal")
    return importer.token("anna")


def without_permission(importer: Importer) -> str:
    token = importer.token("anna")
    importer.emulator.state.set_permissions("anna", [])
    return token


@pytest.mark.parametrize(
    ("make_token", "word"),
    [
        (dead, "password"),
        (expired, "does not accept"),
        (personal, "personal"),
        (without_permission, "permission"),
        (lambda importer: "garbage", "does not accept"),
        (lambda importer: "EAAGm0PX4ZCpsBA0123456789abcdefghijklmnop", "does not accept"),
        (lambda importer: "IGAA0123456789abcdefghijklmnopqrstuvwxyz", "does not accept"),
    ],
)
def test_a_token_that_does_not_work_is_refused_with_the_reason(
    make_token: Callable[[Importer], str], word: str, importer: Importer
) -> None:
    token = make_token(importer)
    refused = importer.refused(["token", token])
    assert list(refused) == [2]
    assert word in refused[2].lower() or word in refused[2]
    assert token not in refused[2]
    assert refused[2].endswith((".", "?"))
    assert not Connection.objects.exists()


@pytest.mark.parametrize("fault", ["http_500", "http_503", "reset", "rate_4", "html_502", "html_200"])
def test_while_instagram_is_down_lines_are_refused_with_the_advice_to_run_again(fault: str, importer: Importer) -> None:
    lines = ["token", importer.token("anna"), importer.token("bert")]
    importer.emulator.state.add_fault(fault, path="/me", username="bert")
    refused = importer.refused(lines)
    assert list(refused) == [3]
    assert "again" in refused[3]
    importer.emulator.state.clear_faults()
    assert importer.counts(lines) == (1, 1, 0)


def test_a_second_time_everything_is_unchanged(importer: Importer) -> None:
    lines = ["token,contact_email", f"{importer.token('anna')},a@b.example", f"{importer.token('bert')},"]
    importer.counts(lines)
    before = all_rows()
    assert importer.counts(lines) == (0, 2, 0)
    assert all_rows() == before


@pytest.mark.django_db(transaction=True)
def test_a_second_time_after_a_refresh_the_newer_token_stays(importer: Importer) -> None:
    lines = ["token", importer.token("anna", age_days=2)]
    importer.emulator.state.configure(old_string="lives")
    importer.counts(lines)
    Credential.objects.update(due_at=timezone.now())
    assert run("refresh_tokens", "--json").json["refreshed"] == 1
    newest = importer.stored("anna")
    assert importer.counts(lines) == (0, 1, 0)
    assert importer.stored("anna") == newest


@pytest.mark.parametrize("header", ["token", "token,issued_at"])
def test_what_a_member_disconnected_is_not_brought_back_by_an_old_file(header: str, importer: Importer) -> None:
    issued = iso(timezone.now() - DAY) if "issued_at" in header else ""
    lines = [header, f"{importer.token('anna', age_days=1)}" + (f",{issued}" if issued else "")]
    importer.counts(lines)
    disconnect(importer.connection("anna"), by=make_user())
    assert importer.counts(lines) == (0, 1, 0)
    connection = importer.connection("anna")
    assert (connection.status, connection.credential.token) == ("disconnected", None)


def test_a_token_issued_after_the_stored_one_replaces_it(importer: Importer) -> None:
    old, new = importer.token("anna", age_days=10), importer.token("anna", age_days=1)
    now = timezone.now()
    importer.counts(["token,issued_at", f"{old},{iso(now - 10 * DAY)}"])
    pk, version = importer.connection("anna").pk, Credential.objects.get().version
    assert importer.counts(["token,issued_at", f"{new},{iso(now - DAY)}"]) == (1, 0, 0)
    assert importer.stored("anna") == new
    assert importer.connection("anna").pk == pk
    assert Credential.objects.get().version > version
    assert importer.counts(["token,issued_at", f"{old},{iso(now - 10 * DAY)}"]) == (0, 1, 0)
    assert importer.stored("anna") == new


def test_a_working_token_revives_an_inactive_connection(importer: Importer) -> None:
    token = importer.token("anna")
    person = importer.emulator.state.persons["anna"]
    connection = make_connection(tenant=importer.tenant, status="inactive", handle="anna", instagram_id=person.user_id)
    assert importer.counts(["token", token]) == (1, 0, 0)
    connection.refresh_from_db()
    assert (connection.status, connection.reason) == ("active", "")
    assert connection.credential.due_at is not None
    assert importer.stored("anna") == token


def test_the_same_account_of_another_tenant_is_another_connection(importer: Importer) -> None:
    token = importer.token("anna")
    other = make_connection(
        tenant=make_tenant("Other"), instagram_id=importer.emulator.state.persons["anna"].user_id, handle="anna"
    )
    assert importer.counts(["token", token]) == (1, 0, 0)
    assert importer.connection("anna").pk != other.pk
    other.refresh_from_db()
    assert other.credential.token is not None
    assert other.credential.token.reveal() != token


def test_two_lines_with_the_same_account_make_one_connection(importer: Importer) -> None:
    first, second = importer.token("anna"), importer.token("anna")
    assert importer.counts(["token", first, second, first]) == (1, 2, 0)
    assert Connection.objects.count() == 1
    assert importer.stored("anna") == first


def test_a_contact_address_stays_where_the_file_names_none(importer: Importer) -> None:
    old, new = importer.token("anna", age_days=10), importer.token("anna")
    now = timezone.now()
    importer.counts(["token,issued_at,contact_email", f"{old},{iso(now - 10 * DAY)},anna@example.com"])
    importer.counts(["token,issued_at", f"{new},{iso(now)}"])
    assert importer.connection("anna").contact_email == "anna@example.com"


def test_a_dry_run_verifies_and_writes_nothing(importer: Importer) -> None:
    lines = ["token", importer.token("anna"), "garbage"]
    before = all_rows()
    assert importer.counts(lines, "--dry-run") == (1, 0, 1)
    assert all_rows() == before
    assert len(importer.emulator.state.requests("/me")) == 2
    assert "1 would be imported" in importer(lines, "--dry-run").stdout


def test_without_a_meta_app_it_is_a_wrong_call(importer: Importer, settings: Any) -> None:
    settings.INSTAGRAM_APP_ID = settings.INSTAGRAM_APP_SECRET = ""
    ran = importer(["token", importer.token("anna")])
    assert ran.code == 2
    assert "INSTAGRAM_APP_ID" in ran.stderr


def test_three_hundred_lines_keep_their_order_and_their_accounts(importer: Importer) -> None:
    tokens = importer.emulator.state.issue_tokens(300, "many")
    lines = ["token", *(token.access_token for token in tokens)]
    lines[100], lines[200] = "garbage", ""
    ran = importer(lines, "--json")
    assert (ran.code, ran.json["imported"], ran.json["refused"]) == (0, 298, 1)
    assert [line["line"] for line in ran.json["refused_lines"]] == [101]
    for number in (0, 98, 100, 198, 200, 299):
        assert importer.stored(f"many{number}") == tokens[number].access_token
    assert Connection.objects.count() == 298


def test_nothing_is_imported_into_a_deleted_workspace(importer: Importer) -> None:
    delete_workspace(importer.tenant, by=make_user())
    assert import_lines_of(importer) == ["The workspace was deleted meanwhile."]
    assert not Connection.objects.exists()


def import_lines_of(importer: Importer) -> list[str]:
    """What the service says of a line, for a workspace that was there when the import began."""
    with verifiers_of({"instagram_login": make_meta_app()}) as verifiers:
        lines = [Line(2, Secret(importer.token("anna")))]
        return [result.why for result in import_lines(lines, tenant=importer.tenant, verifiers=verifiers)]
