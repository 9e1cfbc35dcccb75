"""A creator who is invited through Facebook: the form's choice, the mail, the link's page, the way and its end."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Event
from tests.factories import make_connection
from tests.markup import Page
from tests.tokens.flavours.facebook import FEW, FacebookPeople
from tokens.models import Connection, Flavour, Link
from tokens.services.invite_creator import AGAIN, CONNECTED, JUST_SENT, SENT, invite_creator, send_again
from tokens.services.links import use_up

pytestmark = pytest.mark.django_db
LENA = "lena@brandt.example"
FACEBOOK = Flavour.FACEBOOK_LOGIN


@pytest.fixture
def address(people: FacebookPeople) -> str:
    return f"/w/{people.tenant.slug}/creators/invite/"


def fields(browser: Client, address: str) -> list[str]:
    return Page(browser.get(address).content.decode()).form_of("Invite a creator").visible


def invited(people: FacebookPeople, address: str, **fields: str) -> Link:
    people.browser.post(address, {"email": LENA, "flavour": FACEBOOK.value, **fields})
    return Link.objects.get()


def path_in_the_mail() -> str:
    call_command("deliver_notifications")
    message: Any = mail.outbox[0]
    assert "log in at Facebook" in message.body and "Instagram password" not in message.body
    [path] = set(re.findall(r"http://localhost:8000(/link/[\w-]+/)", message.body))
    return str(path)


def test_the_login_is_asked_for_only_where_there_is_a_choice(
    people: FacebookPeople, address: str, settings: Any
) -> None:
    assert fields(people.browser, address) == ["email", "handle", "flavour"]
    settings.FACEBOOK_APP_ID = ""
    assert fields(people.browser, address) == ["email", "handle"]
    assert invited(people, address).flavour == Flavour.INSTAGRAM_LOGIN, "nothing that is not offered is taken"


@pytest.mark.parametrize("flavour", [Flavour.SYSTEM_USER.value, "threads"])
def test_no_other_login_is_taken(flavour: str, people: FacebookPeople, address: str) -> None:
    answer = people.browser.post(address, {"email": LENA, "flavour": flavour})
    assert answer.status_code == 400
    assert not Link.objects.exists()


def test_who_is_invited_goes_to_facebook_and_chooses_one_account(people: FacebookPeople, address: str) -> None:
    link = invited(people, address)
    assert link.flavour == FACEBOOK
    assert Event.objects.get(kind="creator_invited").text == f"{LENA} was invited to connect through Facebook."
    people.browser = Client()
    page = people.choosing(FEW, path_in_the_mail())
    _, told = people.result(people.choose(page, "flora.bakes"))
    assert "@flora.bakes is connected" in told.text
    connection = Connection.objects.get()
    assert (connection.flavour, connection.contact_email) == (FACEBOOK, LENA)
    link.refresh_from_db()
    assert link.used_at


def test_the_links_page_says_who_asks_for_what_and_how_to_end_it(people: FacebookPeople, address: str) -> None:
    invited(people, address, handle="flora.bakes")
    page = Page(Client().get(path_in_the_mail()).content.decode())
    assert "Connect through Facebook" in page.button_words
    for words in ("Connect @flora.bakes", "log in as somebody who manages the Page", "in Facebook's settings"):
        assert words in page.text
    assert "Instagram's settings" not in page.text


def test_the_list_says_through_what_and_sending_again_keeps_it(
    people: FacebookPeople, address: str, travel: Any
) -> None:
    link = invited(people, address)
    listed = Page(people.browser.get(f"/w/{people.tenant.slug}/creators/").content.decode())
    assert "for any account, through Facebook" in listed.text
    assert send_again(link, actor=LENA) == AGAIN
    assert set(Link.objects.values_list("flavour", flat=True)) == {FACEBOOK}
    assert Link.objects.open().count() == 1


def test_an_invitation_through_the_other_login_is_another_one(people: FacebookPeople, alice: Any) -> None:
    def invite(flavour: Flavour) -> str:
        return invite_creator(people.tenant, email=LENA, handle="flora.bakes", by=alice, flavour=flavour)

    make_connection(tenant=people.tenant, handle="flora.bakes")
    assert [invite(Flavour.INSTAGRAM_LOGIN), invite(FACEBOOK), invite(FACEBOOK)] == [CONNECTED, SENT, JUST_SENT]


def test_neither_invitation_takes_the_others_place(people: FacebookPeople, alice: Any) -> None:
    for flavour in (Flavour.INSTAGRAM_LOGIN, FACEBOOK):
        assert invite_creator(people.tenant, email=LENA, handle="", by=alice, flavour=flavour) == SENT
    assert Link.objects.open().count() == 2
    use_up(Link.objects.get(flavour=FACEBOOK), timezone.now())
    assert Link.objects.open().get().flavour == Flavour.INSTAGRAM_LOGIN


def test_a_whole_list_goes_through_it(people: FacebookPeople) -> None:
    where = f"/w/{people.tenant.slug}/creators/invite-many/"
    form = Page(people.browser.get(where).content.decode()).form_of("Invite all on the list")
    people.browser.post(form.action, {"pasted": f"{LENA}\nivo@brandt.example", "flavour": FACEBOOK.value})
    assert set(Link.objects.values_list("contact_email", "flavour")) == {
        (LENA, FACEBOOK), ("ivo@brandt.example", FACEBOOK),
    }  # fmt: skip
