"""The choice among several accounts belongs to whoever consented, names nothing else, and is good once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role
from tests.factories import make_member
from tests.markup import Page
from tests.tokens.flavours.facebook import FEW, SINGLE, FacebookPeople
from tests.tokens.helpers import credential_of
from tests.tokens.journeys import sign_in
from tokens.models import ConnectAttempt, Connection, Flavour, Link
from tokens.services import links
from tokens.services.clear_up import clear_up

pytestmark = pytest.mark.django_db


def handles() -> list[str]:
    return sorted(Connection.objects.values_list("handle", flat=True))


def test_what_was_not_offered_cannot_be_chosen(people: FacebookPeople) -> None:
    people.emulator.state.add_person("stranger")
    page = people.choosing(FEW)
    people.choose(page, "stranger", "cafe.luna")
    assert handles() == []
    people.choose(page, "stranger", "hana.paints")
    assert handles() == ["hana.paints"]


def test_a_choice_is_made_once(people: FacebookPeople) -> None:
    page = people.choosing(FEW)
    people.choose(page, "hana.paints")
    people.choose(page, "flora.bakes")
    assert handles() == ["hana.paints"]


@pytest.mark.parametrize("cleared", [False, True])
def test_after_an_hour_it_is_too_late(cleared: bool, people: FacebookPeople) -> None:
    page = people.choosing(FEW)
    ConnectAttempt.objects.update(pending_until=timezone.now() - dt.timedelta(seconds=1))
    if cleared:
        clear_up(timezone.now())
    where = ConnectAttempt.objects.get().pk
    assert "The time ran out" in Page(people.browser.get(f"/connect/outcome/{where}/").content.decode()).text
    people.choose(page, "hana.paints")
    assert handles() == []
    attempt = ConnectAttempt.objects.get()
    assert (attempt.pending_secret, attempt.pending_facts) == (None, {})


def test_it_is_nobody_elses(people: FacebookPeople) -> None:
    page = people.choosing(FEW)
    action = page.form_of("Finish connecting").action
    other = sign_in(make_member(people.tenant, Role.OWNER))
    assert other.post(action, {"account": people.ids("hana.paints")}).status_code == 404
    assert other.get(action.removesuffix("finish/")).status_code == 404
    assert handles() == []


def test_who_lost_the_right_meanwhile_connects_nothing(people: FacebookPeople) -> None:
    page = people.choosing(FEW)
    Membership.objects.update(role=Role.VIEWER)
    assert people.choose(page, "hana.paints").status_code == 400
    assert handles() == []


def test_the_page_holds_no_secret_and_names_the_pages(people: FacebookPeople) -> None:
    page = people.choosing(FEW)
    for words in ("@hana.paints", "Facebook Page Hana Paints", "Brandt & Partners", "Linked accounts → Instagram"):
        assert words in page.text
    form = page.form_of("Finish connecting")
    assert form.types["account"] == "checkbox"
    assert "account" not in form.fields, "nothing is ticked for anybody"
    assert [each for each in people.emulator.state.secrets() if each in page.html] == []


def test_one_account_beside_a_page_without_one_is_ticked_already(people: FacebookPeople) -> None:
    people.emulator.state.facebook.add_page("Luna & Sons", people.cast[SINGLE].id)
    page = people.choosing(SINGLE)
    assert page.form_of("Finish connecting").fields["account"] == people.ids("cafe.luna")[0]
    assert "Luna & Sons" in page.text


# by a link


@pytest.fixture
def invitation(people: FacebookPeople, alice: Any) -> Link:
    link = links.issue_connect(people.tenant, email="lena@brandt.example", handle="", invited_by=alice)
    Link.objects.update(flavour=Flavour.FACEBOOK_LOGIN)
    return link


def test_by_a_link_one_account_is_chosen_and_the_link_is_used_up(people: FacebookPeople, invitation: Link) -> None:
    people.browser = Client()
    page = people.choosing(FEW, f"/link/{links.token_of(invitation)}/")
    assert page.form_of("Finish connecting").types["account"] == "radio"
    response = people.choose(page, "hana.paints", "flora.bakes")
    assert "This link is for one account." in people.result(response)[1].text
    assert handles() == []
    _, told = people.result(people.choose(page, "flora.bakes"))
    assert "@flora.bakes is connected" in told.text
    assert Connection.objects.get().contact_email == "lena@brandt.example"
    invitation.refresh_from_db()
    assert invitation.used_at is not None


def test_a_link_for_one_account_asks_for_no_choice(people: FacebookPeople, invitation: Link) -> None:
    Link.objects.update(expected_handle="flora.bakes")
    people.browser = Client()
    people.consent(FEW, f"/link/{links.token_of(invitation)}/")
    assert handles() == ["flora.bakes"]


def test_a_link_withdrawn_while_somebody_chooses_connects_nothing(people: FacebookPeople, invitation: Link) -> None:
    people.browser = Client()
    page = people.choosing(FEW, f"/link/{links.token_of(invitation)}/")
    Link.objects.update(withdrawn_at=timezone.now())
    assert people.choose(page, "flora.bakes").status_code == 400
    assert handles() == []


def test_who_comes_by_a_link_may_finish_in_another_browser(people: FacebookPeople, invitation: Link) -> None:
    came_back = people.allow(people.leave(f"/link/{links.token_of(invitation)}/", Client()), FEW)
    people.browser = Client()
    _, page = people.result(people.browser.get(came_back))
    assert "You came back from Facebook in another browser" in page.text
    _, page = people.result(people.browser.post(page.form_of("Finish connecting").action))
    people.choose(page, "hana.paints")
    assert handles() == ["hana.paints"]


# connecting again


def test_connecting_again_renews_and_keeps_what_is_ours(people: FacebookPeople) -> None:
    connection = people.connect(SINGLE)
    before = credential_of(connection)
    Connection.objects.update(contact_email="tom@luna.example")
    assert people.connect(SINGLE) == connection
    after = credential_of(connection)
    assert Connection.objects.get().contact_email == "tom@luna.example"
    assert after.version > before.version
    assert before.renewal is not None
    assert after.renewal is not None
    assert after.renewal.reveal() != before.renewal.reveal()


def test_one_of_several_that_was_disconnected_meanwhile_is_told_apart(people: FacebookPeople) -> None:
    people.connect_several("hana.paints", "flora.bakes")
    page = people.choosing(FEW)
    ended = Connection.objects.get(handle="flora.bakes")
    people.browser.post(people.page_of(ended, "disconnect/"), {"confirm": "yes"})
    people.choose(page, "hana.paints", "flora.bakes")
    told = Page(people.browser.get(f"/w/{people.tenant.slug}/").content.decode()).text
    assert "Not connected, since somebody disconnected it meanwhile: @flora.bakes" in told
    ended.refresh_from_db()
    assert ended.status == "disconnected"
