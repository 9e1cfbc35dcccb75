"""Reconnecting finds the account that is meant among all that somebody shares, or says which ones it found."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.markup import Page
from tests.tokens.flavours.facebook import FEW, SINGLE, FacebookPeople
from tests.tokens.helpers import ago, credential_of
from tokens.models import ConnectAttempt, Connection, Credential, Link
from tokens.services import links
from tokens.services.ends import ended

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead(people: FacebookPeople) -> Connection:
    """@flora.bakes, which ended since Lena changed her password; her other account was never connected."""
    [connection] = people.connect_several("flora.bakes")
    people.emulator.state.facebook.change_password(people.cast[FEW].id)
    Connection.objects.update(**ended("password_changed", timezone.now()))
    connection.refresh_from_db()
    return connection


def path_of(connection: Connection) -> str:
    link = links.issue(connection, recipients=["lena@brandt.example"])
    return f"/link/{links.token_of(link)}/"


def test_the_account_is_found_among_several_without_a_choice(people: FacebookPeople, dead: Connection) -> None:
    address = people.leave(people.page_of(dead, "reconnect/"))
    assert "auth_type=rerequest" in address
    people.browser.get(people.allow(address, FEW))
    assert [(each.handle, each.status) for each in Connection.objects.all()] == [("flora.bakes", "active")]


def test_with_another_account_both_are_named_and_nothing_changes(people: FacebookPeople, dead: Connection) -> None:
    before = credential_of(dead).version
    _, page = people.result(people.consent(SINGLE, people.page_of(dead, "reconnect/")))
    assert "We expected @flora.bakes , but what you shared at Facebook opens @cafe.luna ." in page.text
    assert "Switch account" in page.button_words
    assert credential_of(dead).version == before
    assert Connection.objects.get().status == "inactive"


def test_the_page_alone_not_shared_is_the_wrong_account_too(people: FacebookPeople, dead: Connection) -> None:
    hana = [each for each in people.cast[FEW].roles if people.emulator.state.facebook.pages[each].name == "Hana Paints"]
    _, page = people.result(people.consent(FEW, people.page_of(dead, "reconnect/"), pages=hana))
    assert "opens @hana.paints" in page.text
    assert "tick @flora.bakes and its Page" in page.text


def test_by_the_mailed_link_somebody_without_a_login_does_it(people: FacebookPeople, dead: Connection) -> None:
    people.browser, path = Client(), path_of(dead)
    page = Page(people.browser.get(path).content.decode())
    for words in (
        "The Facebook password was changed", "log in as somebody who manages the Page “Flora Bakes”",
        "Facebook brings you back", "we never see your password",
    ):  # fmt: skip
        assert words in page.text
    assert "log in at Instagram" not in page.text
    page.form_of("Reconnect Instagram")
    _, told = people.result(people.consent(FEW, path))
    assert "@flora.bakes works again" in told.text
    assert people.browser.get(path).status_code == 410


def test_by_the_link_another_browser_may_finish(people: FacebookPeople, dead: Connection) -> None:
    came_back = people.allow(people.leave(path_of(dead), Client()), FEW)
    people.browser = Client()
    _, page = people.result(people.browser.get(came_back))
    assert "finish reconnecting @flora.bakes" in page.text
    people.browser.post(page.form_of("Finish connecting").action)
    assert Connection.objects.get().status == "active"


def test_a_disconnected_one_is_connected_again(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    people.browser.post(people.page_of(connection, "disconnect/"), {"confirm": "yes"})
    assert people.connect(SINGLE) == connection
    assert credential_of(connection).token is not None


def test_consenting_again_moves_the_date_by_which_a_person_must(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    Credential.objects.update(expires_at=ago(days=-5), renew_by=ago(days=-5))
    assert "A person must renew it by" in people.shown(connection)
    people.consent(SINGLE, people.page_of(connection, "reconnect/"))
    assert credential_of(connection).renew_by > ago(days=-89)
    assert not Link.objects.open().exists()
    assert ConnectAttempt.objects.filter(outcome="renewed").exists()


def test_the_mail_speaks_of_facebook(people: FacebookPeople, dead: Connection, mailoutbox: Any) -> None:
    Connection.objects.update(contact_email="lena@brandt.example")
    people.browser.post(people.page_of(dead, "link/"))
    call_command("deliver_notifications")
    [mail] = mailoutbox
    assert "log in at Facebook as somebody who manages the Page" in mail.body
    assert "we never see your Facebook password" in mail.body
    assert "Instagram as" not in mail.body
