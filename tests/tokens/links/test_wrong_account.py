"""Whoever was at Instagram with another account sees both, and chooses: the other account, or an end."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.templatetags.people import initials
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.journeys import allow, leave_from
from tokens.models import ConnectAttempt, Connection, Link

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(emulator: Any, revive: Any, phone: Client) -> str:
    """The address of the page that tells of it."""
    emulator.state.add_person("sister.of.creator")
    return str(revive(phone, "sister.of.creator")["Location"])


def test_both_accounts_are_shown_with_letters_for_a_picture(refused: str, phone: Client) -> None:
    page = Page(phone.get(refused).content.decode())
    assert "CR Expected @creator SO Logged in at Instagram @sister.of.creator" in page.text
    assert "<img" not in page.html.partition("<main")[2]


@pytest.mark.parametrize(
    ("handle", "letters"),
    [("river.and.oak", "RA"), ("hana", "HA"), ("x", "X"), ("_a_", "A"), ("...", "#"), ("", "#"), ("17841", "17")],
)
def test_the_letters_of_a_handle(handle: str, letters: str) -> None:
    assert initials(handle) == letters


def test_switching_asks_anew_who_it_is_and_brings_the_right_one_back(refused: str, phone: Client) -> None:
    form = Page(phone.get(refused).content.decode()).form_of("Switch account")
    way = leave_from(phone, form.action)
    assert parse_qs(urlsplit(way).query)["force_reauth"] == ["true"]
    phone.get(allow(way, "creator"))
    assert Connection.objects.get().status == "active"


def test_stopping_is_an_end_that_changes_nothing(refused: str, phone: Client, path: str) -> None:
    [stop] = [href for href in Page(phone.get(refused).content.decode()).hrefs if href.endswith("/stopped/")]
    before = all_rows()
    answer = phone.get(stop)
    page = Page(answer.content.decode())
    assert answer.status_code == 200
    assert "Nothing was changed" in page.text
    assert "@sister.of.creator was not connected" in page.text
    assert not ConnectAttempt.objects.exclude(pending_secret__isnull=True).exists()
    assert "the link in your mail is good until" in page.text
    assert page.button_words == []
    assert all_rows() == before
    assert phone.get(path).status_code == 200


def test_the_end_promises_no_link_that_is_over(refused: str, phone: Client) -> None:
    Link.objects.update(replaced_at=Link.objects.get().created_at)
    assert "is good until" not in Page(phone.get(f"{refused}stopped/").content.decode()).text


def test_there_is_no_such_end_to_anything_else(revive: Any, phone: Client) -> None:
    result = revive(phone)["Location"]
    assert phone.get(f"{result}stopped/")["Location"] == result


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_end_is_looked_at_alone(method: str, refused: str, phone: Client) -> None:
    assert getattr(phone, method)(f"{refused}stopped/").status_code == 405


def test_in_german(refused: str, phone: Client, tenant: Any) -> None:
    tenant.language = "de"
    tenant.save()
    page = Page(phone.get(refused).content.decode())
    assert page.button_words == ["Konto wechseln"]
    assert "Hier aufhören" in page.text
    assert "Es wurde nichts geändert" in Page(phone.get(f"{refused}stopped/").content.decode()).text
