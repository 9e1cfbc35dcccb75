"""At reconnect, `/me` answers with anything: the connection stays as it ended, what Meta gave is kept, it ends well."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.flows.faults import Case
from tests.matrix.expected import CAUSES, NON_DEATHS, at_reconnect
from tests.matrix.ground import answer_of, connections_by_cause, mails, met_by, seen
from tests.matrix.scripted import ScriptedWire, client_of, deadly, well
from tokens.flavours.instagram_login import InstagramLogin
from tokens.meta import Secret
from tokens.models import Brake, ConnectAttempt, Connection
from tokens.services import connect as connecting
from tokens.services.connect import finish_pending, finish_with_code

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]

NOW = dt.datetime(2026, 4, 19, 2, tzinfo=dt.UTC)
CODE = Secret("AQBcode")
non_deaths = pytest.mark.parametrize("other", NON_DEATHS, ids=[case.name for case in NON_DEATHS])


@pytest.fixture(autouse=True)
def night(travel, monkeypatch):
    travel(NOW)
    monkeypatch.setattr(connecting, "EXCHANGE_PAUSE", 0)


@pytest.fixture
def fleet(tenant, alice, night):
    """One that ended, for each cause."""
    found = connections_by_cause(tenant, NOW, connected_by=alice)
    for cause, connection in found.items():
        Connection.objects.filter(pk=connection.pk).update(status="inactive", reason=CAUSES[cause])
        connection.refresh_from_db()
    return found


def way_back(connection: Connection, user) -> ConnectAttempt:
    """Somebody who comes back from Instagram to revive it."""
    return ConnectAttempt.objects.create(
        tenant=connection.tenant,
        meta_app=connection.meta_app,
        connection=connection,
        user=user,
        state_hash=f"state of {connection.pk}",
        session_hash="session",
        created_at=NOW - dt.timedelta(minutes=1),
        expires_at=NOW + dt.timedelta(minutes=9),
        used_at=NOW,
    )


def meta(connection: Connection, *me):
    exchange = well("code_exchange", user_id=connection.instagram_id)
    wire = ScriptedWire(code_exchange=[exchange], long_lived_exchange=[well("long_lived_exchange")], me=list(me))
    return InstagramLogin(client_of(wire))


def alive(connection: Connection):
    return well("me", username=connection.handle, user_id=connection.instagram_id)


@non_deaths
def test_whatever_me_answers_the_connection_stays_as_it_ended_until_it_says_who_it_is(other: Case, fleet, alice):
    outcome = at_reconnect(other)
    fleet = {cause: fleet[cause] for cause in met_by(other)}
    for cause, connection in fleet.items():
        attempt = way_back(connection, alice)
        found = finish_with_code(attempt, meta(connection, answer_of(other, "me", connection)), CODE)
        assert found == outcome, cause
        if outcome == "reconnected":
            assert seen(connection) == (("active", ""), set(), ["reconnected"]), cause
            continue
        assert seen(connection) == (("inactive", CAUSES[cause]), set(), []), cause
        if outcome == "unfinished":
            assert attempt.pending == "long_token"
            assert finish_pending(attempt, meta(connection, alive(connection))) == "reconnected"
        else:
            assert attempt.pending_secret is None
            again = ConnectAttempt.objects.get(pk=attempt.pk)
            assert finish_with_code(again, meta(connection, alive(connection)), CODE) == "reconnected"
        assert seen(connection) == (("active", ""), set(), ["reconnected"]), cause
    owed = mails()
    # Once a day, however many creators meet it. Each has a Meta app of its own here.
    assert owed.pop("", []) == (["connect_misconfigured"] * len(fleet) if outcome == "misconfigured" else [])
    assert owed == {}, "nobody is mailed about what they see on the screen"
    assert not Brake.objects.exists()


@pytest.mark.parametrize("cause", CAUSES)
def test_a_death_at_reconnect_is_believed_when_it_is_told_twice(cause: str, fleet, alice):
    connection = fleet[cause]
    attempt = way_back(connection, alice)
    assert finish_with_code(attempt, meta(connection, deadly(cause)), CODE) == "unfinished"
    assert finish_pending(attempt, meta(connection, deadly(cause))) == "code_rejected"
    assert attempt.pending_secret is None
    assert seen(connection) == (("inactive", CAUSES[cause]), set(), [])
    assert mails() == {}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_single_death_at_reconnect_is_not(cause: str, fleet, alice):
    connection = fleet[cause]
    attempt = way_back(connection, alice)
    assert finish_with_code(attempt, meta(connection, deadly(cause)), CODE) == "unfinished"
    assert finish_pending(attempt, meta(connection, alive(connection))) == "reconnected"
    assert seen(connection) == (("active", ""), set(), ["reconnected"])
