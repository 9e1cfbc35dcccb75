"""An account that the workspace knows already: revived, renewed, or left alone because nothing better was pasted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Event, User
from accounts.services.delete_workspace import delete_workspace
from notifications.models import OutboxMessage
from tests.factories import make_connection, make_member, make_meta_app, make_tenant
from tests.tokens.helpers import credential_of, events_of, row, spoil
from tests.tokens.pasting.paster import Paster
from tokens import paste_wording as words
from tokens.models import Connection, Credential, Link
from tokens.services import bring_in, links, paste_token
from tokens.services.disconnect import disconnect
from tokens.services.examine_token import Examiner
from tokens.services.link_account import Account

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def known(paster: Paster, **details: Any) -> Connection:
    """@creator, connected half-way through its sixty days."""
    paster.token("creator")
    token = paster.emulator.state.issue_token("creator", age_days=30)
    return make_connection(**{"tenant": paster.tenant, "token": token, **details})


@pytest.mark.parametrize("in_need", [False, True])
def test_the_same_token_once_more_changes_nothing(in_need: bool, paster: Paster) -> None:
    token = paster.token()
    connection, _ = paster.kept(token)
    Credential.objects.update(cannot_refresh_since=timezone.now() if in_need else None)
    before = row(connection)
    again, text = paster.kept(token)
    assert again == connection
    assert "@creator holds this very token already. Nothing was changed." in text
    assert row(connection) == before
    assert events_of(connection) == ["pasted"]


def test_a_token_that_works_and_has_its_dates_is_not_given_away_for_one_of_unknown_age(paster: Paster) -> None:
    connection = known(paster)
    before = row(connection)
    _, text = paster.kept(paster.token(), contact_email="new@creator.example")
    assert "is connected already, and its token works" in text
    assert "The pasted one is not needed and was not stored." in text
    assert row(connection) == before
    assert events_of(connection) == []


def test_one_that_instagram_has_just_made_takes_its_place(paster: Paster, alice: User) -> None:
    connection = known(paster, credential={"version": 7})
    _, text = paster.kept(paster.token(kind="short"), contact_email="new@creator.example")
    assert "@creator has the new token." in text
    assert credential_of(connection).version == 8
    assert paster.stored() == paster.emulator.state.tokens_of("creator")[-1].access_token
    assert Connection.objects.get().contact_email == "new@creator.example"
    assert events_of(connection) == ["pasted"]
    assert Event.objects.get(subject_id=connection.pk).text.startswith("@creator was given a new token by hand")


@pytest.mark.parametrize(
    "trouble",
    ["cannot_refresh_since", "permission_missing_since", "refused_since", "permissions", "expires_at", "checked_at"],
)
def test_a_connection_in_need_gives_way_to_the_pasted_one(trouble: str, paster: Paster) -> None:
    now = timezone.now()
    details: dict[str, Any] = {"credential": {trouble: now}}
    if trouble == "permissions":
        details = {"permissions": []}
    elif trouble == "expires_at":
        details = {"expires_at": now + 3 * DAY}
    elif trouble == "checked_at":
        details = {"issued_at": now - 30 * DAY, "credential": {"checked_at": now - 5 * DAY}}
    connection = known(paster, **details)
    token = paster.token()
    paster.kept(token)
    assert paster.stored() == token
    credential = credential_of(connection)
    assert credential.cannot_refresh_since is credential.permission_missing_since is credential.refused_since is None


def test_a_stored_token_that_cannot_be_read_gives_way(paster: Paster) -> None:
    spoil(known(paster))
    token = paster.token()
    paster.kept(token)
    assert paster.stored() == token


def test_an_inactive_one_works_again_and_its_links_and_flags_are_gone(paster: Paster) -> None:
    connection = known(paster, status="inactive", reason="password_changed", credential={"refresh_failures": 3})
    links.issue(connection, recipients=["creator@mail.example"])
    token = paster.token()
    _, text = paster.kept(token)
    connection.refresh_from_db()
    assert (connection.status, connection.reason) == ("active", "")
    assert "@creator works again." in text
    assert paster.stored() == token
    assert credential_of(connection).refresh_failures == 0
    assert not Link.objects.open().exists()
    assert events_of(connection) == ["pasted"]
    assert not OutboxMessage.objects.exists()


def test_the_very_token_that_ended_may_have_come_back(paster: Paster) -> None:
    token = paster.token()
    connection, _ = paster.kept(token)
    Connection.objects.update(status="inactive", reason="unknown")
    paster.kept(token)
    connection.refresh_from_db()
    assert connection.status == "active"


def test_one_that_a_member_disconnected_is_brought_back_on_purpose(paster: Paster, alice: User) -> None:
    connection = known(paster)
    disconnect(connection, by=alice)
    token = paster.token()
    paster.kept(token)
    connection.refresh_from_db()
    assert connection.status == "active"
    assert paster.stored() == token
    assert events_of(connection) == ["disconnected", "pasted"]
    assert Event.objects.latest("pk").text == "@creator works again, by a pasted token."


def test_whoever_disconnects_it_while_instagram_is_asked_has_the_last_word(
    paster: Paster, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = known(paster)
    examine = Examiner.examine

    def meanwhile(examiner: Examiner, token: Any) -> Account | str:
        found = examine(examiner, token)
        disconnect(connection, by=alice)
        return found

    monkeypatch.setattr(Examiner, "examine", meanwhile)
    assert paster.paste(paster.token()).status_code == 302
    assert words.REFUSALS[words.ENDED_MEANWHILE].title in paster.browser.get(paster.path).content.decode()
    connection.refresh_from_db()
    assert connection.status == "disconnected"
    assert credential_of(connection).token is None


def test_a_late_answer_about_the_former_token_cannot_overwrite_it(paster: Paster) -> None:
    connection = known(paster, status="inactive", credential={"version": 3, "fence": 5})
    paster.kept(paster.token())
    credential = credential_of(connection)
    assert (credential.version, credential.fence) == (4, 6)


def test_a_new_handle_is_followed(paster: Paster) -> None:
    connection = known(paster, status="inactive", handle="former")
    paster.kept(paster.token())
    connection.refresh_from_db()
    assert connection.handle == "creator"
    assert events_of(connection) == ["renamed", "pasted"]


def test_the_contact_address_stays_where_none_is_written(paster: Paster) -> None:
    connection = known(paster, status="inactive", contact_email="kept@creator.example")
    paster.kept(paster.token())
    connection.refresh_from_db()
    assert connection.contact_email == "kept@creator.example"


def test_another_workspace_s_connection_of_the_same_account_is_left_alone(paster: Paster) -> None:
    theirs = known(paster, tenant=make_tenant(), status="inactive")
    before = row(theirs)
    connection, _ = paster.kept(paster.token())
    assert connection.pk != theirs.pk
    assert row(theirs) == before


def test_through_another_app_it_is_a_connection_of_its_own(paster: Paster) -> None:
    former = known(paster, meta_app=make_meta_app(app_id="99"))
    connection, _ = paster.kept(paster.token())
    assert connection.pk != former.pk
    assert Connection.objects.filter(handle="creator").count() == 2


def test_a_connection_belongs_to_whoever_pasted_last(paster: Paster, alice: User) -> None:
    connection = known(paster, status="inactive", connected_by=make_member(paster.tenant))
    paster.kept(paster.token())
    connection.refresh_from_db()
    assert connection.connected_by == alice


def test_two_who_paste_the_same_new_account_at_once_make_one_connection(
    paster: Paster, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, misses = bring_in.known, iter([None])
    token = paster.token(kind="short")
    first, _ = paster.kept(token)
    # As if the first one had not been there yet when the second one looked.
    monkeypatch.setattr(paste_token, "known", lambda *values: next(misses, find(*values)))
    second, _ = paster.kept(token)
    assert second == first
    assert events_of(first) == ["pasted", "pasted"]


def test_a_workspace_that_is_deleted_meanwhile_gets_no_key(
    paster: Paster, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = Examiner.examine

    def meanwhile(examiner: Examiner, token: Any) -> Account | str:
        found = examine(examiner, token)
        delete_workspace(paster.tenant, by=alice)
        return found

    monkeypatch.setattr(Examiner, "examine", meanwhile)
    assert paster.paste(paster.token()).status_code == 302
    assert not Connection.objects.exists()
