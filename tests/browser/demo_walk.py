"""The walk through the demo that README.md describes, step by step and by its words."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, expect

from tests.browser.gestures import allow, at_instagram, card, choose, leave, row, sign_in
from tests.browser.visitor import DESK, PHONE, ROOT, Visitor
from tests.demo.people import AGENCY, HEALTHY, LEAVING, NEWCOMER, OWNER, PASSWORD, SEVERAL, STAFF

# Whose page, what the picture is called, and the part of the page that it shows where not all of it matters.
Look = Callable[[Visitor, str, Locator | None], None]
MAILED_WITHIN = 60_000
ADDRESS = re.compile(r"^  (Site|Admin|Mailbox|Instagram)\s+(http://\S+)/", re.MULTILINE)


@contextmanager
def demo(folder: Path) -> Iterator[dict[str, str]]:
    """`make demo`, as it runs; the addresses that it prints, by their names."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.demo"],
        cwd=ROOT,
        env={**os.environ, "PERENNIAL_DEMO_DIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    told = ""
    try:
        for line in process.stdout:
            told += line
            if line.startswith("Ctrl-C"):
                break
        addresses = dict(ADDRESS.findall(told))
        assert set(addresses) == {"Site", "Admin", "Mailbox", "Instagram"}, "it did not start"
        yield addresses
    except Exception as problem:
        problem.add_note(f"The demo said:\n{told}{end(process)}")
        raise
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> str:
    """Ctrl-C; what it says at last. A second call does nothing."""
    if process.stdout is None or process.stdout.closed:
        return ""
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)[0]


def walk(chromium: Browser, at: dict[str, str], look: Look) -> None:
    """Goes through it and looks at each thing worth a picture."""
    hosts = [urlsplit(each).netloc for each in at.values()]

    def somebody(size: tuple[int, int]) -> Visitor:
        return Visitor(chromium, at["Site"], hosts, size=size, name="demo")

    ana, creator, staff = somebody(DESK), somebody(PHONE), somebody(DESK)
    try:
        connects(ana, at, look)
        ends(ana, at, look)
        revives(creator, mailed_link(ana, at, look), at, look)
        ana.open("/")
        expect(row(ana, HEALTHY)).to_contain_text("Active")
        leaves(ana, at)
        through_facebook(ana)
        staff.open(f"{at['Admin']}/")
        sign_in(staff, STAFF, PASSWORD)
        staff.arrives("/admin/")
        look(staff, "staff", None)
    finally:
        for each in (ana, creator, staff):
            each.leave()


def connects(ana: Visitor, at: dict[str, str], look: Look) -> None:
    ana.open(at["Site"])
    ana.page.get_by_role("main").get_by_role("link", name="Sign in").click()
    sign_in(ana, OWNER, PASSWORD)
    ana.arrives("/w/")
    expect(ana.heading).to_have_text(AGENCY)
    look(ana, "workspace", None)
    leave(ana, at["Instagram"])
    choose(ana, NEWCOMER)
    look(ana, "consent", ana.page.get_by_role("main"))
    allow(ana, NEWCOMER)
    ana.arrives("/w/")
    expect(ana.heading).to_contain_text(f"@{NEWCOMER}")
    look(ana, "connected", None)
    ana.press("Refresh now")
    ana.reads(re.compile("under 24 hours"))


def ends(ana: Visitor, at: dict[str, str], look: Look) -> None:
    at_instagram(ana, at["Instagram"], HEALTHY, "Change password")
    look(ana, "instagram", card(ana, HEALTHY))
    ana.open("/")
    ana.page.get_by_role("link", name=f"@{HEALTHY}", exact=True).click()
    ana.press("Check now")
    ana.reads("Inactive", re.compile("password was changed"))
    look(ana, "ended", None)


def leaves(ana: Visitor, at: dict[str, str]) -> None:
    """Instagram tells at once of whoever removes the app, and of whoever wants to be erased."""
    at_instagram(ana, at["Instagram"], LEAVING, "Remove the app and tell it")
    ana.open("/")
    expect(row(ana, LEAVING)).to_contain_text("Inactive")
    at_instagram(ana, at["Instagram"], LEAVING, "Ask for deletion")
    ana.open("/")
    expect(row(ana, LEAVING)).to_have_count(0)


def through_facebook(ana: Visitor) -> None:
    """Several accounts at once, of somebody who manages their Pages."""
    ana.press("Connect through Facebook")
    ana.page.get_by_role("radio", name=re.compile(f"^{SEVERAL}")).check()
    ana.press("Continue")
    ana.page.wait_for_load_state()
    ana.press("Continue")
    expect(ana.heading).to_have_text("Which accounts shall be connected?")
    for box in ana.page.get_by_role("checkbox").all():
        box.check()
    ana.press("Finish connecting")
    ana.reads(re.compile("^Connected: @"))


def mailed_link(ana: Visitor, at: dict[str, str], look: Look) -> str:
    ana.open(at["Mailbox"])
    mail = ana.page.get_by_role("link", name=re.compile(f"Reconnect @{HEALTHY}")).first
    expect(mail).to_be_visible(timeout=MAILED_WITHIN)
    mail.click()
    expect(ana.page.frame_locator("iframe").get_by_role("link", name="Reconnect Instagram")).to_be_visible()
    look(ana, "mail", None)
    ana.page.get_by_role("link", name="Text").click()
    return str(ana.page.get_by_role("link").filter(has_text="/link/").get_attribute("href"))


def revives(creator: Visitor, link: str, at: dict[str, str], look: Look) -> None:
    creator.open(link)
    look(creator, "link", None)
    leave(creator, at["Instagram"], "Reconnect Instagram")
    allow(creator, HEALTHY)
    creator.arrives(at["Site"])
    expect(creator.heading).to_contain_text(f"@{HEALTHY} works again")
    look(creator, "revived", None)
