"""What a browser may do on the staff's pages, and that it may do no more on all others."""

from __future__ import annotations

import re

import pytest

from tests.admin.rows import live
from tests.factories import make_connection

pytestmark = pytest.mark.django_db
PAGES = ["/admin/", "/admin/tokens/connection/", "/admin/tokens/", "/admin/tokens/metaapp/add/"]


def policy(response):
    found = {}
    for part in response["Content-Security-Policy"].split(";"):
        name, _, sources = part.strip().partition(" ")
        found[name] = sources
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_staffs_pages_may_evaluate_and_nothing_from_elsewhere(page, staff):
    live()
    told = policy(staff.get(page))
    assert told["script-src"] in {"'self' 'unsafe-eval'", "'unsafe-eval' 'self'"}
    assert "'unsafe-inline'" in told["style-src"]
    assert (told["default-src"], told["frame-ancestors"], told["base-uri"]) == ("'none'",) * 3
    assert (told["form-action"], told["connect-src"], told["font-src"]) == ("'self'",) * 3
    assert "http" not in " ".join(told.values())


@pytest.mark.parametrize("page", ["/", "/accounts/login/", "/privacy/", "/admin/nothing/", "/nothing/"])
def test_all_other_pages_stay_strict(page, client, staff):
    for browser in (client, staff):
        told = policy(browser.get(page))
        assert told["script-src"] == told["style-src"] == "'self'"


def test_a_page_that_refuses_is_strict(clerk):
    response = clerk().get("/admin/tokens/connection/")
    assert response.status_code == 403
    assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_another_host(page, staff):
    live()
    html = staff.get(page).content.decode()
    assert not re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", html)


def test_no_page_is_kept_by_a_cache(staff):
    path = f"/admin/tokens/connection/{make_connection().pk}/change/"
    assert "no-store" in staff.get(path)["Cache-Control"]
    assert staff.get(path)["X-Frame-Options"] == "DENY"
