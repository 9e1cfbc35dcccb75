"""That a person opened a link's page is noted once; that a program did is not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_connection, make_user
from tests.rows import all_rows
from tests.tokens.journeys import sign_in
from tests.tokens.links.inviting import path_of
from tests.tokens.links.visiting import ANDROID, DESK, IPHONE, person
from tokens.models import ReconnectRequest
from tokens.services import links
from tokens.services.send_link import send_link

pytestmark = pytest.mark.django_db
CUBOT = ANDROID.replace("Pixel 8", "CUBOT KINGKONG 9")
INSTAGRAM = f"{IPHONE} Instagram 380.0.0.21.108 (iPhone15,2; iOS 18_5; en_GB)"
PROGRAMS = [
    *("", "curl/8.14", "python-requests/2.32", "Go-http-client/2.0", "WhatsApp/2.24", "facebookexternalhit/1.1"),
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0) Chrome/120 Safari/537.36",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/137.0 Safari/537.36",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Mozilla/5.0 (compatible; LinkScanner 1.0)",
    "Mozilla/5.0 (compatible; TelegramBot (like TwitterBot))",
]
AHEAD = [
    {"purpose": "prefetch"},
    {"sec-purpose": "prefetch;prerender"},
    {"x-purpose": "preview"},
    {"x-moz": "prefetch"},
    {"sec-fetch-dest": "image"},
    {"sec-fetch-dest": "empty"},
    {"sec-fetch-dest": "iframe"},
]


@pytest.fixture
def request_path(dead: Any, alice: Any) -> str:
    """The link of a mail that asks for the connection back."""
    assert send_link(dead, actor=alice.email)
    return path_of(dead.links.get())


def opened() -> dt.datetime | None:
    return ReconnectRequest.objects.get().opened_at


@pytest.mark.parametrize("agent", [IPHONE, ANDROID, DESK, CUBOT, INSTAGRAM])
def test_a_person_is_noted_once(agent: str, request_path: str, travel: Any) -> None:
    now = timezone.now()
    travel(now)
    assert person(agent).get(request_path).status_code == 200
    travel(now + dt.timedelta(hours=1))
    before = all_rows()
    assert person(agent, **{"sec-fetch-dest": "document"}).get(request_path).status_code == 200
    assert opened() == now
    assert all_rows() == before


@pytest.mark.parametrize("browser", [
    *(person(agent) for agent in PROGRAMS), *(person(IPHONE, **headers) for headers in AHEAD),
])  # fmt: skip
def test_a_program_is_not(browser: Client, request_path: str) -> None:
    before = all_rows()
    assert browser.get(request_path).status_code == 200
    assert all_rows() == before


def test_neither_is_a_head(request_path: str) -> None:
    before = all_rows()
    assert person().head(request_path).status_code == 200
    assert all_rows() == before


def test_neither_is_staff(request_path: str) -> None:
    browser = sign_in(make_user(is_staff=True))
    browser.defaults["HTTP_USER_AGENT"] = DESK
    assert browser.get(request_path).status_code == 200
    assert opened() is None
    assert browser.post(request_path).status_code == 302
    assert ReconnectRequest.objects.get().began_at is None


def test_the_note_tells_nobody_who_it_was(request_path: str) -> None:
    before = all_rows()
    person(DESK, **{"accept-language": "nn-NO"}).get(request_path)
    after = all_rows()
    assert [table for table in after if after[table] != before[table]] == ["tokens_reconnectrequest"]
    assert "Firefox" not in repr(after["tokens_reconnectrequest"])


def test_a_link_that_no_longer_opens_notes_nothing(request_path: str, dead: Any) -> None:
    links.issue(dead, recipients=[])
    before = all_rows()
    assert person().get(request_path).status_code == 410
    assert all_rows() == before


def test_a_link_to_a_connection_that_works_notes_nothing(tenant: Any, alice: Any) -> None:
    working = make_connection(tenant=tenant, connected_by=alice)
    assert send_link(working, actor=alice.email)
    before = all_rows()
    assert person().get(path_of(working.links.get())).status_code == 200
    assert all_rows() == before
    assert not ReconnectRequest.objects.exists()
