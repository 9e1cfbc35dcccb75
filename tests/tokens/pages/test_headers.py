"""Headers and cookies of every kind of page."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
PAGES = {
    "landing": "/",
    "sign up": "/accounts/signup/",
    "sign in": "/accounts/login/",
    "privacy": "/privacy/",
    "link": "/link/garbled/",
    "callback": "/oauth/callback/instagram/",
    "not found": "/nowhere/",
    "wall": "/w/nowhere/",
}


@pytest.fixture(params=[*PAGES, "workspace", "connection"])
def response(request, signed_in, tenant, path):
    address = {"workspace": f"/w/{tenant.slug}/", "connection": path}.get(request.param)
    return signed_in.get(address) if address else Client().get(PAGES[request.param])


def policy(response):
    directives = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {words[0]: words[1:] for words in directives if words}


def test_the_content_policy_lets_nothing_in_but_our_own(response):
    allowed = policy(response)
    assert allowed["default-src"] == ["'none'"]
    assert allowed["script-src"] == allowed["style-src"] == ["'self'"]
    assert allowed["base-uri"] == allowed["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in response["Content-Security-Policy"]


def test_forms_may_lead_to_us_and_to_consent(response):
    origins = {"https://www.instagram.com", "https://www.facebook.com"}
    assert set(policy(response)["form-action"]) == {"'self'", *origins}


def test_nobody_may_frame_or_sniff_or_keep_it(response):
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert "geolocation=()" in response["Permissions-Policy"]


def test_the_referrer_stays_here(response):
    # A page with forms must say same-origin: under no-referrer browsers post with `Origin: null`, which is refused.
    callback = response.request["PATH_INFO"].startswith("/oauth/")
    assert response["Referrer-Policy"] == ("no-referrer" if callback else "same-origin")
    assert not callback or b"<form" not in response.content


def test_no_header_tells_what_we_are_built_with(response):
    assert "Server" not in response
    assert "X-Powered-By" not in response


def test_the_consent_origins_come_from_the_environment(run_python):
    told = run_python(
        "from django.conf import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])",
        INSTAGRAM_AUTHORIZE_URL="https://meta.example:8443/oauth/authorize",
        FACEBOOK_DIALOG_URL="https://dialog.example/path",
    )
    assert "'https://meta.example:8443'" in told
    assert "'https://dialog.example'" in told
    assert "oauth" not in told


def test_cookies_are_lax_and_the_session_is_not_for_scripts(alice, tenant):
    browser = Client()
    form = browser.get("/accounts/login/")
    assert form.cookies["csrftoken"]["samesite"] == "Lax"
    response = browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    session = response.cookies["sessionid"]
    assert (session["samesite"], session["httponly"], session["secure"], session["path"]) == ("Lax", True, "", "/")
    assert session["domain"] == ""


def test_a_visitor_gets_no_session(client):
    for path in ("/", "/privacy/", "/link/garbled/", "/w/nowhere/"):
        assert "sessionid" not in client.get(path).cookies
