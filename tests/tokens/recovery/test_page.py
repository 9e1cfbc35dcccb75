"""The page that tells managers who came back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from tests.factories import make_member
from tests.markup import Page
from tests.rows import all_rows
from tests.tokens.journeys import sign_in
from tests.tokens.recovery.conftest import make_request

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def address(tenant: Any) -> str:
    return f"/w/{tenant.slug}/recovery/"


def test_it_says_that_nobody_had_to_be_asked(address: str, signed_in: Client) -> None:
    page = Page(signed_in.get(address).content.decode())
    assert "Nobody had to be asked" in page.text
    assert "<table" not in page.html


def test_it_tells_numbers_and_shows_them(address: str, signed_in: Client, tenant: Any) -> None:
    make_request(tenant, ago=2 * DAY, took=DAY / 2, by_link=True, opened_at=None)
    make_request(tenant, ago=2 * DAY, reason="checkpoint")
    page = Page(signed_in.get(address).content.decode())
    for words in ("Ran out 1 of 1 12 hours", "Security check at Instagram 0 of 1 –", "1 is still asked for"):
        assert words in page.text
    assert '<progress class="days" value="1" max="2" aria-label="Works again: 1 of 2">' in page.html


def test_thirty_days_or_ninety(address: str, signed_in: Client, tenant: Any) -> None:
    make_request(tenant, ago=40 * DAY)
    assert "Nobody had to be asked" in Page(signed_in.get(address).content.decode()).text
    longer = [href for href in Page(signed_in.get(address).content.decode()).hrefs if href.endswith("?days=90")]
    assert "1 is still asked for" in Page(signed_in.get(longer[0]).content.decode()).text


def test_to_look_changes_nothing_but_the_visit(address: str, signed_in: Client, tenant: Any) -> None:
    signed_in.get(address)
    before = all_rows()
    signed_in.get(address)
    assert all_rows() == before


def test_history_and_settings_lead_there(address: str, signed_in: Client, tenant: Any) -> None:
    for place in ("history", "settings"):
        assert address in Page(signed_in.get(f"/w/{tenant.slug}/{place}/").content.decode()).hrefs


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.MEMBER, 403), (Role.VIEWER, 403)])
def test_it_is_for_managers(role: Role, status: int, address: str, tenant: Any) -> None:
    assert sign_in(make_member(tenant, role)).get(address).status_code == status
