"""What goes wrong is told in a sentence, with the right status and without a traceback."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core import mail
from django.db import InterfaceError, OperationalError
from django.test import Client

from accounts.models import Role
from tests.emulator.records import random_text
from tests.factories import make_member
from tests.markup import Page
from tests.tokens.journeys import sign_in

pytestmark = pytest.mark.django_db
CLUES = ["Traceback", "Exception", "Error at", "django", "settings", str(settings.BASE_DIR), "site-packages", "SELECT"]


def assert_told(response, status, words):
    html = response.content.decode()
    page = Page(html)
    assert response.status_code == status
    assert words in page.text
    assert page.hrefs
    assert html.count("<h1") == 1
    for clue in CLUES:
        assert clue not in html
    assert "no-store" in response["Cache-Control"]
    assert "Content-Security-Policy" in response
    return page


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


@pytest.fixture
def broken(monkeypatch):
    """Makes the workspace's page fail."""

    def broken(error):
        def fail(*args, **kwargs):
            raise error

        monkeypatch.setattr("tokens.views.workspace.render", fail)

    return broken


@pytest.fixture
def dead_database(monkeypatch):
    """Every query fails, as with a server that is gone."""

    def fail(*args, **kwargs):
        raise OperationalError("connection to server at 10.1.2.3 failed: password authentication for user postgres")

    def kill():
        monkeypatch.setattr("django.db.backends.utils.CursorWrapper._execute_with_wrappers", fail)

    return kill


def test_400(browser):
    assert_told(browser.get("/", headers={"host": "evil.example"}), 400, "Nothing was changed")


def test_403_for_a_role_that_may_not(tenant):
    viewer = sign_in(make_member(tenant, Role.VIEWER))
    assert_told(viewer.post(f"/w/{tenant.slug}/connect/instagram_login/"), 403, "lets you look")


def test_403_for_a_form_that_is_too_old(alice, tenant):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert_told(strict.post(f"/w/{tenant.slug}/connect/instagram_login/"), 403, "too old")


@pytest.mark.parametrize("path", ["/nowhere/", "/%00", "/" + "x" * 3000, "/w/", "/link/", "/oauth/callback/", "/☎/"])
def test_404(path, browser):
    page = assert_told(browser.get(path), 404, "nothing here")
    assert "xxxx" not in page.html


def test_404_for_a_member(signed_in):
    assert_told(signed_in.get("/w/nowhere/"), 404, "nothing here")


def test_500(broken, signed_in, tenant, settings):
    broken(ValueError("secret-in-message"))
    signed_in.raise_request_exception = False
    page = assert_told(signed_in.get(f"/w/{tenant.slug}/"), 500, "our fault")
    assert "secret-in-message" not in page.html
    assert not settings.DEBUG


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_503_where_the_database_does_not_answer(error, broken, signed_in, tenant):
    broken(error("could not connect to server 10.1.2.3"))
    signed_in.raise_request_exception = False
    page = assert_told(signed_in.get(f"/w/{tenant.slug}/"), 503, "database")
    assert "10.1.2.3" not in page.html


@pytest.mark.parametrize("path", ["/w/x/", "/link/x/", "/accounts/email/", "/oauth/callback/instagram/?state=x"])
def test_503_on_every_page_that_needs_the_database(path, signed_in, dead_database):
    signed_in.raise_request_exception = False
    dead_database()
    page = assert_told(signed_in.get(path), 503, "Back in a moment")
    assert "10.1.2.3" not in page.html


@pytest.mark.parametrize("path", ["/link/x/", "/link/x/new/", "/accounts/login/", "/accounts/signup/"])
def test_503_for_what_is_sent_while_the_database_is_gone(path, browser, dead_database):
    dead_database()
    form = {"login": "a@b.example", "password": "x" * 12, "email": "a@b.example", "password1": "x" * 12}
    assert_told(browser.post(path, {**form, "workspace_name": "x"}), 503, "Back in a moment")


@pytest.mark.parametrize("path", ["/", "/privacy/", "/terms/", "/data-deletion/", "/nowhere/", "/accounts/login/"])
def test_what_a_visitor_reads_needs_no_database(path, browser, dead_database):
    dead_database()
    assert browser.get(path).status_code in {200, 404}


@pytest.mark.parametrize("method", ["get", "head"])
def test_healthz_is_ok_and_nothing_else_without_database(method, browser, dead_database):
    dead_database()
    response = getattr(browser, method)("/healthz")
    assert response.status_code == 200
    assert response.content == (b"ok" if method == "get" else b"")
    assert response["Content-Type"].startswith("text/plain")
    assert not response.cookies


def test_healthz_asks_nothing_for_a_member_either(signed_in, dead_database):
    dead_database()
    assert signed_in.get("/healthz").content == b"ok"


def test_healthz_does_not_mind_how_a_probe_names_the_machine(browser):
    assert browser.get("/healthz", headers={"host": "10.0.0.9:8000"}).content == b"ok"


def test_staff_are_mailed_about_a_500_without_secrets(broken, signed_in, tenant, caplog):
    token, code, other = (f"{kind}{random_text(176)}" for kind in ("IGAA", "AQB", "IGAA"))
    broken(ValueError(f"access_token={token}"))
    signed_in.raise_request_exception = False
    signed_in.get(f"/w/{tenant.slug}/?code={code}", headers={"authorization": f"Bearer {other}"})
    assert [message.to for message in mail.outbox] == [["staff@perennial.example"]]
    text = "".join(message.subject + str(message.body) for message in mail.outbox)
    for secret in (token, code, other, signed_in.cookies["sessionid"].value):
        assert secret not in text
        assert secret not in caplog.text


def test_a_wrong_method_is_told(signed_in, tenant):
    response = signed_in.put(f"/w/{tenant.slug}/")
    assert response.status_code == 405
    assert "GET" in response["Allow"]
