"""The doctor as a page: the same lines as the command, for whoever may see how the installation does."""

from __future__ import annotations

import pytest

from tests.admin.rows import live
from tests.flows.hiding_places import Searcher
from tests.markup import Page
from tests.rows import all_rows
from tokens.doctor_report import look_over

pytestmark = pytest.mark.django_db
DOCTOR = "/admin/doctor/"
# A visit is noted, and the cache is probed.
SEEN = frozenset({"django_session", "usersessions_usersession", "perennial_cache"})


@pytest.fixture
def page(staff, emulator):
    def opened() -> Page:
        response = staff.get(DOCTOR)
        assert response.status_code == 200
        return Page(response.content.decode())

    return opened


def test_it_shows_the_lines_of_the_command_in_their_order(page):
    text, at = page().text, 0
    for each in look_over().findings:
        if each.name not in {"Connection", "The installation's app"} and "answers within" not in each.sentence:
            at = text.index(each.sentence, at)
            assert each.remedy in text


def test_it_is_run_again_by_a_button_without_script(page):
    form = page().form_of("Run again")
    assert (form.method, form.action) == ("get", "")


def test_what_is_wrong_is_shown_as_such_and_counted(page, settings):
    settings.ALLOWED_HOSTS = ["other.example", "testserver"]
    assert "wrong ALLOWED_HOSTS The host of SITE_URL is not among them" in page().text
    assert f"{look_over().counts['wrong']} wrong" in page().text


def test_it_changes_nothing(staff, emulator):
    live()
    staff.get("/admin/")
    before = all_rows(apart_from=SEEN)
    assert staff.get(DOCTOR).status_code == 200
    assert all_rows(apart_from=SEEN) == before


def test_it_shows_no_secret_and_nobody(page, settings):
    lived = live()
    settings.INSTAGRAM_APP_SECRET = "planted-c4n4ry-secret"
    html = page().html
    assert Searcher([*lived.secrets, "c4n4ry", settings.SECRET_KEY, *settings.FERNET_KEYS]).find({"page": html}) == []


def test_the_home_page_and_the_menu_lead_there(staff):
    hrefs = Page(staff.get("/admin/").content.decode()).hrefs
    assert hrefs.count(DOCTOR) == 2


@pytest.mark.parametrize(("permission", "status"), [("view_connection", 200), ("change_connection", 200), ("", 403)])
def test_it_opens_for_whoever_sees_the_numbers_of_the_home_page(permission, status, clerk, emulator):
    browser = clerk(permission)
    assert browser.get(DOCTOR).status_code == status
    assert (DOCTOR in Page(browser.get("/admin/").content.decode()).hrefs) is (status == 200)


def test_it_is_looked_at_and_nothing_else(staff):
    for method in ("post", "put", "delete", "patch"):
        assert getattr(staff, method)(DOCTOR).status_code == 405


def test_strangers_are_sent_to_sign_in_and_nothing_is_asked(client, emulator):
    assert client.get(DOCTOR)["Location"] == f"/accounts/login/?next={DOCTOR}"
    assert emulator.state.requests() == []


def test_it_is_kept_by_no_cache_and_names_no_other_host_to_load_from(staff, emulator):
    response = staff.get(DOCTOR)
    assert "no-store" in response["Cache-Control"]
    assert "script-src" in response["Content-Security-Policy"]
    assert "style=" not in response.content.decode().partition("<main")[2]
