"""What creators see is in the language of the workspace that asks, dates included."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from accounts.models import Tenant
from tests.markup import Page
from tests.notifications.test_localisation import NIGHT, nothing_is_left
from tests.tokens.journeys import allow, callback, deny, leave_from, sign_in
from tokens.models import ConnectAttempt, Connection, Link
from tokens.services.disconnect import disconnect

pytestmark = pytest.mark.django_db
ENGLISH = ("Reconnect", "connected", "password", "button", "Nothing", "Sign in", "Privacy", " the ", " you ")


@pytest.fixture(autouse=True)
def shortly_before(travel: Any) -> None:
    travel(NIGHT - dt.timedelta(days=3))


@pytest.fixture
def german(tenant: Tenant, link: Link) -> Tenant:
    tenant.time_zone, tenant.language = "Europe/Berlin", "de"
    tenant.save()
    Link.objects.update(expires_at=NIGHT)
    return tenant


def read(response: Any) -> Page:
    """A German page: no English word is left on it."""
    page = Page(response.content.decode())
    assert '<html lang="de">' in page.html
    assert [word for word in ENGLISH if word in page.text] == []
    nothing_is_left()
    return page


def test_the_link_page_speaks_german_and_tells_the_hour_of_berlin(german: Tenant, phone: Client, path: str) -> None:
    page = read(phone.get(path))
    assert "@creator wieder verbinden" in page.text
    assert "Das Instagram-Passwort wurde geändert" in page.text
    assert "Dieser Link gilt einmal, bis 18. Juni 2027, 04:00 MESZ" in page.text
    assert '<time datetime="2027-06-18T02:00:00Z">18. Juni 2027, 04:00 MESZ</time>' in page.html
    assert page.button_words == ["Instagram wieder verbinden"]


def test_a_link_that_asks_for_a_permission_speaks_german(german: Tenant, phone: Client, path: str) -> None:
    Connection.objects.update(status="active", reason="")
    assert "ist mit Alice & Co verbunden und funktioniert" in read(phone.get(path)).text


def test_a_closed_link_and_its_answer_speak_german(
    german: Tenant, phone: Client, path: str, dead: Connection, alice: Any
) -> None:
    Link.objects.update(expires_at=NIGHT - dt.timedelta(days=4))
    page = read(phone.get(path))
    assert "Seine Zeit ist abgelaufen." in page.text
    assert page.button_words == ["Neuen Link schicken"]
    asked = page.form_of("Neuen Link schicken")
    assert "Sehen Sie in Ihre E-Mails" in read(phone.post(f"{path}{asked.action}", asked.fields)).text
    disconnect(dead, by=alice)
    assert "wurde vom Arbeitsbereich beendet" in read(phone.get(path)).text


def test_a_garbled_link_belongs_to_nobody_and_speaks_english(german: Tenant, phone: Client) -> None:
    page = Page(phone.get("/link/garbled/").content.decode())
    assert '<html lang="en">' in page.html
    assert "It is not complete." in page.text


@pytest.mark.parametrize(
    "refused", [lambda phone, path: phone.get("/link/garbled/"), lambda phone, path: phone.get("/link/")]
)
def test_what_belongs_to_nobody_speaks_as_the_browser_does(phone: Client, path: str, db: None, refused: Any) -> None:
    phone.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-AT,de;q=0.9,en;q=0.5"
    page = read(refused(phone, path))
    assert "nicht vollständig" in page.text or "nichts zu finden" in page.text


@pytest.mark.usefixtures("standing_clock")
def test_who_tries_too_often_is_told_so_as_the_browser_speaks(db: None) -> None:
    browser = Client(headers={"accept-language": "de"})
    answers = [browser.post("/link/garbled/new/") for _ in range(21)]
    assert answers[-1].status_code == 429
    assert "Zu viele Versuche" in read(answers[-1]).text


def test_the_answer_to_asking_anew_tells_by_its_language_nothing_of_the_link(german: Tenant, path: str) -> None:
    answers = [Client().post(f"{each}new/", {"language": "de"}) for each in (path, "/link/garbled/")]
    assert answers[0].content == answers[1].content
    plain = [Client().post(f"{each}new/") for each in (path, "/link/garbled/")]
    assert plain[0].content == plain[1].content
    assert "Look into your mail" in Page(plain[0].content.decode()).text


def test_an_english_workspace_tells_its_own_hour(tenant: Tenant, link: Link, phone: Client, path: str) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(time_zone="Asia/Kathmandu")
    Link.objects.update(expires_at=NIGHT)
    page = Page(phone.get(path).content.decode())
    assert "until 18 June 2027, 07:45 UTC+05:45" in page.text
    assert '<html lang="en">' in page.html


def test_the_way_through_instagram_ends_in_german(german: Tenant, phone: Client, revive: Any) -> None:
    page = read(phone.get(revive(phone)["Location"]))
    assert "@creator funktioniert wieder" in page.text
    assert "Ab jetzt hält Perennial die Verbindung zu Alice & Co von selbst aufrecht." in page.text


def test_who_declines_is_answered_in_german(german: Tenant, phone: Client, path: str) -> None:
    response = phone.get(deny(leave_from(phone, path), "creator"))
    page = read(phone.get(response["Location"]))
    assert "Sie haben nicht zugestimmt" in page.text
    assert page.button_words == ["Noch einmal versuchen"]


@pytest.mark.parametrize("outcome", ConnectAttempt.Outcome.values)
def test_every_result_has_german_words(german: Tenant, phone: Client, path: str, outcome: str) -> None:
    response = phone.get(deny(leave_from(phone, path), "creator"))
    ConnectAttempt.objects.update(outcome=outcome)
    read(phone.get(response["Location"]))


def test_what_waits_to_be_finished_elsewhere_speaks_german(german: Tenant, phone: Client, path: str) -> None:
    elsewhere = Client()
    response = elsewhere.get(allow(leave_from(phone, path), "creator"))
    page = read(elsewhere.get(response["Location"]))
    assert "Noch ein Schritt: @creator fertig verbinden" in page.text
    assert page.button_words == ["Fertig verbinden"]


def test_a_visit_that_belongs_to_nobody_speaks_english_after_a_german_one(
    german: Tenant, phone: Client, revive: Any
) -> None:
    phone.get(revive(phone)["Location"])
    page = Page(phone.get(callback(state="unknown", code="x")).content.decode())
    assert "This visit from Instagram can't be used" in page.text
    assert '<html lang="en">' in page.html


def test_a_member_of_a_german_workspace_comes_back_to_an_english_dashboard(
    german: Tenant, alice: Any, dead: Connection
) -> None:
    browser = sign_in(alice)
    address = leave_from(browser, f"/w/{german.slug}/connections/{dead.pk}/reconnect/")
    page = Page(browser.get(allow(address, "creator"), follow=True).content.decode())
    assert "@creator works again. You need do nothing more." in page.text
    assert '<html lang="en">' in page.html
