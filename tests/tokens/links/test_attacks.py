"""What somebody might try with a link that is not theirs, or with none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from accounts.services.delete_workspace import delete_workspace
from tests.factories import make_connection, make_tenant
from tests.markup import Page
from tests.races import together
from tests.rows import all_rows
from tests.tokens.journeys import allow, leave_from, sign_in, state_of
from tests.tokens.links.inviting import path_of
from tokens.models import ConnectAttempt, Connection, ReconnectRequest
from tokens.services import links
from tokens.services.disconnect import disconnect
from tokens.services.send_link import send_link

pytestmark = [pytest.mark.django_db, pytest.mark.crossed]
EVIL = "https://evil.example/"


def bare(response: Any) -> bytes:
    return bytes(response.content)


@pytest.mark.usefixtures("standing_clock")
def test_who_guesses_is_answered_alike_and_then_no_more(path: str) -> None:
    guesser = Client(REMOTE_ADDR="198.51.100.7")
    token = path.split("/")[2]
    wrong = ["x", "x" * 43, token[:-1] + ("A" if token[-1] != "A" else "B"), token.swapcase(), f"{token}A"]
    answers = [guesser.get(f"/link/{each}/") for each in wrong * 6]
    assert {answer.status_code for answer in answers} == {410}
    for each in answers:
        each.content = b"".join(line for line in each.content.splitlines() if b"csrfmiddlewaretoken" not in line)
    assert len({bare(answer) for answer in answers}) == 1
    # The right one among too many does not stand out either.
    assert {guesser.get(each).status_code for each in (path, "/link/x/")} == {429}
    assert {guesser.head(path).status_code, guesser.post(path).status_code} == {429}
    assert Client(REMOTE_ADDR="203.0.113.9").get(path).status_code == 200


def test_a_right_link_is_looked_at_as_often_as_one_likes(path: str) -> None:
    assert {Client().get(path).status_code for _ in range(40)} == {200}


def test_a_link_brings_back_its_own_connection_alone_whoever_else_has_the_account(
    emulator: Any, tenant: Any, dead: Connection, path: str, phone: Client
) -> None:
    elsewhere = make_connection(
        tenant=make_tenant(), token=emulator.state.issue_token("creator", age_days=20), status="inactive"
    )
    theirs = path_of(links.issue(elsewhere, recipients=[]))
    phone.get(allow(leave_from(phone, path), "creator"))
    dead.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (dead.status, elsewhere.status) == ("active", "inactive")
    assert phone.get(theirs).status_code == 200


def test_a_link_of_one_workspace_and_the_account_of_another_come_to_nothing(
    emulator: Any, dead: Connection, phone: Client
) -> None:
    emulator.state.add_person("sister")
    token = emulator.state.issue_token("sister", age_days=20)
    other = make_connection(tenant=make_tenant(), token=token, status="inactive")
    way = leave_from(phone, path_of(links.issue(other, recipients=[])))
    answer = phone.get(allow(way, "creator"), follow=True)
    assert "another account" in Page(answer.content.decode()).text
    assert not Connection.objects.filter(status="active").exists()


def test_what_came_of_one_link_is_no_way_into_another(
    emulator: Any, tenant: Any, dead: Connection, path: str, phone: Client
) -> None:
    """The attempt of one link goes on with that link, whatever else the browser has opened since."""
    emulator.state.add_person("sister")
    token = emulator.state.issue_token("sister", age_days=20)
    other = make_connection(tenant=make_tenant(), token=token, status="inactive")
    first = allow(leave_from(phone, path), "creator")
    second = leave_from(phone, path_of(links.issue(other, recipients=[])))
    assert state_of(first) != state_of(second)
    phone.get(first)
    assert [each.status for each in (Connection.objects.get(pk=dead.pk), Connection.objects.get(pk=other.pk))] == [
        "active",
        "inactive",
    ]


@pytest.mark.parametrize("name", ["next", "return", "redirect_uri", "url", "continue"])
def test_no_parameter_leads_anywhere(name: str, path: str, phone: Client, emulator: Any) -> None:
    sent = {name: EVIL}
    assert EVIL not in phone.get(path, sent).content.decode()
    started = phone.post(f"{path}?{name}={EVIL}", sent)
    assert started["Location"].startswith(f"{emulator.url}/oauth/authorize?")
    assert "evil" not in started["Location"]
    back = phone.get(f"{allow(started['Location'], 'creator')}&{name}={EVIL}")
    assert back["Location"].startswith("/connect/outcome/")
    assert "evil" not in phone.get(back["Location"], sent).content.decode()
    asked = phone.post(f"{path}new/?{name}={EVIL}", sent)
    assert (asked.status_code, "evil" in asked.content.decode()) == (200, False)


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"host": "evil.example:8000"}, {"host": "localhost.evil.example"}]
)
def test_a_forged_host_is_refused(headers: dict[str, str], path: str, dead: Connection) -> None:
    for method, address in (("get", path), ("post", path), ("post", f"{path}new/")):
        assert getattr(Client(headers=headers), method)(address).status_code == 400
    assert not ConnectAttempt.objects.exists()


def test_forwarded_hosts_have_no_effect(path: str, dead: Connection) -> None:
    forged = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example", "x-forwarded-proto": "https"}
    browser = Client(headers=forged)
    assert "evil" not in browser.get(path).content.decode()
    assert "evil" not in browser.post(path)["Location"]
    browser.post(f"{path}new/")
    call_command("deliver_notifications")
    assert "evil" not in str(mail.outbox[-1].message())
    assert "http://localhost:8000/link/" in str(mail.outbox[-1].body)


@pytest.mark.django_db(transaction=True)
def test_two_devices_that_press_at_once_bring_it_back_once(path: str, dead: Connection, alice: Any) -> None:
    devices = [Client(), Client()]
    left = together(*(lambda each=each: each.post(path) for each in devices))
    assert [answer.status_code for answer in left] == [302, 302]
    ways = [allow(answer["Location"], "creator") for answer in left]
    pairs = list(zip(devices, ways, strict=True))
    answers = together(*(lambda pair=pair: pair[0].get(pair[1], follow=True) for pair in pairs))
    words = [Page(answer.content.decode()).text for answer in answers]
    assert sorted(ConnectAttempt.objects.values_list("outcome", flat=True)) in (
        ["", "reconnected"],  # the second one found the link used before anything was asked
        ["link_closed", "reconnected"],
    )
    assert sum("@creator works again" in each for each in words) == 1
    assert sum(("used" in each and "Nothing was changed" in each) or "used already" in each for each in words) == 1


def test_the_link_of_a_deleted_workspace_opens_nothing_and_mails_nobody(
    path: str, tenant: Any, alice: Any, phone: Client
) -> None:
    delete_workspace(tenant, by=alice)
    answer = phone.get(path)
    assert answer.status_code == 410
    assert "was deleted" in Page(answer.content.decode()).text
    assert phone.post(path).status_code == 410
    before = all_rows()
    assert phone.post(f"{path}new/").status_code == 200
    assert all_rows() == before


def test_a_link_from_before_a_disconnect_stays_closed_when_it_is_connected_again(
    path: str, dead: Connection, tenant: Any, alice: Any, phone: Client
) -> None:
    disconnect(dead, by=alice)
    browser = sign_in(alice)
    browser.get(allow(leave_from(browser, f"/w/{tenant.slug}/connect/instagram_login/"), "creator"))
    dead.refresh_from_db()
    assert dead.status == "active"
    assert phone.get(path).status_code == phone.post(path).status_code == 410


def test_a_member_signed_in_as_somebody_else_uses_the_link_as_anybody_does(
    path: str, dead: Connection, alice: Any
) -> None:
    stranger = sign_in(make_tenant().memberships.get().user)
    answer = stranger.get(allow(leave_from(stranger, path), "creator"), follow=True)
    page = Page(answer.content.decode())
    assert "@creator works again" in page.text
    assert not [href for href in page.hrefs if href.startswith(f"/w/{dead.tenant.slug}/")]
    dead.refresh_from_db()
    assert dead.connected_by == alice


def test_a_used_link_is_used_on_every_device(path: str, dead: Connection, phone: Client) -> None:
    """Replayed: page, press, and the very way back."""
    way = allow(leave_from(phone, path), "creator")
    phone.get(way)
    before = Connection.objects.values().get()
    for browser in (phone, Client()):
        assert browser.get(path).status_code == browser.post(path).status_code == 410
        assert browser.get(way).status_code == 400
    assert Connection.objects.values().get() == before


def test_the_hour_of_an_address_is_shared_by_all_of_its_connections(tenant: Any, alice: Any, phone: Client) -> None:
    rows = [make_connection(tenant=tenant, status="inactive", contact_email="agency@creator.example") for _ in range(9)]
    paths = [path_of(links.issue(row, recipients=[])) for row in rows]
    answers = [phone.post(f"{each}new/") for each in paths]
    assert {answer.status_code for answer in answers} == {200}
    assert ReconnectRequest.objects.count() == 6
    # A member's own button is none of theirs.
    assert send_link(rows[-1], actor=alice.email) == ["agency@creator.example"]


@pytest.mark.usefixtures("standing_clock")
def test_one_who_asks_and_asks_is_stopped_and_others_are_not(path: str, dead: Connection) -> None:
    stubborn = Client(REMOTE_ADDR="198.51.100.7")
    answers = [stubborn.post(f"/link/{n}/new/").status_code for n in range(21)]
    assert answers == [200] * 20 + [429]
    assert stubborn.post(f"{path}new/").status_code == 429
    assert Client(REMOTE_ADDR="203.0.113.9").post(f"{path}new/").status_code == 200


@pytest.mark.parametrize("right", [True, False])
def test_asking_takes_the_same_time_whatever_the_link_is_worth(
    right: bool, path: str, phone: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    took = 0.03 if right else 0.001
    clock, slept = iter([100.0, 100.0 + took]), list[float]()
    monkeypatch.setattr("tokens.views.link.ANSWER_AFTER", 0.25)
    monkeypatch.setattr("tokens.views.link.time", SimpleNamespace(monotonic=lambda: next(clock), sleep=slept.append))
    phone.post(f"{path if right else '/link/garbled/'}new/")
    assert slept == [pytest.approx(0.25 - took)]
