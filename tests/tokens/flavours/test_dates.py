"""Due dates of flavours that end otherwise than Instagram's: as renewals, settings and crowded nights leave them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.factories import make_connection
from tests.tokens.helpers import attempt, credential_of, events_of
from tokens import due_dates
from tokens.flavours.interface import Fresh
from tokens.meta import Secret
from tokens.models import Connection, Credential
from tokens.selectors import detail_of
from tokens.services.smooth_calendar import smooth_calendar
from tokens.services.sync_schedules import sync_schedules

pytestmark = pytest.mark.django_db

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
NOW = dt.datetime(2026, 3, 1, 1, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 3, 20, 2, tzinfo=dt.UTC)
NEVER: dict[str, Any] = {"flavour": "system_user"}
RUN_OUT: dict[str, Any] = {
    "flavour": "facebook_login",
    "issued_at": NOW - 61 * DAY,
    "credential": {"renewable": False},
}
NOT_PROLONGED: dict[str, Any] = {
    "flavour": "facebook_login",
    "issued_at": NOW - 50 * DAY,
    "due_at": NOW + DAY,
    "credential": {"renew_by": NOW + 10 * DAY, "renewal_expires_at": NOW + 10 * DAY},
}


@pytest.fixture(autouse=True)
def then(travel):
    travel(NOW)


@pytest.mark.parametrize(
    ("renewal_days", "data_days", "due"),
    [
        (60, 90, "2026-04-19 02:00"),  # by rule 1, of the token that renews
        (60, None, "2026-04-19 02:00"),
        (None, 90, "2026-04-19 02:00"),
        (60, 20, "2026-03-21 01:00"),  # nothing is renewed beyond the end of what is used
    ],
)
def test_what_renews_decides_and_the_end_of_what_is_used_is_noticed_on_time(renewal_days, data_days, due):
    def after(days: int | None) -> dt.datetime | None:
        return None if days is None else NOW + days * DAY

    found = due_dates.due_at(
        renewable=True,
        obtained_at=NOW,
        issued_at=NOW,
        expires_at=after(data_days),
        renewal_expires_at=after(renewal_days),
    )
    assert found == dt.datetime.fromisoformat(due).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize("details", [NEVER, RUN_OUT, NOT_PROLONGED], ids=["never", "run out", "not prolonged"])
def test_a_change_of_settings_moves_none_that_the_rule_does_not_date(details, settings):
    connection = make_connection(**details)
    before = credential_of(connection).due_at
    settings.REFRESH_AGE_DAYS = 7
    assert sync_schedules()["dates_changed"] == 0
    assert credential_of(connection).due_at == before


def test_it_moves_what_facebook_prolongs_and_a_system_users_token_of_sixty_days(settings):
    for flavour in ("facebook_login", "system_user"):
        make_connection(flavour=flavour, issued_at=NOW)
    settings.REFRESH_AGE_DAYS = 7
    assert sync_schedules()["dates_changed"] == 2
    week = dt.datetime(2026, 3, 7, 2, tzinfo=dt.UTC)
    assert set(Credential.objects.values_list("due_at", flat=True)) == {week}


def test_a_crowded_night_moves_none_that_only_waits_for_its_end_or_is_asked_for_daily(settings):
    settings.NIGHT_LIMIT = 1
    waiting = make_connection(**{**RUN_OUT, "due_at": NIGHT})
    daily = make_connection(**{**NOT_PROLONGED, "due_at": NIGHT})
    others = [
        make_connection(flavour=each, issued_at=NOW - 20 * DAY, due_at=NIGHT)
        for each in ("facebook_login", "instagram_login")
    ]
    smooth_calendar(NOW)
    assert credential_of(waiting).due_at == credential_of(daily).due_at == NIGHT
    assert {credential_of(each).due_at for each in others} <= {NIGHT - DAY, NIGHT - 2 * DAY, NIGHT - 3 * DAY}


class Prolonging:
    """A keeper that renews the person's token until a given instant."""

    def __init__(self, end: dt.datetime | None) -> None:
        self.end = end

    def client_for(self, app: Any) -> Any:
        return self

    def refresh(self, keys: Any) -> Fresh:
        return Fresh(Secret("EAApage"), 3600, renewal=Secret("EAAperson"), renewal_expires_at=self.end)


@pytest.fixture
def connection(then) -> Connection:
    return make_connection(flavour="facebook_login", issued_at=NOW - 49 * DAY, due_at=NOW)


def refreshed(connection: Connection, end: dt.datetime | None) -> str:
    return attempt(connection, Prolonging(end))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("end", "word", "renew_by"),
    [
        (NOW + 60 * DAY, "refreshed", NOW + 41 * DAY),  # the end of data access
        (NOW + 11 * DAY, "not_prolonged", NOW + 11 * DAY),
        (NOW + 11 * DAY + HOUR, "not_prolonged", NOW + 11 * DAY),  # as it was: no news
        (None, "not_prolonged", NOW + 11 * DAY),  # no date told is none to rely on
    ],
)
def test_only_a_later_date_prolongs(end, word, renew_by, connection):
    assert refreshed(connection, end) == word
    row = credential_of(connection)
    assert (row.renew_by, row.renewal.reveal(), row.token.reveal()) == (renew_by, "EAAperson", "EAApage")
    assert (row.due_at == NOW + DAY) == (word == "not_prolonged")


def test_what_lives_longer_is_not_given_away_for_what_meta_cuts_short(connection):
    before = credential_of(connection)
    assert refreshed(connection, NOW + HOUR) == "not_prolonged"
    row = credential_of(connection)
    assert row.renewal_expires_at == before.renewal_expires_at
    assert (row.token.ciphertext, row.renewal.ciphertext) == (before.token.ciphertext, before.renewal.ciphertext)
    assert (row.version, row.due_at) == (before.version, NOW + DAY)


def test_where_no_end_is_known_no_page_shows_a_day_that_has_passed(then):
    connection = make_connection(
        flavour="facebook_login", issued_at=NOW - 61 * DAY, expires_at=None, credential={"renew_by": NOW - DAY}
    )
    assert refreshed(connection, None) == "unrenewable"
    shown = detail_of(Connection.objects.with_dates().get(pk=connection.pk), NOW)
    assert [flag.sentence for flag in shown.row.flags] == ["A person must renew it: reconnect before it ends."]
    assert (shown.confirm_by, shown.row.days_left, shown.credential.never_expires) == (None, None, False)
    assert shown.row.next_step == "We can't renew it: somebody must reconnect it before it ends."


def test_history_tells_once_that_it_is_not_prolonged(connection):
    for _ in range(3):
        assert refreshed(connection, NOW + 11 * DAY) == "not_prolonged"
    assert events_of(connection) == ["not_prolonged"]


def test_what_nobody_was_asked_about_takes_no_flag_away(then):
    missing = {"permission_missing_since": NOW - DAY, "check_failures": 1, "last_failure": "permission_missing"}
    connection = make_connection(flavour="system_user", credential=missing)
    assert refreshed(connection, None) == "unrenewable"
    row = credential_of(connection)
    assert (row.permission_missing_since, row.check_failures) == (NOW - DAY, 1)
