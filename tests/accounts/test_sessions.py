"""The list of one's sessions, and signing out everywhere else."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.devices import in_words
from tests.accounts.people import is_signed_in, read, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SESSIONS = "/accounts/sessions/"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Mobile/15E148 Safari/604.1"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
EDGE = f"{DESK} Edg/140.0.0.0"


@pytest.fixture
def desk(alice, tenant):
    return a_browser(alice, DESK)


@pytest.fixture
def phone(alice, tenant):
    return a_browser(alice, PHONE)


def a_browser(user, user_agent):
    browser = Client(headers={"user-agent": user_agent})
    sign_in(browser, user.email, PASSWORD)
    assert is_signed_in(browser)
    return browser


def test_each_browser_stands_in_the_list(desk, phone):
    text = read(desk.get(SESSIONS)).text
    assert "Chrome on Windows This one" in text
    assert "Safari on an iPhone Signed in on" in text
    assert "127.0.0.1" in text


def test_one_button_signs_out_everywhere_else(desk, phone, tenant):
    form = read(desk.get(SESSIONS)).form_of("Sign out everywhere else")
    page = desk.post(form.action, form.fields, follow=True)
    assert "You are signed out everywhere else." in read(page).text
    assert desk.get(f"/w/{tenant.slug}/").status_code == 200
    assert phone.get(f"/w/{tenant.slug}/")["Location"].startswith("/accounts/login/")
    assert UserSession.objects.count() == 1


def test_a_single_session_has_no_such_button(desk):
    page = read(desk.get(SESSIONS))
    assert "Sign out everywhere else" not in page.button_words
    assert "signed in nowhere else" in page.text


def test_nobody_signs_others_out(desk, user_factory):
    stranger = a_browser(user_factory("bob@example.com"), PHONE)
    stranger.post(SESSIONS)
    assert desk.get(SESSIONS).status_code == 200
    assert "Windows" not in read(stranger.get(SESSIONS)).text


def test_a_session_that_was_signed_out_leaves_the_list(desk, phone):
    phone.post("/accounts/logout/")
    assert "iPhone" not in read(desk.get(SESSIONS)).text


def test_a_session_older_than_the_list_is_noted_at_its_next_request(signed_in, tenant):
    # As one that was opened before there was a list.
    assert not UserSession.objects.exists()
    signed_in.get(f"/w/{tenant.slug}/")
    assert UserSession.objects.get().session_key == signed_in.session.session_key


def test_a_page_view_writes_nothing_until_a_few_minutes_later(desk, tenant, travel):
    travel("2030-01-01 10:00:00+00:00")
    browser = desk
    sign_in(browser, "alice@example.com", PASSWORD)
    browser.get("/privacy/")
    first = UserSession.objects.get(session_key=browser.session.session_key).last_seen_at
    travel("2030-01-01 10:04:00+00:00")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/privacy/")
    assert not [each["sql"] for each in queries if not each["sql"].startswith("SELECT")]
    travel("2030-01-01 10:06:00+00:00")
    browser.get("/privacy/")
    assert UserSession.objects.get(session_key=browser.session.session_key).last_seen_at > first


def test_a_session_that_turns_up_elsewhere_is_noted_at_once(desk):
    desk.get("/privacy/", headers={"user-agent": PHONE}, REMOTE_ADDR="203.0.113.9")
    text = read(desk.get(SESSIONS, headers={"user-agent": PHONE}, REMOTE_ADDR="203.0.113.9")).text
    assert "Safari on an iPhone This one" in text
    assert "203.0.113.9" in text


def test_a_new_password_keeps_this_session_and_ends_the_others(desk, phone, tenant):
    new = "another long pass phrase"
    form = read(desk.get("/accounts/password/change/")).form_of("Save password")
    typed = {name: new for name in form.visible if name != "oldpassword"}
    desk.post(form.action, {**form.fields, **typed, "oldpassword": PASSWORD})
    assert desk.get(f"/w/{tenant.slug}/").status_code == 200
    assert phone.get(f"/w/{tenant.slug}/").status_code == 302
    assert "iPhone" not in read(desk.get(SESSIONS)).text


@pytest.mark.parametrize("user_agent", ["", "x", "x" * 5000, "\x00", "<script>alert(1)</script>", "é"])
def test_any_user_agent_is_shown_in_words(user_agent, alice, tenant):
    browser = a_browser(alice, user_agent)
    response = browser.get(SESSIONS)
    assert response.status_code == 200
    assert "A browser that we don’t know" in read(response).text


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (DESK, "Chrome on Windows"),
        (EDGE, "Edge on Windows"),
        (PHONE, "Safari on an iPhone"),
        (PHONE.replace("Version/18.0", "CriOS/140.0"), "Chrome on an iPhone"),
        (f"{PHONE} Instagram 350.0", "Instagram’s browser on an iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0 (Windows)", "A browser on Windows"),
    ],
)
def test_a_browser_is_called_what_people_call_it(user_agent, words):
    assert in_words(user_agent) == words
