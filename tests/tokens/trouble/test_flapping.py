"""A connection that dies and revives again and again is flagged, and the flag goes by itself."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import Membership
from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta, dead
from tests.tokens.helpers import attempt, status_of
from tests.tokens.trouble.seeing import flags, flags_by_query
from tokens.flags import FLAPPING
from tokens.meta import Profile, Secret
from tokens.models import ConnectAttempt, Connection
from tokens.services.link_account import Account, link_account

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
KILLED = FakeMeta(on_refresh=dead("password_changed", call="refresh"), on_me=dead("password_changed"))


@pytest.fixture(autouse=True)
def night(travel):
    travel(NOW)


@pytest.fixture
def connection(night):
    return make_connection(issued_at=NOW - 49 * DAY, due_at=NOW)


def die(connection: Connection) -> None:
    assert attempt(connection, KILLED, "check") == "died"


def revive(connection: Connection, now: dt.datetime) -> None:
    way = ConnectAttempt(
        tenant=connection.tenant,
        meta_app=connection.meta_app,
        connection=connection,
        created_at=now,
        expires_at=now + DAY,
    )
    profile = Profile(connection.instagram_id, None, connection.handle, None, None, None)
    account = Account(profile=profile, token=Secret("IGAAanother"), issued_at=now, expires_at=now + 60 * DAY)
    link_account(way, account)
    assert status_of(connection) == ("active", "")


def test_three_ends_within_thirty_days_are_flapping(connection, travel):
    for days in (0, 10, 20):
        travel(NOW + days * DAY)
        die(connection)
        revive(connection, NOW + days * DAY)
    assert "flapping" in flags(connection)
    assert flags(connection) == flags_by_query(connection)

    travel(NOW + 30 * DAY)
    assert "flapping" not in flags(connection), "the first of the three is thirty days ago"
    assert "flapping" not in flags_by_query(connection)


@pytest.mark.parametrize("days", [(0, 10), (0, 10, 40), (0, 31, 62, 93)])
def test_fewer_or_rarer_ends_are_not(connection, travel, days):
    for day in days:
        travel(NOW + day * DAY)
        die(connection)
        revive(connection, NOW + day * DAY)
    assert "flapping" not in flags(connection)
    assert "flapping" not in flags_by_query(connection)


def test_the_last_three_ends_are_remembered(connection, travel):
    ends = [NOW + days * DAY for days in (0, 5, 9, 12)]
    for at in ends:
        travel(at)
        die(connection)
        revive(connection, at)
    row = Connection.objects.get(pk=connection.pk)
    assert (row.third_last_end_at, row.second_last_end_at, row.last_end_at) == tuple(ends[1:])


def test_the_page_says_so_while_it_is_active_and_while_it_is_not(connection, travel, client):
    for days in (0, 10, 20):
        travel(NOW + days * DAY)
        die(connection)
        if days < 20:
            revive(connection, NOW + days * DAY)
    owner = Membership.objects.get(tenant=connection.tenant).user
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = f"/w/{connection.tenant.slug}/connections/{connection.pk}/"
    assert status_of(connection)[0] == "inactive"
    assert FLAPPING.sentence in client.get(address).content.decode()
    revive(connection, NOW + 20 * DAY)
    assert client.get(address).content.decode().count(FLAPPING.sentence) == 1
