"""Handles and names change at Instagram: the connection follows, with a line of history."""

from __future__ import annotations

import pytest

from accounts.models import Event
from tests.factories import make_connection
from tests.tokens.fake_meta import FakeMeta
from tests.tokens.helpers import attempt
from tokens.meta import Profile
from tokens.models import Connection
from tokens.services import attempt as attempting

pytestmark = pytest.mark.django_db


def told(handle: str | None, name: str | None) -> FakeMeta:
    return FakeMeta(on_me=Profile("17841400000000001", None, handle, name, None, None))


def history(connection: Connection) -> list[str]:
    return list(Event.objects.filter(subject_id=connection.pk, kind="renamed").values_list("text", flat=True))


@pytest.fixture
def connection():
    return make_connection(handle="anna", name="Anna")


CASES = [
    ("anna", "Anna", []),
    (None, None, []),
    ("anna.b", "Anna", ["@anna is now called @anna.b."]),
    ("anna.b", None, ["@anna is now called @anna.b."]),
    ("anna", "Anna B.", ["@anna goes by the name “Anna B.” now."]),
    ("anna.b", "Anna B.", ["@anna is now called @anna.b. Its name is “Anna B.” now."]),
]


@pytest.mark.parametrize(("handle", "name", "lines"), CASES)
def test_a_check_takes_what_is_another(connection, handle, name, lines):
    assert attempt(connection, told(handle, name), "check") == "alive"
    row = Connection.objects.get(pk=connection.pk)
    assert (row.handle, row.name) == (handle or "anna", name or "Anna")
    assert history(connection) == lines


def test_a_name_that_nobody_had_told_before_is_no_change():
    connection = make_connection(handle="anna", name="")
    attempt(connection, told("anna", "Anna"), "check")
    assert Connection.objects.get(pk=connection.pk).name == "Anna"
    assert history(connection) == []


def test_names_beyond_all_measure_are_cut(connection):
    attempt(connection, told("a" * 300, "b" * 500), "check")
    row = Connection.objects.get(pk=connection.pk)
    assert (len(row.handle), len(row.name)) == (100, 200)


def test_the_daily_check_asks_for_little_and_a_person_for_more(connection, emulator):
    emulator.state.add_person("anna", name="Anna B.")
    asked = make_connection(token=emulator.state.issue_token("anna"), name="Anna")
    client: dict[bool, int] = {}

    class Asked(FakeMeta):
        def me(self, token, *, detailed: bool = False):
            client[detailed] = client.get(detailed, 0) + 1
            return super().me(token, detailed=detailed)

    meta = Asked(on_me=Profile("17841400000000001", None, "anna", "Anna B.", None, None))
    attempt(asked, meta, "check")
    assert client == {False: 1}
    attempting.now(asked.pk, "check", meta.client_for)
    assert client == {False: 1, True: 1}


def test_connecting_again_takes_the_new_name_too(connect):
    connection = connect("creator")
    Connection.objects.filter(pk=connection.pk).update(name="Somebody Else")
    connect("creator")
    assert history(connection) == ["@creator goes by the name “Creator” now."]
