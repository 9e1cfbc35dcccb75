"""The settings' lines, and the addresses for Meta's dashboard."""

from __future__ import annotations

import pytest

from tokens.services.doctor.installation import TOLD_ELSEWHERE, out_of_reach

pytestmark = pytest.mark.django_db

PUBLIC = "https://perennial.acme.dev"


def test_settings_that_fit_together_are_one_line(line, settings):
    settings.DEBUG = True  # with an emulator on this machine, that is as it should be
    assert line("System checks").level == "ok"


@pytest.mark.parametrize(
    ("name", "value", "id", "level"),
    [
        ("INSTAGRAM_APP_SECRET", "", "perennial.E007", "wrong"),
        ("SECRET_KEY", "short", "perennial.W002", "warning"),
        ("FERNET_USE_HKDF", True, "perennial.E006", "wrong"),
    ],
)
def test_each_message_of_a_check_is_a_line_with_its_hint(name, value, id, level, line, lines, settings):
    setattr(settings, name, value)
    found = line(id)
    assert found.level == level
    assert found.remedy
    assert lines("System checks") == []


def test_what_has_a_line_of_its_own_is_told_once(lines, settings):
    settings.STAFF_ALERT_EMAILS, settings.SERVED_BY_HTTPS, settings.DEBUG = [], False, True
    settings.SITE_HOST = "acme.dev"
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    for id in TOLD_ELSEWHERE:
        assert lines(id) == []
    assert lines("STAFF_ALERT_EMAILS")[0].level == "warning"
    assert lines("DEBUG")[0].level == "wrong"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (PUBLIC, ""),
        ("https://93.184.216.34", ""),
        ("http://perennial.acme.dev", "plain http"),
        ("http://localhost:8000", "this very machine"),
        ("https://127.0.0.1", "this very machine"),
        ("https://[::1]:8443", "this very machine"),
        ("https://10.0.0.7", "private network"),
        ("https://[fd00::1]", "private network"),
        ("https://perennial", "private network"),
        ("https://perennial.internal", "private network"),
        ("https://perennial.local", "private network"),
    ],
)
def test_which_addresses_meta_reaches(url, why, settings):
    settings.SITE_URL = url
    assert why in out_of_reach()
    assert bool(out_of_reach()) is bool(why)


def test_the_site_is_public_or_warned_about(line, settings):
    assert line("SITE_URL").level == "warning"
    settings.SITE_URL = PUBLIC
    assert line("SITE_URL").level == "ok"


@pytest.mark.parametrize(("debug", "host", "level"), [
    (False, "acme.dev", "ok"), (True, "localhost", "warning"), (True, "acme.dev", "wrong"),
])  # fmt: skip
def test_debug(debug, host, level, line, settings):
    settings.DEBUG, settings.SITE_HOST = debug, host
    assert line("DEBUG").level == level


@pytest.mark.parametrize(
    ("host", "allowed", "level"),
    [
        ("acme.dev", ["acme.dev"], "ok"),
        ("app.acme.dev", [".acme.dev"], "ok"),
        ("::1", ["[::1]"], "ok"),
        ("acme.dev", ["*"], "warning"),
        ("acme.dev", ["other.dev"], "wrong"),
        ("acme.dev", [], "wrong"),
    ],
)
def test_the_hosts_own_name_is_allowed(host, allowed, level, line, settings):
    settings.SITE_HOST, settings.ALLOWED_HOSTS = host, allowed
    assert line("ALLOWED_HOSTS").level == level


@pytest.mark.parametrize(("token", "proxies", "level"), [("t0ken-c4n4ry", 1, "ok"), ("", 0, "ok"), ("", 1, "warning")])
def test_monitoring_behind_a_proxy_needs_its_token(token, proxies, level, line, settings):
    settings.STATUS_TOKEN, settings.TRUSTED_PROXY_COUNT = token, proxies
    found = line("STATUS_TOKEN")
    assert found.level == level
    assert "c4n4ry" not in found.sentence + found.remedy


def test_the_addresses_are_exactly_what_meta_must_have(line, settings):
    settings.SITE_URL = PUBLIC
    told = {
        name: line(name).sentence
        for name in (
            "Redirect URI", "Deauthorize callback URL", "Data deletion request URL", "Privacy policy URL",
            "Terms of service URL", "Facebook redirect URI", "Facebook deauthorize callback URL",
        )
    }  # fmt: skip
    assert told == {
        "Redirect URI": f"{PUBLIC}/oauth/callback/instagram/",
        "Deauthorize callback URL": f"{PUBLIC}/meta/deauthorize/",
        "Data deletion request URL": f"{PUBLIC}/meta/data-deletion/",
        "Privacy policy URL": f"{PUBLIC}/privacy/",
        "Terms of service URL": f"{PUBLIC}/terms/",
        "Facebook redirect URI": f"{PUBLIC}/oauth/callback/facebook/",
        "Facebook deauthorize callback URL": f"{PUBLIC}/meta/deauthorize/",
    }
    assert line("Redirect URI").level == "ok"


def test_addresses_that_meta_cannot_use_are_told_with_the_reason(line, settings):
    found = line("Deauthorize callback URL")
    assert (found.level, found.sentence) == ("warning", "http://localhost:8000/meta/deauthorize/")
    assert "this very machine" in found.remedy
