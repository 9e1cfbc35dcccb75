"""The system's Chromium."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

# Of several lists the last one counts: first what Playwright turns off itself, then what each new window would load
# for an address bar that nobody sees, in a process of its own.
FEATURES_OFF = [
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(FEATURES_OFF)}",
]


REMEDY = "install one (Debian: apt-get install chromium-headless-shell, or chromium) or set CHROMIUM to its path."


def launch(playwright: Playwright) -> Browser:
    """Starts it. Without one the tests fail: they do not skip."""
    # Without the window that nobody sees a page costs two thirds.
    path = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert path, f"No Chromium: {REMEDY}"
    assert Path(path).exists(), f"CHROMIUM: there is no {path}"
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
