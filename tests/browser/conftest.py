"""A real browser in front of a real server. Everything here runs by `make test-browser`, nothing by `make test`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, sync_playwright

from tests.browser import settings as site_settings
from tests.browser.chromium import launch
from tests.browser.stage import SITE_LOG, Stage, serving
from tests.browser.visitor import ARTIFACTS
from tests.emulator.server import EmulatorServer
from tests.notifications.conftest import use_server
from tests.notifications.post_office import PostOffice, open_for_business
from tokens.services.heartbeat import SWEEP, beat


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread; the tests' own queries do not run inside it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = launch(playwright)
        yield browser
        browser.close()


def pytest_configure(config: pytest.Config) -> None:
    """An empty place for the pictures of this run, whose processes share it."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(ARTIFACTS, ignore_errors=True)
        ARTIFACTS.mkdir(parents=True)


@pytest.fixture(scope="session")
def post_office() -> Iterator[tuple[PostOffice, int]]:
    office = PostOffice()
    with open_for_business(office) as port:
        yield office, port


@pytest.fixture(scope="session")
def site(
    django_db_setup: None, django_db_blocker: Any, emulator_server: EmulatorServer, post_office: Any
) -> Iterator[str]:
    with django_db_blocker.unblock(), serving(emulator_server.url, post_office[1]) as url:
        yield url


@pytest.fixture
def stage(
    chromium: Browser, site: str, transactional_db: None, emulator: EmulatorServer, post_office: Any, settings: Any
) -> Iterator[Stage]:
    office, port = post_office
    office.delivered.clear()
    use_server(settings, port)
    settings.SITE_URL, settings.PASSWORD_HASHERS = site, site_settings.PASSWORD_HASHERS
    beat(SWEEP, timezone.now())
    said = SITE_LOG.stat().st_size
    stage = Stage(site, emulator, office, chromium)
    yield stage
    stage.end()
    assert "Traceback" not in SITE_LOG.read_text()[said:]
