"""Where the people of these tests act: the site in a process of its own, Instagram's emulator and a mail server."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from django.core.management import call_command
from playwright.sync_api import Browser

from tests.browser.visitor import ARTIFACTS, Visitor
from tests.emulator.server import EmulatorServer
from tests.flows.processes import ROOT, environment, until
from tests.notifications.post_office import Delivered, PostOffice

SITE_LOG = ARTIFACTS / f"site-{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}.log"


@dataclass
class Stage:
    """All that a test needs: `visitor()` lets somebody come in."""

    url: str
    emulator: EmulatorServer
    office: PostOffice
    chromium: Browser
    visitors: list[Visitor] = field(default_factory=list)

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(self.url).netloc, urlsplit(self.emulator.url).netloc}

    def visitor(self, **details: Any) -> Visitor:
        visitor = Visitor(self.chromium, self.url, self.hosts, **details)
        self.visitors.append(visitor)
        return visitor

    def deliver(self) -> None:
        """Sends what the outbox holds, as a worker would."""
        call_command("deliver_notifications", verbosity=0)

    def mailed_link(self, to: str, part: str) -> str:
        """The one address with `part` in it that the newest mail to `to` names."""
        until(lambda: to in self.office.addresses)
        links = set(re.findall(rf"http://\S*{part}\S*", text_of(self.newest_mail(to))))
        assert len(links) == 1, links
        return str(links.pop())

    def newest_mail(self, to: str) -> Delivered:
        return [each for each in self.office.delivered if each.to == to][-1]

    def end(self) -> None:
        for visitor in self.visitors:
            visitor.leave()


def text_of(delivered: Delivered) -> str:
    body = delivered.mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@contextmanager
def serving(meta_url: str, mail_port: int, *, log: Path = SITE_LOG, **changed: str) -> Iterator[str]:
    """gunicorn with the production's settings, but for what costs time and `changed`, on the test's database.

    Yields:
        Its address.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = f"http://localhost:{port}"
    env = environment(
        meta_url,
        DJANGO_SETTINGS_MODULE="tests.browser.settings",
        SITE_URL=site,
        EMAIL_URL=f"smtp://127.0.0.1:{mail_port}",
        WEB_CONCURRENCY="1",
        **changed,
    )
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
        try:
            until(lambda: answers(site, process, log))
            yield site
        finally:
            process.terminate()
            process.wait(timeout=40)


def answers(site: str, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return requests.get(f"{site}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False
