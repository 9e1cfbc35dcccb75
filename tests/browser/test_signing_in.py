"""Doors: the sign-in wall, the product's own pages for people without an account, the staff's site."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.gestures import row, sign_in
from tests.browser.journeys import ALICE, PASSWORD, connected
from tests.browser.stage import Stage
from tests.browser.visitor import DESK, PHONE
from tests.factories import PASSWORD as STAFF_PASSWORD
from tests.factories import make_connection, make_user


@pytest.mark.parametrize(
    ("size", "script"),
    [(PHONE, True), (PHONE, False), (DESK, False)],
    ids=["script", "no-script", "no-script-desk"],
)
def test_the_wall_leads_back_to_the_page_asked_for(stage: Stage, size: tuple[int, int], script: bool) -> None:
    address = connected(stage)
    later = stage.visitor(size=size, script=script, name="wall")
    later.open(address)
    later.arrives("/accounts/login/")
    later.look("sign-in")
    sign_in(later, ALICE, "not her pass phrase")
    expect(later.page.locator("main")).to_contain_text(re.compile("not correct|wrong", re.IGNORECASE))
    later.look("refused")
    sign_in(later, ALICE, PASSWORD)
    later.arrives(address)
    expect(later.heading).to_contain_text("@creator")
    later.has_no_trouble()


def test_a_strangers_workspace_looks_like_none(stage: Stage) -> None:
    stranger_of = make_connection(handle="hidden.away")
    alice = stage.visitor(name="stranger")
    connected(stage, alice)
    alice.open(f"/w/{stranger_of.tenant.slug}/")
    alice.look("not-found", status=404)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_pages_that_anybody_may_read(stage: Stage, size: tuple[int, int]) -> None:
    anybody = stage.visitor(size=size, dark=True, name="public")
    for path in ("/", "/privacy/", "/terms/", "/data-deletion/", "/accounts/login/", "/accounts/password/reset/"):
        anybody.open(path)
        anybody.look(path.strip("/").replace("/", "-") or "landing")
    anybody.open("/nowhere/")
    anybody.look("not-found", status=404)


def test_staff_enter_by_the_products_own_sign_in(stage: Stage) -> None:
    make_connection(handle="creator")
    make_user("staff@perennial.example", is_staff=True, is_superuser=True)
    staff = stage.visitor(name="staff")
    staff.open("/admin/")
    staff.arrives("/accounts/login/")
    sign_in(staff, "staff@perennial.example", STAFF_PASSWORD)
    staff.arrives("/admin/")
    staff.look("home")
    staff.page.get_by_role("link", name="Connections").first.click()
    staff.arrives("/admin/tokens/connection/")
    expect(row(staff, "creator").first).to_be_visible()
    staff.look("connections")
