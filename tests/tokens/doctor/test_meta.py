"""Meta's hosts, its clock, and what it says of our app."""

from __future__ import annotations

import threading
import time

import pytest

from tests.factories import make_connection, make_meta_app, make_tenant
from tokens.fields import Sealed
from tokens.meta.probe import Seen
from tokens.models import MetaApp
from tokens.services.doctor import meta

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(monkeypatch):
    """What is seen of each host: by a part of its address, everything else is well."""
    found: dict[str, Seen] = {}

    def look(url, *, seconds):
        return next((each for part, each in found.items() if part in url), Seen("", 200, 0.1, 0.0, 0.5))

    monkeypatch.setattr(meta, "look", look)
    return found


@pytest.fixture
def real_hosts(settings, emulator):
    """Addresses as Meta has them, as far as they are looked at; whoever calls our app reaches the emulator."""
    settings.INSTAGRAM_AUTHORIZE_URL = "https://www.instagram.com/oauth/authorize"
    settings.INSTAGRAM_GRAPH_URL = "https://graph.instagram.com"
    settings.FACEBOOK_DIALOG_URL, settings.FACEBOOK_GRAPH_URL = "https://www.facebook.com", "https://graph.facebook.com"


def test_hosts_that_answer_by_https_are_well(line, seen, real_hosts):
    found = line("graph.instagram.com")
    assert (found.level, found.sentence) == (
        "ok", "It answers within 0.10 s, with a sound certificate. (INSTAGRAM_GRAPH_URL)",
    )  # fmt: skip


def test_the_emulator_is_reached_and_warned_about(line, emulator):
    found = line(emulator.url.removeprefix("http://"))
    assert found.level == "warning"
    assert "by plain http" in found.sentence
    for name in meta.OF_INSTAGRAM:
        assert name in found.sentence, "one line for one host"


def test_looking_sends_no_secret(line, emulator, settings):
    line("Clock")
    heads = [each for each in emulator.state.requests() if each["method"] == "HEAD"]
    assert len(heads) == 1
    assert settings.INSTAGRAM_APP_SECRET not in repr(heads)


@pytest.mark.parametrize("trouble", ["name", "connection", "timeout", "certificate"])
def test_each_trouble_has_its_sentence_and_its_remedy(trouble, line, seen, real_hosts):
    seen["graph.instagram"] = Seen(trouble)
    found = line("graph.instagram.com")
    assert (found.level, found.remedy) == ("wrong", meta.TROUBLES[trouble][1])
    assert found.sentence.startswith(meta.TROUBLES[trouble][0])
    assert line("www.instagram.com").level == "ok"


def test_facebooks_hosts_are_looked_at_where_an_app_of_it_is_set(lines, seen, settings, real_hosts):
    settings.FACEBOOK_APP_ID = ""
    assert lines("graph.facebook.com") == []
    settings.FACEBOOK_APP_ID = "2"
    assert {lines(host)[0].level for host in ("graph.facebook.com", "www.facebook.com")} == {"ok"}


def test_a_host_that_hangs_beyond_its_time_is_a_timeout_and_holds_up_nobody(line, monkeypatch, real_hosts):
    monkeypatch.setattr(meta, "look", lambda url, *, seconds: threading.Event().wait(20))
    monkeypatch.setattr(meta, "SECONDS", 0.5)
    monkeypatch.setattr(meta, "NAME_SECONDS", 0.1)
    started = time.monotonic()
    assert line("graph.instagram.com").sentence.startswith("No answer within")
    assert time.monotonic() - started < 6


# The clock


@pytest.mark.parametrize(
    ("ahead", "doubt", "level"),
    [
        (0.0, 0.5, "ok"), (5.4, 0.5, "ok"), (-5.4, 0.5, "ok"), (5.6, 0.5, "warning"), (-5.6, 0.5, "warning"),
        (60.4, 0.5, "warning"), (60.6, 0.5, "wrong"), (-3600, 0.5, "wrong"), (6.5, 2.0, "ok"), (8.0, 2.0, "warning"),
    ],
)  # fmt: skip
def test_the_clock_is_judged_by_what_is_sure(ahead, doubt, level, line, seen):
    seen["http"] = Seen("", 200, 0.1, ahead, doubt)
    assert line("Clock").level == level


@pytest.mark.parametrize(("ahead", "words"), [(90, "90 s ahead of"), (-90, "90 s behind")])
def test_in_which_direction_it_is_wrong(ahead, words, line, seen):
    seen["http"] = Seen("", 200, 0.1, ahead, 0.5)
    assert words in line("Clock").sentence


def test_one_host_whose_clock_is_wrong_is_outvoted(line, seen, real_hosts):
    seen["graph.instagram"] = Seen("", 200, 0.1, 7200, 0.5)
    assert line("Clock").level == "ok"


def test_hosts_that_tell_no_time_leave_it_open(line, seen):
    seen["http"] = Seen("timeout")
    assert (line("Clock").level, "compared" in line("Clock").sentence) == ("warning", True)


# The app


def test_an_app_that_meta_takes_is_well(line, emulator):
    found = line("The installation's app")
    assert (found.level, found.sentence) == ("ok", "Meta accepts the app ID and the secret.")


def test_a_wrong_secret_is_found_before_the_first_user_does(line, settings):
    settings.INSTAGRAM_APP_SECRET = "mistyped-c4n4ry"
    found = line("The installation's app")
    assert (found.level, found.sentence) == ("wrong", "The secret is wrong.")
    assert "INSTAGRAM_APP_SECRET" in found.remedy
    assert "c4n4ry" not in repr(found)


@pytest.mark.parametrize(
    ("kind", "level", "words"),
    [
        ("invalid_platform_app", "wrong", "INSTAGRAM_APP_ID"),
        ("redirect_mismatch", "wrong", "redirect URI below"),
        ("http_500_empty", "warning", "Wait a few minutes"),
        ("rate_4", "warning", "in an hour"),
        ("html_200", "warning", "minutes"),
    ],
)
def test_whatever_meta_says_of_the_app_has_its_remedy(kind, level, words, line, emulator):
    emulator.state.add_fault(kind, path="/oauth/access_token")
    found = line("The installation's app")
    assert found.level == level
    assert words in found.remedy


def test_an_app_that_is_not_set_is_a_warning_and_nobody_is_asked(line, emulator, settings):
    settings.INSTAGRAM_APP_ID = settings.INSTAGRAM_APP_SECRET = ""
    assert line("The installation's app").level == "warning"
    assert emulator.state.requests("/oauth/access_token") == []


def test_it_stores_nothing_about_the_app(line):
    line("The installation's app")
    assert not MetaApp.objects.exists()


def test_own_apps_are_counted_and_not_asked(lines, emulator):
    apps = [make_meta_app(tenant=make_tenant()) for _ in range(3)]
    assert lines("Workspaces' own apps")[0].sentence == "3 apps in use, none known to be broken."
    MetaApp.objects.filter(pk=apps[0].pk).update(test_outcome="wrong_secret")
    MetaApp.objects.filter(pk=apps[1].pk).update(secret=Sealed(b"gAAAAA-of-a-lost-key"))
    failed, unreadable = lines("Workspaces' own apps")
    assert (failed.level, unreadable.level) == ("warning", "wrong")
    assert len(emulator.state.requests("/oauth/access_token")) == 2, "that of the installation, each time"


def test_retired_apps_are_of_no_interest(line):
    row = make_meta_app(tenant=make_tenant())
    make_connection(meta_app=row, tenant=row.tenant)
    MetaApp.objects.filter(pk=row.pk).update(test_outcome="wrong_secret", retired_at=row.created_at)
    assert line("Workspaces' own apps").sentence == "0 apps in use, none known to be broken."


@pytest.mark.parametrize(
    ("changes", "level", "part"),
    [
        ({}, "ok", "accepts the app ID and the secret"),
        ({"FACEBOOK_APP_SECRET": "of another app"}, "wrong", "The secret is wrong"),
        ({"FACEBOOK_APP_ID": "1"}, "wrong", "does not know an app"),
        ({"FACEBOOK_APP_SECRET": ""}, "wrong", "Only one of"),
        ({"FACEBOOK_APP_ID": "", "FACEBOOK_APP_SECRET": ""}, "ok", "None is set"),
    ],
)
def test_the_facebook_app_is_tried_too_and_told_apart_from_instagrams(line, settings, changes, level, part):
    for name, value in changes.items():
        setattr(settings, name, value)
    found = line("The installation's Facebook app")
    assert (found.level, part in found.sentence) == (level, True), found.sentence
    assert "of another app" not in found.sentence + found.remedy
    if level == "wrong":
        assert "FACEBOOK_APP_SECRET" in found.remedy and "INSTAGRAM" not in found.remedy


def test_where_no_facebook_app_is_set_nothing_is_to_be_entered_for_it(lines, settings):
    settings.FACEBOOK_APP_ID = ""
    assert not lines("Facebook redirect URI")
