"""Facebook names the person, who may have brought several accounts: all of them are concerned, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection, make_meta_app, make_tenant
from tests.tokens.callbacks.signing import ask_deletion, deauthorize
from tests.tokens.flavours.facebook import FEW, SINGLE, FacebookPeople
from tests.tokens.helpers import credential_of, owed, status_of
from tokens.models import ConnectAttempt, Connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def lenas(people: FacebookPeople) -> list[Connection]:
    return people.connect_several("hana.paints", "flora.bakes")


@pytest.fixture
def others(people: FacebookPeople, lenas: list[Connection]) -> list[Connection]:
    """Tom's account, and one of Instagram Login that bears Lena's id by chance."""
    by_chance = make_connection(tenant=people.tenant, exchange_user_id=people.scoped_id(FEW))
    return [people.connect(SINGLE), by_chance]


@pytest.fixture
def elsewhere(people: FacebookPeople, lenas: list[Connection]) -> Connection:
    """What Lena connected to another workspace."""
    row = Connection.objects.select_related("meta_app").get(pk=lenas[0].pk)
    return make_connection(
        tenant=make_tenant(),
        meta_app=row.meta_app,
        instagram_id=row.instagram_id,
        exchange_user_id=row.exchange_user_id,
        handle=row.handle,
    )


def secret() -> str:
    return str(settings.FACEBOOK_APP_SECRET)


def test_who_removes_the_app_ends_all_that_they_connected_and_nothing_else(
    people: FacebookPeople, lenas: list[Connection], others: list[Connection], elsewhere: Connection
) -> None:
    assert deauthorize(people.scoped_id(FEW), secret()).status_code == 200
    for each in (*lenas, elsewhere):
        assert status_of(each) == ("inactive", "app_removed")
        credential = credential_of(each)
        assert (credential.token, credential.renewal) == (None, None)
    assert [status_of(each) for each in others] == [("active", "")] * 2
    assert "The app was removed in Facebook's settings." in people.shown(lenas[0])
    assert len(owed("reconnect_needed")) == 3


def test_who_wants_to_be_forgotten_is_erased_with_all_that_they_connected(
    people: FacebookPeople, lenas: list[Connection], others: list[Connection], elsewhere: Connection
) -> None:
    answer = ask_deletion(people.scoped_id(FEW), secret()).json()
    assert set(answer) == {"url", "confirmation_code"}
    assert set(Connection.objects.all()) == set(others)
    told = Event.objects.filter(tenant=people.tenant, kind="erased").values_list("actor", "text")
    assert list(told) == [("Meta", "An account was erased: its owner asked Facebook for it.")] * 2


@pytest.mark.parametrize("signed_by", ["INSTAGRAM_APP_SECRET", "nobody"])
def test_another_apps_secret_reaches_none_of_them(
    signed_by: str, people: FacebookPeople, lenas: list[Connection]
) -> None:
    deauthorize(people.scoped_id(FEW), getattr(settings, signed_by, "no secret of ours"))
    assert {status_of(each) for each in lenas} == {("active", "")}


def test_their_id_at_facebook_that_no_app_is_told_names_nobody(people: FacebookPeople, lenas: list[Connection]) -> None:
    deauthorize(people.cast[FEW].id, secret())
    assert {status_of(each) for each in lenas} == {("active", "")}


def test_an_app_of_the_same_number_at_instagram_is_another_app(people: FacebookPeople, lenas: list[Connection]) -> None:
    alike = make_connection(
        tenant=people.tenant,
        meta_app=make_meta_app(app_id=settings.FACEBOOK_APP_ID),
        exchange_user_id=people.scoped_id(FEW),
    )
    deauthorize(people.scoped_id(FEW), secret())
    assert status_of(alike) == ("active", "")


def test_choices_that_wait_and_name_an_erased_account_are_erased_too(
    people: FacebookPeople, lenas: list[Connection]
) -> None:
    """Tom looks after one of Lena's Pages as well, and is about to choose."""
    people.emulator.state.facebook.give_role(people.cast[SINGLE].id, lenas[0].page_id)
    people.connect_several("cafe.luna", person=SINGLE)
    people.choosing(SINGLE)
    waiting = ConnectAttempt.objects.get(outcome="choose")
    assert "hana.paints" in str(waiting.pending_facts["choices"])
    ask_deletion(people.scoped_id(FEW), secret())
    assert not ConnectAttempt.objects.filter(pk=waiting.pk).exists()
    assert [each.handle for each in Connection.objects.all()] == ["cafe.luna"]


def test_a_choice_of_whoever_was_never_connected_is_erased_by_their_id(people: FacebookPeople) -> None:
    people.choosing(FEW)
    ask_deletion(people.scoped_id(SINGLE), secret())
    assert ConnectAttempt.objects.count() == 1
    ask_deletion(people.scoped_id(FEW), secret(), issued_at=int(timezone.now().timestamp()) - 60)
    assert ConnectAttempt.objects.count() == 1, "allowed again since"
    ask_deletion(people.scoped_id(FEW), secret())
    assert not ConnectAttempt.objects.exists()


def test_over_the_wire_facebook_is_understood(
    people: FacebookPeople, lenas: list[Connection], live_server: Any
) -> None:
    """By the emulator's own signature."""
    app = people.emulator.state.facebook.apps[settings.FACEBOOK_APP_ID]
    people.emulator.state.facebook.add_app(
        app.id, app.secret, app.name, deauthorize_url=f"{live_server.url}/meta/deauthorize/"
    )
    callback = people.emulator.state.facebook.deauthorize(people.cast[FEW].id)
    assert [each.status for each in callback.receptions] == [200]
    assert {status_of(each) for each in lenas} == {("inactive", "app_removed")}
