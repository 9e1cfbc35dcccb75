"""Staff see how many came back over all workspaces, and nobody's name."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_connection, make_tenant
from tests.markup import Page
from tests.tokens.recovery.conftest import make_request

pytestmark = pytest.mark.django_db
RECOVERY = "/admin/recovery/"


def test_it_counts_all_workspaces_and_names_none(staff: Client) -> None:
    for name in ("Zebra Studio", "Quagga Studio"):
        tenant = make_tenant(name)
        row = make_connection(tenant=tenant, status="inactive", handle="striped")
        make_request(tenant, connection=row, ago=dt.timedelta(days=2), took=dt.timedelta(hours=5))
    page = Page(staff.get(RECOVERY).content.decode())
    assert "Ran out 2 of 2 5 hours 0 of 2 2 of 2 0 of 0" in page.text
    assert not [word for word in ("Zebra", "Quagga", "striped") if word in page.html]


def test_it_says_that_nobody_had_to_be_asked(staff: Client) -> None:
    assert "Nobody had to be asked" in Page(staff.get(f"{RECOVERY}?days=90").content.decode()).text


@pytest.mark.parametrize(("permission", "status"), [("view_connection", 200), ("change_connection", 200), ("", 403)])
def test_it_opens_for_whoever_sees_the_numbers_of_the_home_page(permission: str, status: int, clerk: Any) -> None:
    browser = clerk(permission)
    assert browser.get(RECOVERY).status_code == status
    assert (RECOVERY in Page(browser.get("/admin/").content.decode()).hrefs) is (status == 200)


def test_it_is_looked_at_and_nothing_else(staff: Client) -> None:
    for method in ("post", "put", "delete"):
        assert getattr(staff, method)(RECOVERY).status_code == 405


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    assert client.get(RECOVERY)["Location"] == f"/accounts/login/?next={RECOVERY}"
