"""A workspace's pages show its dates in its time zone and language, and no page those of another."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.localisation import LocalisationMiddleware
from accounts.models import Tenant
from notifications.localisation import instant, speak_as
from tests.factories import make_connection, make_tenant, make_user
from tests.markup import Page
from tests.notifications.test_localisation import NIGHT, nothing_is_left, place, utc
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled(tenant: Tenant) -> Tenant:
    """Alice's workspace, in Auckland, where it is tomorrow already, and German."""
    tenant.time_zone, tenant.language = "Pacific/Auckland", "de"
    tenant.save()
    return tenant


def page(browser: Client, address: str) -> Page:
    return Page(browser.get(address).content.decode())


def test_a_page_tells_dates_of_its_workspace_and_programs_utc(signed_in: Client, settled: Tenant) -> None:
    connection = make_connection(tenant=settled, expires_at=utc(2027, 6, 18, 12, 30), due_at=utc(2027, 6, 8, 13))
    shown = page(signed_in, reverse("connection", args=[settled.slug, connection.pk]))
    assert '<time datetime="2027-06-18T12:30:00Z" lang="de">19. Juni 2027, 00:30 NZST</time>' in shown.html
    assert "on 9. Juni 2027 at 01:00 NZST." in shown.text
    assert "UTC" not in shown.text
    assert '<html lang="en">' in shown.html
    assert "Next renewal" in shown.text
    nothing_is_left()


def test_an_english_workspace_needs_no_language_beside_its_dates(signed_in: Client, tenant: Tenant) -> None:
    connection = make_connection(tenant=tenant, expires_at=utc(2027, 6, 18, 12, 30))
    shown = page(signed_in, reverse("connection", args=[tenant.slug, connection.pk]))
    assert '<time datetime="2027-06-18T12:30:00Z">18 June 2027, 12:30 UTC</time>' in shown.html


def test_the_words_of_a_german_workspaces_pages_stay_english(signed_in: Client, settled: Tenant) -> None:
    connection = make_connection(tenant=settled, status="inactive", reason="password_changed")
    shown = page(signed_in, reverse("connection", args=[settled.slug, connection.pk]))
    assert "Reconnect once with your new password." in shown.text
    address = reverse("set_contact", args=[settled.slug, connection.pk])
    refused = signed_in.post(address, {"contact_email": "nonsense"}).content.decode()
    assert "Geben Sie" not in refused
    assert "valid" in Page(refused).text


def test_two_workspaces_of_one_member_each_keep_their_own(signed_in: Client, settled: Tenant, alice: Any) -> None:
    other = make_tenant("Nepal", owner=alice)
    Tenant.objects.filter(pk=other.pk).update(time_zone="Asia/Kathmandu")
    rows = [make_connection(tenant=each, expires_at=utc(2027, 6, 18, 12, 30)) for each in (settled, other)]
    for _ in range(2):
        first, second = (page(signed_in, reverse("connection", args=[row.tenant.slug, row.pk])).text for row in rows)
        assert "19. Juni 2027, 00:30 NZST" in first
        assert "18 June 2027, 18:15 UTC+05:45" in second


def test_when_a_young_token_can_be_renewed_is_told_in_the_zone(alice: Any, settled: Tenant, travel: Any) -> None:
    travel(utc(2027, 6, 18, 12))
    connection = make_connection(tenant=settled, issued_at=utc(2027, 6, 18, 11))
    response = sign_in(alice).post(reverse("refresh_now", args=[settled.slug, connection.pk]), follow=True)
    assert "from 19. Juni 2027, 23:00 NZST on" in Page(response.content.decode()).text


def test_days_left_are_a_duration_and_the_same_everywhere(alice: Any, tenant: Tenant, travel: Any) -> None:
    travel(utc(2027, 3, 27, 23, 30))
    browser = sign_in(alice)
    connection = make_connection(tenant=tenant, expires_at=utc(2027, 3, 30, 23, 31))
    counted = set()
    for zone in ("UTC", "Pacific/Auckland", "Pacific/Pago_Pago", "Europe/Berlin", "Asia/Kathmandu"):
        Tenant.objects.filter(pk=tenant.pk).update(time_zone=zone)
        text = page(browser, reverse("connection", args=[tenant.slug, connection.pk])).text
        counted.add(re.findall(r"good for \d+ more days?", text)[0])
    assert counted == {"good for 3 more days"}


def test_a_page_without_a_workspace_is_in_utc_after_one_with(signed_in: Client, settled: Tenant) -> None:
    signed_in.get(reverse("workspace", args=[settled.slug]))
    nothing_is_left()
    assert '<html lang="en">' in signed_in.get("/privacy/").content.decode()


@pytest.mark.parametrize("address", ["connections/00000000-0000-0000-0000-000000000000/", "no/such/page/"])
def test_a_page_that_is_not_there_leaves_nothing_behind(signed_in: Client, settled: Tenant, address: str) -> None:
    assert signed_in.get(f"/w/{settled.slug}/{address}").status_code == 404
    nothing_is_left()


def test_a_view_that_fails_leaves_nothing_behind() -> None:
    def fails(request: Any) -> HttpResponse:
        speak_as(place("Asia/Tokyo", "de"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        LocalisationMiddleware(fails)(RequestFactory().get("/"))
    nothing_is_left()


def test_what_streams_after_the_request_is_in_utc_and_leaves_nothing_behind() -> None:
    def stream(request: Any) -> Any:
        speak_as(place("Asia/Tokyo", "de"))
        return StreamingHttpResponse(instant(NIGHT) for _ in range(2))

    response: Any = LocalisationMiddleware(stream)(RequestFactory().get("/"))
    nothing_is_left()
    assert b"".join(response.streaming_content).decode() == "18 June 2027, 02:00 UTC" * 2
    nothing_is_left()


def test_staff_read_utc_whatever_a_workspace_chose(travel: Any) -> None:
    staff = make_user(is_staff=True, is_superuser=True)
    tenant = make_tenant("Far away", owner=staff)
    Tenant.objects.filter(pk=tenant.pk).update(time_zone="Pacific/Auckland", language="de")
    connection = make_connection(tenant=tenant, expires_at=utc(2027, 6, 18, 12, 30))
    browser = sign_in(staff)
    browser.get(reverse("workspace", args=[tenant.slug]))
    text = page(browser, reverse("admin:tokens_connection_change", args=[connection.pk])).text.replace("\u00a0", " ")
    assert "18 Jun 2027, 12:30 UTC" in text
    assert "NZST" not in text
