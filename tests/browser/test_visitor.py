"""The judge judged: each kind of trouble on a page is noticed, with JavaScript and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.visitor import PHONE, Visitor

SITE = "http://localhost:1"
FIT = '<meta name="viewport" content="width=device-width">'
PAGE = '<!doctype html><html lang="en"><title>{title}</title>{fit}<main>{body}</main></html>'
POLICY = "default-src 'none'; script-src 'self'; img-src *"
Show = Callable[..., Visitor]


@pytest.fixture
def show(chromium: Browser) -> Iterator[Show]:
    """Lets somebody open a page of this body."""
    visitors: list[Visitor] = []

    def open_page(
        body: str, *, script: bool = True, title: str = "Title", status: int = 200, fit: str = FIT
    ) -> Visitor:
        def answer(route: Route) -> None:
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
            route.fulfill(status=status, headers=headers, body=PAGE.format(title=title, body=body, fit=fit))

        visitor = Visitor(chromium, SITE, ["localhost:1"], size=PHONE, script=script, name="judge")
        visitors.append(visitor)
        visitor.context.route("**/*", lambda route: route.abort())
        visitor.context.route(f"{SITE}/", answer)
        visitor.open("/")
        return visitor

    yield open_page
    for each in visitors:
        each.leave()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_sound_page_passes(show: Show, script: bool) -> None:
    show("<h1>Sound</h1>", script=script).look("sound")
    show("<h1>Gone</h1>", script=script, status=404).look("gone", status=404)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ({"body": "<h1>One</h1><h1>Two</h1>"}, "2 h1"),
        ({"body": "<p>None</p>"}, "0 h1"),
        ({"body": "<h1>Untitled</h1>", "title": ""}, "no title"),
        ({"body": "<h1>Gone</h1>", "status": 404}, "404"),
        ({"body": "<h1>Mute</h1><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"}, "image-alt"),
        ({"body": "<h1>Wide</h1><hr width=800>"}, "px wide"),
        ({"body": "<h1>Made for desks</h1>", "fit": ""}, "px wide"),
        ({"body": "<h1>Styled</h1><p style='margin: 0'>against the policy</p>"}, "Content Security Policy"),
        ({"body": "<h1>Far</h1><img alt='far' src='http://elsewhere.example/x.png'>"}, "elsewhere.example"),
    ],
    ids=["two-h1", "no-h1", "no-title", "status", "axe", "wide", "no-viewport", "policy", "foreign-host"],
)
def test_trouble_is_noticed(show: Show, page: dict[str, object], complaint: str, script: bool) -> None:
    visitor = show(script=script, **page)
    with pytest.raises(AssertionError, match=complaint):
        visitor.look("trouble")
