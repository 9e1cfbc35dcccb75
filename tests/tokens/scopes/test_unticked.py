"""Whoever leaves something unticked reads what does not work, and can go to Instagram once more: member or creator."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Event
from accounts.services.delete_workspace import delete_workspace
from tests.factories import make_connection
from tests.markup import Page
from tests.tokens.journeys import allow, follow, leave, leave_from
from tests.tokens.own_app.conftest import asked_of
from tests.tokens.scopes.conftest import ASKABLE, BASIC, COMMENTS, PUBLISH
from tokens.flags import missing_permissions
from tokens.models import ConnectAttempt, Connection, Link
from tokens.services import links
from tokens.services.disconnect import disconnect
from tokens.services.send_link import LINKS_AN_HOUR, send_link, used_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_are_needed(need, emulator):
    need(BASIC, PUBLISH, COMMENTS)
    for person in ("carla", "other"):
        emulator.state.add_person(person)


@pytest.fixture
def phone():
    return Client()


@pytest.fixture
def invitation(tenant, alice):
    return links.issue_connect(tenant, email="carla@creator.example", handle="", invited_by=alice)


@pytest.fixture
def unticked(phone, invitation):
    """Carla has connected by her link without comments; the page that she sees."""
    return come_back(phone, leave_from(phone, f"/link/{links.token_of(invitation)}/"), [BASIC, PUBLISH])


def come_back(browser, address, permissions=None, person="carla"):
    response = follow(browser, allow(address, person, permissions))
    assert response.status_code == 200
    return Page(response.content.decode())


def again(page):
    return page.form_of("Reconnect Instagram").action


def test_a_creator_reads_what_was_not_ticked_and_what_does_not_work(unticked):
    assert "@carla is connected" in unticked.text
    assert "you did not tick everything that Alice & Co needs" in unticked.text
    assert "read, answer, hide and delete comments on your posts" in unticked.text
    assert "Comments can't be read or answered." in unticked.text
    assert "publish posts" not in unticked.text
    assert "nothing more to do" not in unticked.text


def test_the_creator_goes_once_more_and_the_flag_is_gone(unticked, phone):
    address = leave_from(phone, again(unticked))
    assert asked_of(address)["scope"].split(",") == [BASIC, PUBLISH, COMMENTS]
    page = come_back(phone, address)
    assert "Thank you. That is all." in page.text
    assert "Reconnect Instagram" not in page.button_words
    connection = Connection.objects.get()
    assert missing_permissions(connection) == []
    kinds = list(Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["connected", "permission_missing", "renewed"]


def test_history_names_the_needs_that_were_not_ticked(unticked):
    [event] = Event.objects.filter(kind="permission_missing")
    assert event.text == f"Needed, but not ticked at Instagram: {COMMENTS}."


def test_what_nobody_needs_may_stay_unticked(phone, invitation, settings):
    page = come_back(phone, leave_from(phone, f"/link/{links.token_of(invitation)}/"), [BASIC, PUBLISH, COMMENTS])
    assert "Thank you. That is all." in page.text
    assert not Event.objects.filter(kind="permission_missing").exists()


def test_leaving_it_unticked_again_offers_it_again(unticked, phone):
    page = unticked
    for _ in range(LINKS_AN_HOUR):
        page = come_back(phone, leave_from(phone, again(page)), [BASIC])
        assert "Nothing can be published for the account." in page.text
    # None of these was mailed: a member's button is not used up by them.
    connection = Connection.objects.get()
    assert not used_up(connection, timezone.now())
    assert send_link(connection, actor="alice@example.com")


def test_pressing_it_many_times_makes_one_link_that_nobody_is_mailed(unticked, phone):
    for _ in range(5):
        leave_from(phone, again(unticked))
    [link] = Link.objects.filter(kind="reconnect")
    assert (link.recipients, link.used_at) == ([], None)
    assert links.token_of(link) not in unticked.html


def test_another_account_can_not_be_brought_along(unticked, phone):
    page = come_back(phone, leave_from(phone, again(unticked)), None, "other")
    assert "That was another account" in page.text
    assert Connection.objects.count() == 1


def later(connection, alice, tenant):
    ConnectAttempt.objects.update(used_at=timezone.now() - dt.timedelta(hours=1))


def granted(connection, alice, tenant):
    Connection.objects.update(permissions=ASKABLE)


def disconnected(connection, alice, tenant):
    disconnect(connection, by=alice)


def dead(connection, alice, tenant):
    Connection.objects.update(status="inactive", reason="expired")


def deleted(connection, alice, tenant):
    delete_workspace(tenant, by=alice)


def failed(connection, alice, tenant):
    ConnectAttempt.objects.update(outcome="denied")


@pytest.mark.parametrize("happened", [later, granted, disconnected, dead, deleted, failed])
def test_the_used_link_is_good_once_more_only_while_something_is_missing_and_only_soon(
    happened, unticked, phone, alice, tenant, invitation
):
    happened(Connection.objects.get(), alice, tenant)
    made = Link.objects.count()
    answer = phone.post(again(unticked))
    assert answer["Location"] == f"/link/{links.token_of(invitation)}/"
    assert phone.get(answer["Location"]).status_code == 410
    assert Link.objects.count() == made


def test_the_mails_own_link_stays_used(unticked, phone, invitation):
    assert phone.get(f"/link/{links.token_of(invitation)}/").status_code == 410


def test_a_member_comes_to_the_connection_and_is_warned(signed_in, tenant):
    page = come_back(signed_in, leave(signed_in, tenant.slug), [BASIC])
    assert "@carla works, but not everything that is needed was ticked at Instagram." in page.text
    assert "You need do nothing more." not in page.text
    assert "Comments can't be read or answered." in page.text
    page = come_back(signed_in, leave_from(signed_in, again(page)))
    assert "was connected already and works" in page.text
    assert "Missing" not in page.text


def test_a_member_may_go_once_more_from_the_result_page_and_a_passer_by_may_not(signed_in, tenant):
    come_back(signed_in, leave(signed_in, tenant.slug), [BASIC])
    address = f"/connect/outcome/{ConnectAttempt.objects.get().pk}/"
    page = Page(signed_in.get(address).content.decode())
    assert come_back(signed_in, leave_from(signed_in, again(page)))
    elsewhere = Page(Client().get(address).content.decode())
    assert "Reconnect Instagram" not in elsewhere.button_words
    assert Client().post(f"{address}again/").status_code == 400


def test_a_reconnect_link_tells_it_as_well(tenant, emulator, phone):
    token = emulator.state.issue_token("carla", age_days=20)
    connection = make_connection(tenant=tenant, token=token, status="inactive", reason="expired")
    link = links.issue(connection, recipients=["carla@creator.example"])
    page = come_back(phone, leave_from(phone, f"/link/{links.token_of(link)}/"), [BASIC])
    assert "@carla works again" in page.text
    assert "Comments can't be read or answered." in page.text
    assert "Thank you. That is all." in come_back(phone, leave_from(phone, again(page))).text


def test_a_german_creator_reads_it_in_german(tenant, phone, invitation):
    tenant.language = "de"
    tenant.save()
    page = come_back(phone, leave_from(phone, f"/link/{links.token_of(invitation)}/"), [BASIC, PUBLISH])
    assert "Kommentare lassen sich weder lesen noch beantworten." in page.text
    assert page.button_words == ["Instagram wieder verbinden"]
