"""Two callbacks in the same moment."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import Event
from tests.factories import credential_of
from tests.races import together
from tests.tokens.journeys import follow, sign_in, token_of
from tokens.models import ConnectAttempt, Connection
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_once(emulator):
    """Runs calls whose `/me` questions are answered in the same moment."""

    def at_once(*calls):
        emulator.state.add_fault("hang", path="/me", times=len(calls))

        def release():
            assert emulator.state.gate.wait_for_waiting(len(calls), 15)
            emulator.state.release()

        return together(*calls, meanwhile=release)

    return at_once


def test_two_tabs_that_connect_the_same_new_account_make_one_connection(go, at_once, signed_in, emulator):
    ways = [go(), go()]
    # The test browser is not for two threads: each tab gets one with the same cookies.
    tabs = [type(signed_in)() for _ in ways]
    for tab in tabs:
        tab.cookies = signed_in.cookies.copy()
    statuses = at_once(
        *(lambda tab=tab, way=way: tab.get(way).status_code for tab, way in zip(tabs, ways, strict=True))
    )
    assert statuses == [302, 302]
    connection = Connection.objects.get()
    credential = credential_of(connection)
    assert credential.version == 2
    assert token_of(connection) in {token.access_token for token in emulator.state.tokens_of("creator")}
    kinds = sorted(Event.objects.filter(subject_id=connection.pk).values_list("kind", flat=True))
    assert kinds == ["connected", "renewed"]
    assert set(ConnectAttempt.objects.values_list("outcome", flat=True)) <= {"connected", "renewed"}


def test_one_callback_asked_for_twice_at_once_counts_once(go, signed_in, emulator):
    way = go()
    tabs = [type(signed_in)() for _ in range(3)]
    for tab in tabs:
        tab.cookies = signed_in.cookies.copy()
    statuses = together(*(lambda tab=tab: tab.get(way).status_code for tab in tabs))
    assert sorted(statuses) == [302, 400, 400]
    assert len(emulator.state.requests("/oauth/access_token")) == 1
    assert Connection.objects.get().status == "active"


def test_disconnecting_while_a_reconnect_is_under_way_leaves_one_of_the_two_states_whole(
    connect, emulator, alice, tenant, go, signed_in
):
    connection = connect("creator")
    way = go()
    other = sign_in(alice)
    path = f"/w/{tenant.slug}/connections/{connection.pk}/disconnect/"
    together(lambda: signed_in.get(way).status_code, lambda: other.post(path, {"confirm": "yes"}).status_code)
    connection.refresh_from_db()
    credential = credential_of(connection)
    alive = connection.status == "active"
    assert (credential.token is not None, credential.due_at is not None) == (alive, alive)


def test_a_disconnect_while_meta_is_asked_has_the_last_word(go, signed_in, emulator, alice):
    signed_in.get(go())
    connection = Connection.objects.get()
    way = go()
    emulator.state.add_fault("hang", path="/me", times=1)

    def disconnected_meanwhile():
        assert emulator.state.gate.wait_for_waiting(1, 15)
        assert disconnect(connection, by=alice)
        emulator.state.release()

    [back] = together(lambda: signed_in.get(way), meanwhile=disconnected_meanwhile)
    connection.refresh_from_db()
    assert connection.status == "disconnected"
    assert credential_of(connection).token is None
    assert "It was disconnected meanwhile" in signed_in.get(back["Location"]).content.decode()


def test_connecting_again_after_a_disconnect_is_somebodys_own_wish(go, signed_in, alice):
    signed_in.get(go())
    assert disconnect(Connection.objects.get(), by=alice)
    signed_in.get(go())
    assert Connection.objects.get().status == "active"


def test_a_disconnect_that_a_wrong_clock_put_into_the_future_keeps_nobody_out(go, signed_in, emulator, alice, travel):
    now = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
    travel(now + dt.timedelta(hours=1))
    follow(signed_in, go())
    disconnect(Connection.objects.get(), by=alice)
    travel(now)
    follow(signed_in, go())
    assert Connection.objects.get().status == "active"
