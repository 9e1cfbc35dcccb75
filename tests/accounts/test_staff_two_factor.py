"""STAFF_TWO_FACTOR: the staff's pages open only in a session that has shown a second factor."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from tests.accounts.people import read, sign_in
from tests.accounts.second_factor import CODES, INDEX, code_of, recovery_codes, set_up_app, show_password, type_code
from tests.admin.test_access import ADDRESSES
from tests.conftest import PASSWORD
from tests.factories import make_tenant, make_user

pytestmark = pytest.mark.django_db
WANTED = "/admin/tokens/connection/?q=anna"
ASKED = "/accounts/2fa/reauthenticate/?next=%2Fadmin%2Ftokens%2Fconnection%2F%3Fq%3Danna"


@pytest.fixture(autouse=True)
def compulsory(settings, travel):
    settings.STAFF_TWO_FACTOR = True
    travel("2026-03-01 10:00:00+00:00")


@pytest.fixture
def boss(db):
    return make_user("boss@perennial.example", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(boss):
    """A session that the password alone has opened."""
    browser = Client()
    sign_in(browser, boss.email, PASSWORD)
    return browser


def an_older_session(user):
    """One that was opened before the second factor was set up."""
    browser = Client()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def answers(browser):
    """Of every page but the one for signing out, to looking and to sending."""
    for number, address in enumerate(ADDRESSES):
        if number % 50 == 0:
            # More posts than anybody may send in a minute.
            cache.clear()
        if "logout" not in address:
            for method in ("get", "post"):
                yield (method, address), getattr(browser, method)(address)


def test_no_staff_page_opens_without_one(staff):
    led = {asked: (answer.status_code, answer.headers.get("Location")) for asked, answer in answers(staff)}
    assert len(led) > 100
    assert {asked: where for asked, where in led.items() if where != (302, INDEX)} == {}


def test_no_staff_page_opens_in_a_session_that_has_not_shown_it(staff, boss):
    set_up_app(staff)
    led = {
        asked: (answer.status_code, answer.headers.get("Location", ""))
        for asked, answer in answers(an_older_session(boss))
    }
    assert len(led) > 100
    asks = "/accounts/2fa/reauthenticate/?next=%2Fadmin%2F"
    assert {asked: told for asked, told in led.items() if told[0] != 302 or not told[1].startswith(asks)} == {}


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_leads_on_to_where_one_wanted_to_go(staff):
    page = read(staff.get(WANTED, follow=True))
    assert "The staff's pages ask for two-factor sign-in" in page.text
    set_up_app(staff)
    assert WANTED in read(staff.get(CODES)).hrefs
    assert WANTED in read(staff.get(INDEX)).hrefs
    assert staff.get(WANTED).status_code == 200
    assert WANTED not in read(staff.get(INDEX)).hrefs


def test_showing_it_leads_on_to_where_one_wanted_to_go(staff, boss):
    secret = set_up_app(staff)
    older = an_older_session(boss)
    assert older.get(WANTED)["Location"] == ASKED
    page = read(older.get(ASKED))
    assert "Use your password" not in page.text
    form = page.form_of("Confirm")
    response = older.post(form.action, {**form.fields, "code": code_of(secret)})
    assert response["Location"] == WANTED
    assert older.get(WANTED).status_code == 200


def test_a_wrong_code_leads_nowhere(staff, boss):
    set_up_app(staff)
    older = an_older_session(boss)
    assert older.post(ASKED, {"code": "000000"}).status_code == 200
    assert older.get(WANTED)["Location"] == ASKED


def test_the_password_shown_once_more_is_no_second_factor(staff, boss):
    set_up_app(staff)
    older = an_older_session(boss)
    response = older.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": WANTED})
    assert response["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert older.get(WANTED)["Location"] == ASKED


def test_whoever_signed_in_with_it_is_not_asked_again(staff, boss):
    secret = set_up_app(staff)
    browser = Client()
    browser.post("/accounts/login/", {"login": boss.email, "password": PASSWORD, "next": WANTED})
    assert type_code(browser, code_of(secret))["Location"] == WANTED
    assert browser.get(WANTED).status_code == 200


def test_a_recovery_code_opens_them_too(staff, boss):
    set_up_app(staff)
    [code, *_] = recovery_codes(staff)
    browser = Client()
    sign_in(browser, boss.email, PASSWORD)
    type_code(browser, code)
    assert browser.get(WANTED).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_factor_that_was_removed_since_counts_no_more(staff, boss):
    set_up_app(staff)
    assert staff.get(WANTED).status_code == 200
    Authenticator.objects.filter(user=boss).delete()
    assert staff.get(WANTED)["Location"] == INDEX
    other = an_older_session(boss)
    show_password(other, "/")
    set_up_app(other)
    assert staff.get(WANTED)["Location"] == ASKED


def test_a_record_of_somebody_else_counts_for_nothing(staff, boss):
    colleague = make_user("clerk@perennial.example", is_staff=True)
    set_up_app(staff)
    set_up_app(an_older_session(colleague))
    staff.force_login(colleague, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert staff.get(WANTED)["Location"] == ASKED


def test_what_was_posted_leads_to_the_staffs_first_page(staff, boss):
    set_up_app(staff)
    older = an_older_session(boss)
    assert older.post("/admin/tokens/connection/", {"action": "x"})["Location"].endswith("?next=%2Fadmin%2F")


def test_signing_out_is_always_possible(staff):
    assert staff.post("/admin/logout/")["Location"] == "/"


def test_customers_are_refused_as_ever():
    customer = make_user()
    make_tenant("Theirs", owner=customer)
    browser = an_older_session(customer)
    assert browser.get("/admin/").status_code == 403
    assert browser.get("/w/theirs/").status_code == 200


def test_staff_reach_their_own_workspace_without_it(staff, boss):
    make_tenant("Own", owner=boss)
    assert staff.get("/w/own/").status_code == 200


def test_it_is_off_by_default(staff, settings):
    settings.STAFF_TWO_FACTOR = False
    assert staff.get(WANTED).status_code == 200
