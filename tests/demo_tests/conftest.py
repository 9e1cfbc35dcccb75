from __future__ import annotations

import contextlib
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.demo.people import DUE, OWNER, PASSWORD
from tests.demo.ports import USUAL
from tests.flows.processes import until

from .process import Browser, Demo, demo, rows

RENEWED = (
    "SELECT 1 FROM tokens_credential JOIN tokens_connection c ON c.id = connection_id "
    "WHERE handle = ? AND refreshed_at IS NOT NULL"
)
# The worker is rung as it starts.
SWEPT_WITHIN = 45


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A first start, ended by Ctrl-C once it had told everything and renewed what was due."""
    with demo(tmp_path_factory.mktemp("demo") / "a state") as started:
        started.until_told()
        until(lambda: rows(started.folder, RENEWED, DUE), patience=SWEPT_WITHIN)
        started.end()
    return started


@pytest.fixture
def copied(first: Demo, tmp_path: Path) -> Path:
    """What the first start left, to be spoilt."""
    return Path(shutil.copytree(first.folder, tmp_path / "state"))


@pytest.fixture(scope="module")
def running(first: Demo) -> Iterator[Demo]:
    """A second start, while somebody else listens at the site's usual port."""
    with socket.socket() as somebody:
        with contextlib.suppress(OSError):  # taken already: just as well
            somebody.bind(("127.0.0.1", USUAL["site"]))
            somebody.listen()
        with demo(first.folder) as started:
            yield started.until_told()


@pytest.fixture
def sign_in(running: Demo) -> Callable[[str], Browser]:
    def signed_in(email: str) -> Browser:
        browser = Browser()
        answer = browser.sign_in(running.address("Site"), email, PASSWORD)
        assert answer.status_code == 200
        assert "/accounts/login/" not in answer.url
        return browser

    return signed_in


@pytest.fixture
def ana(sign_in: Callable[[str], Browser]) -> Browser:
    return sign_in(OWNER)
