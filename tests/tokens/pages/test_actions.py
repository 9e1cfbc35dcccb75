"""What the controls of a connection's page do."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from accounts.models import Event
from notifications.models import OutboxMessage
from tests.factories import credential_of, make_connection
from tests.rows import all_rows
from tests.tokens.journeys import allow, dates_of, leave_from, token_of
from tokens import clients
from tokens.models import Link
from tokens.services import links

pytestmark = pytest.mark.django_db
SESSIONS = frozenset({"django_session", "usersessions_usersession"})  # the last workspace, the last visit


def events(connection):
    return list(Event.objects.filter(subject_id=connection.pk).order_by("pk").values_list("kind", flat=True))


def status(connection):
    connection.refresh_from_db()
    return connection.status, connection.reason


# "Refresh now"


def test_refresh_now_renews(press, creator, emulator):
    before, (_, expired_at, due_at) = credential_of(creator), dates_of(creator)
    page = press("Refresh now")
    _, expires_at, next_due_at = dates_of(creator)
    assert "Renewed." in page.text
    assert emulator.state.refreshes("creator") == 1
    assert token_of(creator) == emulator.state.tokens_of("creator")[-1].access_token
    assert expires_at - expired_at > dt.timedelta(days=19)
    assert next_due_at > due_at
    assert credential_of(creator).version == before.version + 1
    assert events(creator) == ["refreshed"]
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(("hours", "calls"), [(0, 0), (23.9, 0), (24.1, 1)])
def test_refresh_now_under_24_hours_says_so_and_calls_nobody(hours, calls, signed_in, tenant, emulator):
    emulator.state.add_person("young")
    token = emulator.state.issue_token("young", age_days=hours / 24)
    young = make_connection(tenant=tenant, token=token)
    path = f"/w/{tenant.slug}/connections/{young.pk}/"
    page = signed_in.post(f"{path}refresh/", follow=True).content.decode()
    assert len(emulator.state.requests()) == calls
    assert ("under 24 hours old" in page) == (not calls)
    assert (credential_of(young).version == 1) == (not calls)


def test_refresh_now_of_an_imported_one_counts_from_when_it_reached_us(signed_in, tenant, emulator):
    emulator.state.add_person("imported")
    imported = make_connection(tenant=tenant, token=emulator.state.issue_token("imported"), issued_at=None)
    path = f"/w/{tenant.slug}/connections/{imported.pk}/"
    assert "under 24 hours old" in signed_in.post(f"{path}refresh/", follow=True).content.decode()
    assert emulator.state.requests() == []


@pytest.mark.parametrize("words", ["Refresh now", "Check now"])
def test_a_death_found_by_hand_is_told_and_mailed_all_the_same(words, press, creator, emulator, alice):
    emulator.state.change_password("creator")
    page = press(words)
    assert status(creator) == ("inactive", "password_changed")
    assert "password was changed" in page.text
    assert page.text.count("Reconnect once with your new password") == 1
    assert re.search(r'<div id="messages" role="status">\s*</div>', page.html)
    assert list(OutboxMessage.objects.values_list("kind", "recipient")) == [("reconnect_needed", alice.email)]
    assert events(creator) == ["became_inactive"]


@pytest.mark.parametrize("words", ["Refresh now", "Check now"])
@pytest.mark.parametrize("fault", ["http_500_empty", "reset", "http_429_empty", "html_200", "rate_4", "huge"])
def test_a_fault_in_passing_changes_no_status_and_says_so(words, fault, press, creator, emulator):
    token = token_of(creator)
    emulator.state.add_fault(fault)
    page = press(words)
    assert status(creator) == ("active", "")
    assert token_of(creator) == token
    assert credential_of(creator).lease_until is None
    assert "Nothing was changed" in page.text
    assert not OutboxMessage.objects.filter(kind="reconnect_needed").exists()


@pytest.mark.parametrize("words", ["Refresh now", "Check now"])
def test_nobody_waits_for_meta_without_end(words, press, creator, emulator, monkeypatch):
    monkeypatch.setitem(clients.INTERACTIVE_DEADLINE, "instagram_login", 0.5)
    emulator.state.add_fault("hang")
    page = press(words)
    emulator.state.release()
    assert "Nothing was changed" in page.text
    assert status(creator) == ("active", "")


def test_a_request_stays_under_twenty_seconds(settings):
    assert 2 * clients.INTERACTIVE_DEADLINE["instagram_login"] + 2 < 20


@pytest.mark.parametrize("words", ["Refresh now", "Check now"])
def test_one_that_a_worker_holds_is_left_alone(words, press, creator, emulator):
    creator.credential.lease_owner = "worker"
    creator.credential.lease_until = timezone.now() + dt.timedelta(minutes=1)
    creator.credential.save()
    page = press(words)
    assert "very moment" in page.text
    assert emulator.state.requests() == []


@pytest.mark.parametrize("action", ["refresh", "check"])
@pytest.mark.parametrize(("state", "reason"), [("inactive", "expired"), ("disconnected", "")])
def test_one_that_is_not_active_is_not_asked_about(action, state, reason, signed_in, tenant, emulator):
    row = make_connection(tenant=tenant, status=state, reason=reason)
    page = signed_in.post(f"/w/{tenant.slug}/connections/{row.pk}/{action}/", follow=True).content.decode()
    assert "not active" in page
    assert emulator.state.requests() == []


# "Check now"


def test_check_now_says_that_it_works(press, creator, emulator):
    page = press("Check now")
    assert "It works." in page.text
    assert [request["path"].rpartition("/")[2] for request in emulator.state.requests()] == ["me"]
    assert credential_of(creator).checked_at is not None
    assert events(creator) == []


def test_check_now_learns_a_new_handle(press, creator, emulator):
    emulator.state.rename("creator", "renamed")
    page = press("Check now")
    assert "@renamed" in page.text
    assert events(creator) == ["renamed"]


# "Send reconnect link"


def test_send_link_mails_the_people_of_the_connection(press, creator, alice):
    page = press("Send reconnect link")
    assert alice.email in page.text
    assert list(OutboxMessage.objects.values_list("kind", "recipient")) == [("reconnect_link", alice.email)]
    assert Link.objects.get().recipients == [alice.email]
    line = Event.objects.get(kind="link_sent")
    assert (line.actor, line.subject_id) == (alice.email, creator.pk)
    assert links.token_of(Link.objects.get()) not in page.html


def test_three_links_an_hour_and_no_more(press, creator, travel):
    start = timezone.now()
    for minute in range(5):
        travel(start + dt.timedelta(minutes=minute))
        page = press("Send reconnect link")
    assert "within an hour" in page.text
    assert OutboxMessage.objects.count() == 3
    travel(start + dt.timedelta(minutes=61))
    press("Send reconnect link")
    assert OutboxMessage.objects.count() == 4


def test_the_limit_is_each_connections_own(press, signed_in, creator, tenant):
    for _ in range(4):
        press("Send reconnect link")
    other = make_connection(tenant=tenant, contact_email="other@creator.example")
    signed_in.post(f"/w/{tenant.slug}/connections/{other.pk}/link/")
    assert OutboxMessage.objects.filter(recipient="other@creator.example").count() == 1


def test_a_refused_fourth_link_leaves_the_third_good(press, creator, client):
    for _ in range(4):
        press("Send reconnect link")
    assert Link.objects.open().count() == 1


def test_a_disconnected_one_has_no_link(signed_in, tenant):
    gone = make_connection(tenant=tenant, status="disconnected")
    page = signed_in.post(f"/w/{tenant.slug}/connections/{gone.pk}/link/", follow=True).content.decode()
    assert "disconnected" in page
    assert not Link.objects.exists()


# "Disconnect"


def test_disconnect_asks_first(press, creator, path):
    before = all_rows(apart_from=SESSIONS)
    page = press("Disconnect")
    assert all_rows(apart_from=SESSIONS) == before
    assert "erased" in page.text
    assert "@creator" in page.text
    assert path in page.hrefs


def test_disconnect_erases_the_token_and_keeps_the_history(press, creator, alice, emulator):
    link = links.issue(creator, recipients=[])
    press("Refresh now")
    fence = credential_of(creator).fence
    page = press("Disconnect", press("Disconnect"))
    assert "disconnected" in page.text.lower()
    assert status(creator) == ("disconnected", "")
    credential = credential_of(creator)
    assert (credential.token, credential.key_id, credential.due_at, credential.check_due_at) == (None, "", None, None)
    assert credential.version == 3
    assert credential.fence > fence
    assert events(creator) == ["refreshed", "disconnected"]
    assert Event.objects.get(kind="disconnected").actor == alice.email
    assert links.trouble(Link.objects.select_related("connection").get(pk=link.pk)) == "disconnected"
    assert not Link.objects.open().exists()
    assert not OutboxMessage.objects.exists()


def test_the_token_is_gone_from_the_database(press, creator):
    stored = credential_of(creator).token
    press("Disconnect", press("Disconnect"))
    assert stored is not None
    assert "gAAAA" not in repr(all_rows()["tokens_credential"])


def test_disconnecting_twice_is_told(signed_in, creator, path):
    signed_in.post(f"{path}disconnect/", {"confirm": "yes"})
    page = signed_in.post(f"{path}disconnect/", {"confirm": "yes"}, follow=True).content.decode()
    assert "already" in page
    assert events(creator) == ["disconnected"]


def test_a_disconnected_one_comes_back_by_reconnecting(press, signed_in, creator, path):
    press("Disconnect", press("Disconnect"))
    way = leave_from(signed_in, f"{path}reconnect/")
    signed_in.get(allow(way, "creator"))
    assert status(creator) == ("active", "")
    assert events(creator) == ["disconnected", "reconnected"]


# The contact address


def test_a_contact_address_is_stored_in_lower_case_with_a_line_of_history(press, creator, alice):
    page = press("Save contact address", contact_email="Carla@Creator.example")
    creator.refresh_from_db()
    assert creator.contact_email == "carla@creator.example"
    assert "saved" in page.text
    line = Event.objects.get(kind="contact_changed")
    assert (line.actor, "carla@creator.example" in line.text) == (alice.email, True)


def test_an_empty_one_takes_it_away(press, creator):
    creator.contact_email = "carla@creator.example"
    creator.save()
    press("Save contact address", contact_email="")
    creator.refresh_from_db()
    assert creator.contact_email == ""


@pytest.mark.parametrize(
    "text",
    ["no address", "a@b", "a@b.example\nBcc: c@d.example", "x" * 300, "a\x00@b.example", "<b>@x", "a@b.example,c@d.e"],
)
def test_a_bad_contact_address_is_refused_in_words_with_400(text, signed_in, creator, path):
    before = all_rows(apart_from=SESSIONS)
    response = signed_in.post(f"{path}contact/", {"contact_email": text})
    assert response.status_code == 400
    html = response.content.decode()
    assert "errorlist" in html
    assert "<b>@x" not in html
    assert all_rows(apart_from=SESSIONS) == before


def test_the_form_keeps_what_was_typed(signed_in, creator, path):
    assert 'value="no address"' in signed_in.post(f"{path}contact/", {"contact_email": "no address"}).content.decode()


def test_a_disconnect_tells_where_to_remove_the_app_at_instagram(signed_in, tenant):
    connection = make_connection(tenant=tenant)
    address = f"/w/{tenant.slug}/connections/{connection.pk}/"
    words = "Apps and websites"
    assert words not in signed_in.get(address).content.decode()
    assert words in signed_in.post(f"{address}disconnect/").content.decode()
    signed_in.post(f"{address}disconnect/", {"confirm": "yes"})
    assert words in signed_in.get(address).content.decode()
