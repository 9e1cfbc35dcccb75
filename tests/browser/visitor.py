"""A person with a browser, who notices whatever is wrong with the pages they see."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
from playwright.sync_api import Browser, CDPSession, ConsoleMessage, Error, Locator, Page, Request, Response, expect

ROOT = Path(__file__).resolve().parent.parent.parent
ARTIFACTS = ROOT / ".artifacts" / "browser"
AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text("utf-8")
# null: axe-core is not in the page yet.
FIND_VIOLATIONS = """async (rules) => typeof axe === "undefined" ? null
    : (await axe.run(document, {resultTypes: ["violations"], preload: false, ...rules})).violations
    .filter(each => ["serious", "critical"].includes(each.impact))
    .map(each => `${each.id}: ${each.help}: ` + each.nodes.map(node => node.target.join(" ")).join(", "))"""
MEASURE = """() => [document.title.trim(), document.querySelectorAll("h1").length,
    document.documentElement.scrollWidth]"""
PHONE, DESK = (390, 844), (1280, 900)
SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
# Without scripts the layout is the same: on the narrower screen alone.
VIEWS = pytest.mark.parametrize(
    ("size", "script"), [(PHONE, True), (DESK, True), (PHONE, False)], ids=["phone", "desk", "phone-no-script"]
)
PATIENCE = 15_000
# What Playwright says of a page that is being left while it is read.
LEFT = re.compile("page is navigating|context was destroyed|because of a navigation")
# Pages that axe-core found nothing in: journeys pass by the same ones again and again.
_SOUND: set[tuple[int, bool, str]] = set()


class Visitor:
    """One browser context: its cookies, its one page, and all that went wrong in it.

    Args:
        chromium: the browser that runs.
        site: the site's address.
        hosts: whom pages may ask anything; every other request is noted as trouble.
        size: of the window; a narrow one is a phone's.
        script: whether JavaScript is on.
        dark: whether pages are judged in dark colours, too.
        name: begins the names of the pictures taken.
    """

    def __init__(
        self,
        chromium: Browser,
        site: str,
        hosts: Collection[str],
        *,
        size: tuple[int, int] = DESK,
        script: bool = True,
        dark: bool = False,
        name: str = "",
    ) -> None:
        phone = size[0] < 600
        self.site, self.hosts = site, set(hosts)
        self.width, self.script, self.dark, self.name = size[0], script, dark, name
        self.context = chromium.new_context(
            base_url=site,
            viewport={"width": size[0], "height": size[1]},
            is_mobile=phone,
            has_touch=phone,
            java_script_enabled=script,
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.trouble.append(f"script failed: {error.error}"))
        self.context.on("request", self._request)
        self.context.on("response", self._response)
        self.trouble: list[str] = []
        self.status = 0
        self.steps = 0
        self._failed_loads: list[tuple[str, str]] = []
        self._devtools: CDPSession | None = None
        self.page: Page = self.context.new_page()

    # What a person does

    def open(self, address: str) -> None:
        self.page.goto(address)

    def button(self, words: str) -> Locator:
        """The button that says exactly `words`."""
        return self.page.get_by_role("button", name=words, exact=True)

    def press(self, words: str) -> None:
        self.button(words).click()

    def field(self, kind: str) -> Locator:
        """The one visible field of a kind: `email`, `password`, `text`."""
        return self.page.locator(f"main input[type={kind}]").filter(visible=True)

    def reads(self, *words: str | re.Pattern[str]) -> None:
        """Waits until each of `words` stands on the page, for the eye."""
        for each in words:
            expect(self.page.get_by_text(each).filter(visible=True).first).to_be_visible(timeout=PATIENCE)

    def arrives(self, address: str | re.Pattern[str]) -> None:
        """Waits for the page at `address` (the beginning of it, or a pattern of it all)."""
        if isinstance(address, str):
            whole = address if "://" in address else f"{self.site}{address}"
            address = re.compile(rf"^{re.escape(whole)}")
        expect(self.page).to_have_url(address, timeout=PATIENCE)
        self.page.wait_for_load_state()

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    # What they look at

    def _take(self, step: str) -> None:
        if os.environ.get("PICTURES") == "0":
            return
        for tries_left in (2, 1, 0):
            try:
                # Hiding the caret would leave styles behind, which htmx copies and the policy then refuses.
                self.page.screenshot(path=self._picture(step), full_page=True, animations="disabled", caret="initial")
            except Error as error:
                # A compositor without a frame at that moment, on a busy machine: none of the page's doing.
                if not tries_left or "Unable to capture screenshot" not in error.message:
                    raise
            else:
                return

    def look(self, step: str, *, status: int = 200, axe: bool = True) -> None:
        """Takes a picture of the page and judges it.

        Args:
            step: what the picture is called.
            status: what the page was answered with.
            axe: whether axe-core judges it.
        """
        self.page.wait_for_load_state()
        self._take(step)
        try:
            self._judge(step, status, axe)
        except Error as error:
            if not LEFT.search(error.message):
                raise
            # A script took the page elsewhere in that moment: where it led is what a person sees.
            self.page.wait_for_load_state()
            self._judge(step, status, axe)
        self.has_no_trouble(status)

    def _judge(self, step: str, status: int, axe: bool) -> None:
        title, headings, wide = self.page.evaluate(MEASURE)
        assert self.status == status, f"{self.status} at {step}"
        assert title, f"no title at {step}"
        assert headings == 1, f"{headings} h1 at {step}"
        assert wide <= self.width, f"{wide} px wide at {step}"
        if axe and (page := self._shape()) not in _SOUND:
            found = self.violations()
            assert not found, f"{step}: " + "\n".join(found)
            _SOUND.add(page)

    def has_no_trouble(self, status: int = 200) -> None:
        """Asserts that nothing went wrong so far; Chromium tells an error page's own status as an error, too."""
        for words, address in self._failed_loads:
            if status < 400 or address != urldefrag(self.page.url).url:
                self.trouble.append(f"{words} ({address})")
        self._failed_loads.clear()
        assert not self.trouble, "\n".join(self.trouble)

    def violations(self) -> list[str]:
        """What axe-core finds serious or worse, in light colours and, if asked, in dark ones."""
        if not self.script:
            with self._scripts():
                return _axe(self.page)
        found = _axe(self.page)
        if self.dark:
            self.page.emulate_media(color_scheme="dark")
            # Nothing but the colours is another one.
            found += [f"dark {each}" for each in _axe(self.page, {"runOnly": ["color-contrast"]})]
            self.page.emulate_media(color_scheme="light")
        return found

    def _shape(self) -> tuple[int, bool, str]:
        """What axe-core judges: the page as it stands, whatever its numbers and ids, in its width and colours."""
        shape = re.sub(r"\d+|[\w-]{16,}", "", self.page.content())
        return self.width, self.dark, hashlib.sha256(shape.encode()).hexdigest()

    @contextmanager
    def _scripts(self) -> Iterator[None]:
        """axe-core is a script itself: it may run on the page as it stands. The page's own were passed over."""
        switch = "Emulation.setScriptExecutionDisabled"
        if self._devtools is None:
            self._devtools = self.context.new_cdp_session(self.page)
            # Only what a session has turned off can it turn on.
            self._devtools.send(switch, {"value": True})
        self._devtools.send(switch, {"value": False})
        try:
            yield
        finally:
            self._devtools.send(switch, {"value": True})

    def leave(self) -> None:
        self.context.close()

    def _picture(self, step: str) -> Path:
        self.steps += 1
        told = [self.name, f"{self.steps:02}", step, str(self.width), "script" if self.script else "no-script"]
        return ARTIFACTS / f"{'-'.join(filter(None, told))}.png"

    # What the browser tells

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and message.text.startswith("Failed to load resource"):
            self._failed_loads.append((message.text, urldefrag(str(message.location.get("url", ""))).url))
        elif message.type == "error":
            self.trouble.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc not in self.hosts:
            self.trouble.append(f"asked {request.url}")

    def _response(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.status = response.status


def _axe(page: Page, rules: dict[str, Any] | None = None) -> list[str]:
    found: Any = page.evaluate(FIND_VIOLATIONS, rules)
    if found is None:
        page.evaluate(AXE)
        found = page.evaluate(FIND_VIOLATIONS, rules)
    return list(found)
