"""README.md's walk through the demo can be followed."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Locator

from tests.browser.demo_walk import demo, walk
from tests.browser.visitor import Visitor


def test_the_demo_can_be_walked_through_as_the_readme_says(chromium: Browser, tmp_path: Path) -> None:
    def look(visitor: Visitor, step: str, part: Locator | None) -> None:
        visitor.look(step)

    with demo(tmp_path / "demo") as addresses:
        walk(chromium, addresses, look)
