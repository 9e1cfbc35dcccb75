"""Tokens of Facebook's in a file: each line verified by its flavour, told apart, and kept alive from then on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.tokens.commands.csv_files import Importer
from tests.tokens.flavours.facebook import FEW, NONE, SINGLE
from tests.tokens.helpers import credential_of
from tests.tokens.moving.mover import Mover
from tokens.models import Connection, Credential, ImportLine
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
BY_HAND = "Perennial reporting"


@pytest.fixture
def importer(tenant, emulator, cast, tmp_path: Path) -> Importer:
    return Importer(tenant, emulator, tmp_path / "tokens.csv")


@pytest.fixture
def issue(emulator, cast):
    """A token out of thin air, by the name of whom it is given to."""
    world = emulator.state.facebook

    def made(name: str, kind: str = "long", **details: Any) -> str:
        holder = cast[name]
        if name == BY_HAND:
            token = world.generate_token(holder.id, kind, **details)
        elif kind == "page":
            token = world.issue_token(holder.id, kind, page=next(iter(holder.roles)), **details)
        else:
            token = world.issue_token(holder.id, kind, **details)
        return str(token.access_token)

    return made


def sheet(*lines: tuple[str, str]) -> list[str]:
    return ["token,flavour,contact_email", *(f"{token},{flavour},anna@mail.example" for token, flavour in lines)]


@pytest.mark.parametrize("kind", ["long", "short", "page"])
def test_a_token_of_facebook_login_is_imported_with_what_keeps_it_alive(kind, importer, issue):
    token = issue(SINGLE, kind)
    assert importer.counts(sheet((token, "facebook_login"))) == (1, 0, 0)
    connection = Connection.objects.get()
    assert (connection.handle, connection.flavour, connection.page_name) == ("cafe.luna", "facebook_login", "Café Luna")
    assert connection.contact_email == "anna@mail.example"
    row, world = credential_of(connection), importer.emulator.state.facebook
    assert world.tokens[row.token.reveal()].kind == "page"
    assert row.renewable == (kind != "page")
    assert (row.renewal is None) == (kind == "page")
    assert row.due_at is not None


@pytest.mark.parametrize(("kind", "renewable"), [("never", False), ("sixty_days", True)])
def test_a_system_users_token_is_imported_as_what_it_is(kind, renewable, importer, issue):
    assert importer.counts(sheet((issue(BY_HAND, kind), "system_user"))) == (1, 0, 0)
    connection = Connection.objects.get()
    assert (connection.name, connection.flavour, len(connection.assets)) == (BY_HAND, "system_user", 2)
    assert (credential_of(connection).renewable, credential_of(connection).never_expires) == (renewable, not renewable)


@pytest.mark.parametrize("missing", [[], ["issued_at"]], ids=["dated", "undated"])
@pytest.mark.parametrize("kind", ["long", "page"])
def test_the_same_file_twice_changes_nothing_the_second_time(kind, missing, importer, issue, emulator):
    emulator.state.configure(inspection_missing=missing)
    lines = sheet((issue(SINGLE, kind), "facebook_login"), (issue(BY_HAND, "sixty_days"), "system_user"))
    assert importer.counts(lines) == (2, 0, 0)
    before = {each.pk: each.version for each in map(credential_of, Connection.objects.all())}
    assert importer.counts(lines) == (0, 2, 0)
    assert {each.pk: each.version for each in map(credential_of, Connection.objects.all())} == before


@pytest.mark.parametrize("missing", [[], ["issued_at"]], ids=["dated", "undated"])
@pytest.mark.parametrize("kind", ["long", "short", "page"])
def test_no_file_brings_back_what_a_member_ended(kind, missing, importer, issue, emulator, alice):
    emulator.state.configure(inspection_missing=missing)
    lines = sheet((issue(SINGLE, kind), "facebook_login"), (issue(BY_HAND, "sixty_days"), "system_user"))
    assert importer.counts(lines) == (2, 0, 0)
    for connection in Connection.objects.all():
        disconnect(connection, by=alice)
    assert importer.counts(lines) == (0, 2, 0)
    assert set(Connection.objects.values_list("status", flat=True)) == {"disconnected"}


def test_what_can_be_renewed_is_not_given_away_for_a_pages_token(people, importer, issue):
    connection = people.connect(SINGLE)
    Credential.objects.update(issued_at=timezone.now() - 30 * DAY)
    assert importer.counts(sheet((issue(SINGLE, "page"), "facebook_login"))) == (0, 1, 0)
    assert credential_of(connection).renewal is not None
    Credential.objects.update(renewable=False)
    assert importer.counts(sheet((issue(SINGLE, "page"), "facebook_login"))) == (1, 0, 0)


def test_of_unknown_age_it_is_older_than_what_is_there(people, importer, issue, emulator):
    connection = people.connect(SINGLE)
    version = credential_of(connection).version
    old = issue(SINGLE, "long", age_days=45)
    emulator.state.configure(inspection_missing=["issued_at"])
    assert importer.counts(sheet((old, "facebook_login"))) == (0, 1, 0)
    assert credential_of(connection).version == version


def test_the_files_dates_refuse_none_whose_dates_facebook_tells(importer, issue):
    past = "2020-01-01T00:00:00Z"
    lines = [
        "token,flavour,expires_at",
        f"{issue(SINGLE)},facebook_login,{past}",
        f"{issue(BY_HAND, 'never')},system_user,{past}",
        f"{importer.token('anna')},,{past}",
    ]
    assert importer.refused(lines) == {4: "The token has expired (expires_at lies in the past)."}
    assert set(Connection.objects.values_list("handle", "status")) == {("cafe.luna", "active"), ("", "active")}


def test_what_cannot_be_imported_is_refused_line_by_line_with_what_helps(importer, issue, emulator):
    world = emulator.state.facebook
    ended = issue(SINGLE)
    world.kill(world.tokens[ended].holder.id, "password_changed", ended)
    lines = sheet(
        (issue(FEW), "facebook_login"),
        (issue(NONE), "facebook_login"),
        (issue(BY_HAND, "never"), "facebook_login"),
        (issue(SINGLE), "system_user"),
        (importer.token("anna"), "facebook_login"),
        (ended, "facebook_login"),
        (issue(SINGLE), "threads"),
    )
    told = importer.refused(lines)
    assert [*told] == [2, 3, 4, 5, 6, 7, 8]
    assert "several accounts" in told[2] and "Paste a token" in told[2]
    assert told[3] == "This token opens no Instagram account."
    assert told[4] == "That is the token of a system user."
    assert told[5] == "That is no system user's token."
    assert told[6].startswith("Facebook does not accept the token.")
    assert told[7].startswith("Facebook does not accept the token.") and "password" in told[7]
    assert told[8].startswith("There is no such flavour")
    assert not Connection.objects.exists()


def test_a_token_of_another_app_is_told_as_such(importer, issue, emulator):
    emulator.state.facebook.add_app("999", secret="another app's secret")
    token = issue(SINGLE, app_id="999")
    assert importer.refused(sheet((token, "facebook_login"))) == {2: "This token was made through another Meta app."}


def test_a_flavour_whose_app_is_not_set_up_refuses_its_lines_alone(importer, issue, settings):
    lines = sheet(
        (issue(SINGLE), "facebook_login"), (importer.token("anna"), ""), (issue(BY_HAND, "never"), "system_user")
    )
    settings.FACEBOOK_APP_ID = ""
    ran = importer(lines, "--json")
    assert (ran.json["imported"], ran.json["refused"]) == (1, 2)
    assert [each["why"] for each in ran.json["refused_lines"]] == [
        "Facebook Login is not set up on this installation yet.",
        "System user is not set up on this installation yet.",
    ]


def test_facebook_that_does_not_answer_is_asked_again_another_time(importer, issue, emulator):
    emulator.state.add_fault("http_500", path="/facebook-graph/debug_token")
    told = importer.refused(sheet((issue(SINGLE), "facebook_login")))
    assert told == {2: "Facebook did not answer. Run the import again; what is done stays done."}


@pytest.mark.django_db(transaction=True)
def test_an_upload_takes_them_line_by_line_as_well(signed_in, alice, tenant, issue, importer, emulator):
    mover = Mover(tenant, alice, signed_in, emulator)
    lines = sheet(
        (issue(SINGLE), "facebook_login"),
        (issue(BY_HAND, "never"), "system_user"),
        (importer.token("anna"), "instagram_login"),
        (issue(FEW), "facebook_login"),
    )
    job = mover.imported(lines)
    assert [*mover.outcomes(job).values()] == [*["imported"] * 3, "refused"]
    flavours = sorted(each.flavour for each in Connection.objects.select_related("meta_app"))
    assert flavours == ["facebook_login", "instagram_login", "system_user"]
    assert not ImportLine.objects.filter(content__isnull=False).exists()
    assert timezone.now() < credential_of(Connection.objects.get(handle="cafe.luna")).due_at
