"""The system's Chromium."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright) -> Browser:
    """Starts it. Without one the tests fail: they do not skip."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "No Chromium: install one (Debian: apt-get install chromium) or set CHROMIUM to its path."
    assert Path(path).exists(), f"CHROMIUM: there is no {path}"
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
