"""`make pictures`: takes README.md's pictures on the walk through a demo of its own."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, sync_playwright

from tests.browser.chromium import launch
from tests.browser.demo_walk import demo, walk
from tests.browser.visitor import ROOT, Visitor

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000


def take(visitor: Visitor, step: str, part: Locator | None) -> None:
    visitor.page.wait_for_load_state()
    visitor.page.evaluate("document.activeElement?.blur()")
    visitor.page.mouse.move(0, 0)
    picture = (part or visitor.page).screenshot(animations="disabled", caret="initial")
    assert len(picture) <= MOST_BYTES, f"{step} has {len(picture)} bytes"
    (PICTURES / f"{step}.png").write_bytes(picture)
    print(f"docs/pictures/{step}.png")


def main() -> int:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = launch(playwright)
        with demo(Path(folder) / "demo") as addresses:
            walk(chromium, addresses, take)
        chromium.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
