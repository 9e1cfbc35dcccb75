"""A disconnect tells Meta as well, where Meta has a way and nobody else's connection ends with it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from tests.emulator.wire import FACEBOOK_GRAPH
from tests.factories import make_connection, make_meta_app, make_tenant
from tests.markup import Page
from tests.tokens.flavours.facebook import FEW, SINGLE, FacebookPeople
from tests.tokens.helpers import credential_of, events_of, status_of
from tokens.meta import FacebookClient
from tokens.models import ConnectAttempt, Connection
from tokens.services.ends import ended

pytestmark = pytest.mark.django_db

TOLD = "Meta has taken the access back as well."
SHARED = "At Facebook the app stays allowed: other accounts are connected by the same person, or may be."
FAILED = "Meta did not answer when we gave the access back."


def disconnect(people: FacebookPeople, connection: Connection, **fields: str) -> str:
    """The words on the page afterwards."""
    response = people.browser.post(people.page_of(connection, "disconnect/"), {"confirm": "yes", **fields})
    assert response.status_code == 302
    credential = credential_of(connection)
    assert (status_of(connection)[0], credential.token, credential.renewal) == ("disconnected", None, None)
    return people.shown(connection)


def withdrawn(people: FacebookPeople) -> int:
    return len([path for method, path in people.asked("/permissions") if method == "DELETE"])


def test_the_only_account_of_a_person_takes_the_permissions_along(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    assert TOLD in disconnect(people, connection)
    assert withdrawn(people) == 1
    assert people.cast[SINGLE].grants == {}
    assert events_of(connection)[-2:] == ["disconnected", "revoked"]


def test_with_another_account_of_the_same_person_nothing_is_said_before_the_last(people: FacebookPeople) -> None:
    hana, flora = people.connect_several("hana.paints", "flora.bakes")
    assert SHARED in disconnect(people, hana)
    assert withdrawn(people) == 0
    assert people.emulator.state.facebook.tokens[credential_of(flora).token.reveal()].cause is None
    assert TOLD in disconnect(people, flora)
    assert withdrawn(people) == 1


def test_another_workspace_counts_too(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    make_connection(tenant=make_tenant(), meta_app=connection.meta_app, exchange_user_id=connection.exchange_user_id)
    assert SHARED in disconnect(people, connection)
    assert withdrawn(people) == 0


def test_a_person_whom_meta_did_not_name_is_asked_who_it_is(people: FacebookPeople) -> None:
    people.emulator.state.configure(inspection_missing=["user_id"])
    connection = people.connect(SINGLE)
    assert connection.exchange_user_id == people.scoped_id(SINGLE)
    assert TOLD in disconnect(people, connection)


def test_one_of_nobody_knows_whom_may_be_of_the_same_person(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    make_connection(tenant=make_tenant(), meta_app=connection.meta_app, exchange_user_id="")
    assert SHARED in disconnect(people, connection)
    assert withdrawn(people) == 0


def test_the_same_app_that_another_workspace_entered_as_its_own_counts_too(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    other = make_tenant()
    app = make_meta_app(tenant=other, flavour="facebook_login", app_id=connection.meta_app.app_id)
    make_connection(tenant=other, meta_app=app, exchange_user_id=connection.exchange_user_id)
    assert SHARED in disconnect(people, connection)


def test_a_choice_that_the_person_has_yet_to_make_counts_while_it_waits(people: FacebookPeople) -> None:
    [hana] = people.connect_several("hana.paints")
    page = people.choosing(FEW)
    assert SHARED in disconnect(people, hana)
    people.choose(page, "flora.bakes")
    flora = Connection.objects.get(handle="flora.bakes")
    assert status_of(flora) == ("active", "")
    people.choosing(FEW)
    ConnectAttempt.objects.update(pending_until=timezone.now())
    assert TOLD in disconnect(people, flora)


def test_other_people_do_not_count(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    people.connect_several("hana.paints", person=FEW)
    assert TOLD in disconnect(people, connection)


@pytest.mark.parametrize("fault", ["http_500", "reset", "rate_4", "bad_json", "permission_10"])
def test_a_meta_that_does_not_answer_changes_nothing_here(fault: str, people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    people.emulator.state.add_fault(fault, path=FACEBOOK_GRAPH)
    assert FAILED in disconnect(people, connection)
    assert "revoked" not in events_of(connection)


def test_what_ended_at_meta_before_is_not_called_a_failure(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    people.emulator.state.facebook.change_password(people.cast[SINGLE].id)
    Connection.objects.update(**ended("password_changed", timezone.now()))
    text = disconnect(people, connection)
    assert FAILED not in text
    assert TOLD not in text


def test_it_is_told_after_the_key_is_gone_and_outside_of_any_transaction(
    people: FacebookPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = people.connect(SINGLE)
    depth = len(database.savepoint_ids)
    seen: list[Any] = []

    def delete(client: FacebookClient, user_id: str, token: Any) -> None:
        seen.append((user_id, status_of(connection)[0], credential_of(connection).token, len(database.savepoint_ids)))

    monkeypatch.setattr(FacebookClient, "delete_permissions", delete)
    disconnect(people, connection)
    assert seen == [(people.scoped_id(SINGLE), "disconnected", None, depth)]


def test_the_page_that_asks_says_so_before(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    page = Page(people.browser.post(people.page_of(connection, "disconnect/")).content.decode())
    assert "We also tell Facebook to take the app's permissions back, unless other accounts" in page.text
    assert "somebody has to log in at Facebook anew" in page.text
    assert "revoke" not in page.form_of("Disconnect").types
    assert withdrawn(people) == 0


def test_disconnecting_twice_tells_meta_once(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    disconnect(people, connection)
    disconnect(people, connection)
    assert withdrawn(people) == 1


def test_instagram_is_told_nothing(people: FacebookPeople) -> None:
    people.emulator.state.add_person("creator")
    connection = make_connection(tenant=people.tenant, token=people.emulator.state.issue_token("creator"))
    text = disconnect(people, connection, revoke="yes")
    assert people.emulator.state.requests() == []
    assert TOLD not in text
