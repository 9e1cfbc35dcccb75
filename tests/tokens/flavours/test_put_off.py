"""At Facebook a consent for any account puts off the end of all of that person's: none ends by a date of before."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import make_connection, make_meta_app, make_tenant
from tests.tokens.flavours.facebook import FEW, SINGLE, FacebookPeople
from tests.tokens.helpers import attempt_for_real, credential_of, owed, status_of
from tokens.models import Connection, Credential

pytestmark = pytest.mark.django_db

DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


@pytest.fixture
def siblings(people: FacebookPeople) -> list[Connection]:
    return people.connect_several("hana.paints", "flora.bakes")


def ends(connection: Connection, at: dt.datetime) -> None:
    """It ends at that instant, as far as is known here."""
    Credential.objects.filter(pk=connection.pk).update(expires_at=at, renew_by=at, due_at=at)


def reconnect(people: FacebookPeople, connection: Connection) -> None:
    people.consent(FEW, people.page_of(connection, "reconnect/"))


@pytest.mark.parametrize("purpose", ["refresh", "check"])
def test_a_consent_for_another_account_saves_it(
    people: FacebookPeople, siblings: list[Connection], purpose: Any
) -> None:
    hana, flora = siblings
    reconnect(people, hana)
    ends(flora, timezone.now())
    assert attempt_for_real(flora, purpose) == "alive"
    assert status_of(flora) == ("active", "")
    left = credential_of(flora)
    assert left.expires_at - timezone.now() > 89 * DAY
    assert left.renew_by == left.expires_at
    assert left.due_at - timezone.now() > DAY
    assert owed() == []


def test_a_person_who_did_not_come_back_ends_it(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    people.emulator.state.facebook.set_consented(people.cast[SINGLE].id, 91)
    ends(connection, timezone.now())
    assert attempt_for_real(connection) == "died"
    assert status_of(connection) == ("inactive", "expired")


@pytest.mark.parametrize("fault", ["http_500", "reset", "rate_4", "bad_json"])
def test_a_meta_that_does_not_answer_ends_nothing(people: FacebookPeople, fault: str) -> None:
    connection = people.connect(SINGLE)
    ends(connection, timezone.now())
    people.emulator.state.add_fault(fault, path="/facebook-graph/debug_token")
    assert attempt_for_real(connection) == "failed"
    assert status_of(connection) == ("active", "")
    assert credential_of(connection).due_at > timezone.now() + 10 * MINUTE


def test_a_meta_that_tells_no_end_this_time_ends_nothing(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    ends(connection, timezone.now())
    people.emulator.state.configure(inspection_missing=["data_access_expires_at"])
    assert attempt_for_real(connection) == "failed"
    assert status_of(connection) == ("active", "")


def test_what_was_refused_before_is_tried_again_soon(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    ends(connection, timezone.now())
    Credential.objects.update(refresh_failures=3, refresh_failing_since=timezone.now() - DAY)
    assert attempt_for_real(connection) == "alive"
    assert 10 * MINUTE < credential_of(connection).due_at - timezone.now() < DAY


def test_after_a_consent_the_same_persons_others_are_asked_at_once(
    people: FacebookPeople, siblings: list[Connection]
) -> None:
    hana, flora = siblings
    other = make_tenant()
    person: dict[str, Any] = {"exchange_user_id": flora.exchange_user_id}
    elsewhere = make_connection(tenant=other, meta_app=flora.meta_app, **person)
    same_app = make_meta_app(tenant=other, flavour="facebook_login", app_id=flora.meta_app.app_id)
    through_their_own = make_connection(tenant=other, meta_app=same_app, **person)
    nobody = make_connection(tenant=other, meta_app=flora.meta_app, exchange_user_id="99")
    gone = make_connection(tenant=other, meta_app=flora.meta_app, status="disconnected", **person)
    reconnect(people, hana)
    now = timezone.now()
    assert all(credential_of(each).check_due_at <= now for each in (flora, elsewhere, through_their_own))
    assert credential_of(hana).check_due_at > now
    assert credential_of(nobody).check_due_at > now
    assert credential_of(gone).check_due_at is None


@pytest.mark.parametrize("first", [90, None])
def test_where_the_persons_key_has_no_date_the_end_still_moves(people: FacebookPeople, first: int | None) -> None:
    configure = people.emulator.state.configure
    configure(facebook_exchange_expires_in=None, inspection_missing=["expires_at"], data_access_days=first)
    connection = people.connect(SINGLE)
    assert credential_of(connection).renewal_expires_at is None
    configure(data_access_days=150, inspection_missing=[])
    assert attempt_for_real(connection, "check") == "alive"
    row = credential_of(connection)
    assert row.renew_by == row.expires_at
    assert row.expires_at - timezone.now() > 149 * DAY
