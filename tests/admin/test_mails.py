"""Staff see every mail as its readers would get it, in a frame that can do nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from notifications import registry
from tests.factories import make_connection
from tests.markup import Page

pytestmark = pytest.mark.django_db
HTML = "/admin/mails/html/"


def test_every_kind_is_listed_and_has_a_page(staff: Client) -> None:
    listed = Page(staff.get("/admin/mails/").content.decode())
    for kind in registry.kinds():
        address = f"/admin/mails/kind/?kind={kind.name}"
        assert address in listed.hrefs
        assert staff.get(address).status_code == 200


def test_a_kind_is_shown_in_each_case_and_language_with_its_text(staff: Client) -> None:
    page = staff.get("/admin/mails/kind/?kind=reconnect_needed")
    html = page.content.decode()
    for words in (
        "Reconnect @flora.und.fauna: Instagram ended the connection",
        "@flora.und.fauna wieder verbinden: Instagram hat die Verbindung beendet",
        "Deutsch · System user",
    ):
        assert words in html
    assert html.count("<iframe") == html.count("sandbox src=") == 8
    assert "frame-src &#x27;self&#x27;" not in html
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "frame-src" not in staff.get("/admin/mails/")["Content-Security-Policy"]


def test_the_frame_holds_the_mail_alone_and_lets_nothing_out(staff: Client) -> None:
    framed = staff.get(HTML, {"kind": "reconnect_needed", "case": "Facebook", "language": "de"})
    html = framed.content.decode()
    assert '<html lang="de"' in html
    assert "der die Seite Flora und Fauna verwaltet" in html
    policy = framed["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline';")
    assert "script" not in policy
    assert framed["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "query",
    [{}, {"kind": "nothing"}, {"kind": "revived"}, {"kind": "revived", "case": "", "language": "xx"}],
)
def test_what_is_no_mail_is_not_found(staff: Client, query: dict[str, str]) -> None:
    assert staff.get(HTML, query).status_code == 404


def test_nothing_of_anybody_is_on_the_pages(staff: Client, clerk: Callable[..., Client]) -> None:
    connection = make_connection(handle="secretly", contact_email="carla@creator.example")
    for address in ("/admin/mails/", "/admin/mails/kind/?kind=reconnect_needed", "/admin/mails/kind/?kind=our_fault"):
        html = staff.get(address).content.decode()
        assert "secretly" not in html
        assert connection.tenant.name not in html


def test_only_staff_who_may_see_mail_see_them(clerk: Callable[..., Client]) -> None:
    browser = clerk("view_connection")
    for address in ("/admin/mails/", "/admin/mails/kind/?kind=revived", f"{HTML}?kind=revived&case=&language=en"):
        assert browser.get(address).status_code == 403
