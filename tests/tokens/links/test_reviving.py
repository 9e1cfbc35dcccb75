"""A link brings one connection back, once."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import credential_of, make_connection
from tests.markup import Page
from tests.races import together
from tests.rows import all_rows
from tests.tokens.journeys import allow, deny, leave_from, sign_in, token_of
from tokens.models import Connection, Link
from tokens.services import links
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db


def status(connection):
    connection.refresh_from_db()
    return connection.status, connection.reason


def events(connection):
    return list(Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True))


def test_a_post_alone_revives_nothing(path, phone, dead):
    response = phone.post(path)
    assert response.status_code == 302
    assert response["X-Robots-Tag"]
    assert status(dead) == ("inactive", "password_changed")
    assert Link.objects.get().used_at is None


def test_the_consent_page_lets_the_person_choose_the_account(path, phone):
    assert "force_reauth=true" in leave_from(phone, path)


def test_the_same_account_revives_the_connection_without_sign_in(revive, phone, dead, emulator, alice):
    response = revive(phone)
    assert response.status_code == 302
    assert "@creator works again" in Page(phone.get(response["Location"]).content.decode()).text
    assert status(dead) == ("active", "")
    assert token_of(dead) == emulator.state.tokens_of("creator")[-1].access_token
    assert events(dead) == ["reconnected"]
    assert Connection.objects.get().connected_by == alice


def test_the_link_is_used_up(revive, phone, path, link):
    revive(phone)
    link.refresh_from_db()
    assert link.used_at is not None
    page = phone.get(path)
    assert page.status_code == 410
    assert "used already" in Page(page.content.decode()).text
    assert phone.post(path).status_code == 410


def test_the_connections_other_links_die_with_it_and_no_other_connections(revive, phone, dead, tenant):
    # The product leaves one open link a connection; rows as an older version may have left them.
    older = links.issue(dead, recipients=[])
    Link.objects.filter(connection=dead).update(replaced_at=None)
    other = links.issue(make_connection(tenant=tenant), recipients=[])
    revive(phone)
    assert phone.get(f"/link/{links.token_of(older)}/").status_code == 410
    assert phone.get(f"/link/{links.token_of(other)}/").status_code == 200


def test_a_new_link_replaces_the_one_before(dead, path, phone):
    newer = links.issue(dead, recipients=[])
    page = phone.get(path)
    assert page.status_code == 410
    assert "newer one" in Page(page.content.decode()).text
    assert phone.get(f"/link/{links.token_of(newer)}/").status_code == 200


def test_reconnecting_by_a_member_ends_the_links(dead, path, phone, tenant, alice):
    browser = sign_in(alice)
    way = leave_from(browser, f"/w/{tenant.slug}/connections/{dead.pk}/reconnect/")
    assert browser.get(allow(way, "creator")).status_code == 302
    assert status(dead) == ("active", "")
    assert phone.get(path).status_code == 410


def test_another_account_is_refused_with_both_handles_and_the_link_stays_good(revive, phone, path, dead, emulator):
    emulator.state.add_person("sister")
    before = all_rows(apart_from=frozenset({"tokens_connectattempt", "django_session"}))
    page = Page(phone.get(revive(phone, "sister")["Location"]).content.decode())
    assert "@creator" in page.text
    assert "@sister" in page.text
    assert "Switch account" in page.button_words
    assert status(dead) == ("inactive", "password_changed")
    assert all_rows(apart_from=frozenset({"tokens_connectattempt", "django_session"})) == before
    assert not Connection.objects.exclude(pk=dead.pk).exists()
    assert phone.get(path).status_code == 200
    again = leave_from(phone, page.form_of("Switch account").action)
    assert phone.get(allow(again, "creator")).status_code == 302
    assert status(dead) == ("active", "")


def test_denied_consent_leaves_the_link_good(path, phone, dead):
    response = phone.get(deny(leave_from(phone, path), "creator"))
    assert "did not allow" in Page(phone.get(response["Location"]).content.decode()).text
    assert phone.get(path).status_code == 200
    assert status(dead)[0] == "inactive"


def test_meta_being_down_leaves_the_way_open(revive, phone, path, dead, emulator, monkeypatch):
    monkeypatch.setattr("tokens.services.connect.EXCHANGE_PAUSE", 0)
    emulator.state.add_fault("http_500_empty", path="/access_token")
    page = Page(phone.get(revive(phone)["Location"]).content.decode())
    emulator.state.clear_faults()
    assert phone.post(page.form_of("Finish connecting").action).status_code == 302
    assert status(dead) == ("active", "")


def test_a_link_that_expires_on_the_way_still_ends_well(path, phone, dead, link, travel):
    travel(link.expires_at - dt.timedelta(minutes=1))
    way = allow(leave_from(phone, path), "creator")
    travel(link.expires_at + dt.timedelta(minutes=1))
    phone.get(way)
    assert status(dead) == ("active", "")


def test_a_connection_disconnected_on_the_way_stays_disconnected(path, phone, dead, alice):
    way = allow(leave_from(phone, path), "creator")
    disconnect(dead, by=alice)
    assert phone.get(way).status_code == 400
    assert status(dead) == ("disconnected", "")
    assert credential_of(dead).token is None


def test_a_connection_disconnected_before_finishing_stays_disconnected(
    revive, phone, dead, alice, emulator, monkeypatch
):
    monkeypatch.setattr("tokens.services.connect.EXCHANGE_PAUSE", 0)
    emulator.state.add_fault("http_500_empty", path="/access_token")
    page = Page(phone.get(revive(phone)["Location"]).content.decode())
    emulator.state.clear_faults()
    disconnect(dead, by=alice)
    assert phone.post(page.form_of("Finish connecting").action).status_code == 400
    assert status(dead) == ("disconnected", "")


def test_two_people_one_after_the_other_revive_it_once(path, phone, dead):
    second = Client()
    ways = [allow(leave_from(browser, path), "creator") for browser in (phone, second)]
    assert phone.get(ways[0]).status_code == 302
    token = token_of(dead)
    answer = second.get(ways[1])
    assert answer.status_code == 400
    assert "used already" in Page(answer.content.decode()).text
    assert token_of(dead) == token
    assert events(dead) == ["reconnected"]


@pytest.mark.django_db(transaction=True)
def test_two_people_in_the_same_moment_revive_it_once(path, dead, emulator, alice):
    browsers = [Client(), Client()]
    ways = [allow(leave_from(browser, path), "creator") for browser in browsers]
    emulator.state.add_fault("hang", path="/me", times=2)

    def release():
        assert emulator.state.gate.wait_for_waiting(2, 15)
        emulator.state.release()

    pairs = list(zip(browsers, ways, strict=True))
    answers = together(*(lambda pair=pair: pair[0].get(pair[1], follow=True) for pair in pairs), meanwhile=release)
    assert status(dead) == ("active", "")
    assert events(dead).count("reconnected") == 1
    assert list(OutboxMessage.objects.values_list("kind", "recipient")) == [("revived", alice.email)]
    assert token_of(dead) in {token.access_token for token in emulator.state.tokens_of("creator")}
    assert all(Page(answer.content.decode()).text for answer in answers)
    assert max(answer.status_code for answer in answers) < 500


def test_members_hear_of_it_and_whoever_held_the_link_does_not(revive, phone, dead, alice):
    revive(phone)
    assert list(OutboxMessage.objects.values_list("kind", "recipient")) == [("revived", alice.email)]
    call_command("deliver_notifications")
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_a_member_who_held_the_link_is_not_told_of_it(dead, alice, phone, revive):
    own = links.issue(dead, recipients=[alice.email.upper()])
    revive(phone, link_path=f"/link/{links.token_of(own)}/")
    assert not OutboxMessage.objects.exists()


def test_an_active_connection_may_be_renewed_by_its_link(tenant, emulator, phone, revive, alice):
    emulator.state.add_person("anna")
    active = make_connection(tenant=tenant, token=emulator.state.issue_token("anna", age_days=5))
    own = links.issue(active, recipients=[])
    revive(phone, "anna", f"/link/{links.token_of(own)}/")
    assert events(active) == ["renewed"]
    assert phone.get(f"/link/{links.token_of(own)}/").status_code == 410
    assert not OutboxMessage.objects.exists()


def test_the_answer_to_a_renewed_death_names_the_moment(revive, phone, dead):
    before = timezone.now()
    revive(phone)
    dead.refresh_from_db()
    assert dead.status_changed_at >= before
